"""Webhooks of CRMs, which come to a URL of their own: a signature is believed, and no caller is named."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from billproof.adapters.hubspot.webhooks import WebhookCall, hints_of
from billproof.api.problems import json_response
from billproof.handlers import log_result

if TYPE_CHECKING:
    from billproof.composition import Composition

JSON = {"content-type": "application/json"}


def take_hubspot_webhook(event: dict[str, Any], ports: Composition) -> dict[str, Any]:
    """Send what a request hints at to the queue of CRMs' events; 202 once it is there.

    Raises NotAllowed for what HubSpot did not sign, InvalidInput for what is no webhook or where HubSpot is not set up,
    and ExternalServiceUnavailable where the queue does not take it: HubSpot sends it again. A GET is answered with 200.
    """
    call = WebhookCall.of_function_url(event)
    if call.method == "GET":  # a person looks whether the address is right
        log_result("receive_crm_webhook", {"hints": 0})
        return json_response(HTTPStatus.OK, {"takes": "webhooks of HubSpot"}, JSON)
    hints = hints_of(call, ports.hubspot_client_secret, ports.now())
    ports.crm_events.send(hint.model_dump_json() for hint in hints)
    log_result("receive_crm_webhook", {"hints": len(hints)})
    return json_response(HTTPStatus.ACCEPTED, {"hints": len(hints)}, JSON)
