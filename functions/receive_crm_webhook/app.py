"""Webhooks of HubSpot: the signature is checked, and what the request hints at goes to the queue of CRMs' events."""

from http import HTTPStatus
from typing import Any

from billproof.adapters.hubspot.webhooks import WebhookCall, hints_of
from billproof.composition import Composition
from billproof.errors import BillproofError, InvalidInput, NotAllowed
from billproof.handlers import instrumented, log_failure, log_result


@instrumented
def handler(event: dict[str, Any], _context: object, ports: Composition) -> dict[str, Any]:
    """Answer one request: 204 once its hints are in the queue, 401 for a signature that is none, 400 for no webhook."""
    try:
        hints = hints_of(WebhookCall.of_function_url(event), ports.hubspot_client_secret, ports.now())
    except (NotAllowed, InvalidInput) as error:
        log_failure("webhook refused", error, traceback=False)
        refused = HTTPStatus.UNAUTHORIZED if isinstance(error, NotAllowed) else HTTPStatus.BAD_REQUEST
        return {"statusCode": refused}
    try:
        ports.crm_events.send(hint.model_dump_json() for hint in hints)
    except BillproofError as error:  # HubSpot sends it again
        log_failure("webhook failed", error)
        return {"statusCode": HTTPStatus.SERVICE_UNAVAILABLE}
    log_result("webhook taken", {"hints": len(hints)})
    return {"statusCode": HTTPStatus.NO_CONTENT}
