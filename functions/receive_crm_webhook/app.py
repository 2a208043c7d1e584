"""Webhooks of HubSpot: the signature is checked, and what the request hints at goes to the queue of CRMs' events."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from billproof.adapters.hubspot.webhooks import WebhookCall, hints_of
from billproof.api.problems import answered, json_response
from billproof.composition import Composition
from billproof.handlers import instrumented

JSON = {"content-type": "application/json"}


@instrumented
def handler(event: dict[str, Any], context: LambdaContext, ports: Composition) -> dict[str, Any]:
    """Answer one request: 202 once its hints are in the queue, and a problem for what HubSpot did not sign."""
    return answered("receive_crm_webhook", context.aws_request_id, lambda: _take(event, ports))


def _take(event: dict[str, Any], ports: Composition) -> dict[str, Any]:
    call = WebhookCall.of_function_url(event)
    if call.method == "GET":  # a person looks whether the address is right
        return json_response(HTTPStatus.OK, {"takes": "webhooks of HubSpot"}, JSON)
    hints = hints_of(call, ports.hubspot_client_secret, ports.now())
    ports.crm_events.send(hint.model_dump_json() for hint in hints)
    return json_response(HTTPStatus.ACCEPTED, {"hints": len(hints)}, JSON)
