"""Webhooks of HubSpot: the signature is checked, and what the request hints at goes to the queue of CRMs' events."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from billproof.api.crm_webhooks import take_hubspot_webhook
from billproof.api.problems import answered
from billproof.composition import Composition
from billproof.handlers import instrumented


@instrumented
def handler(event: dict[str, Any], context: LambdaContext, ports: Composition) -> dict[str, Any]:
    """Answer one request: 202 once its hints are in the queue, and a problem for what HubSpot did not sign."""
    return answered("receive_crm_webhook", context.aws_request_id, lambda: take_hubspot_webhook(event, ports))
