"""The route that Stripe calls: `POST /v1/gateways/{legal_entity}/{gateway}/events`, for which its signature is enough.

    body and signature --> the secret of that gateway signed it | its legal entity | what it says --> payment-events
                       ^ else 401, and nothing is read or said  ^ else 4xx: Stripe sends it again, for up to three days

No authorizer stands before it, so nothing but the secret is read or loaded until the signature is found right.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from billproof.adapters.stripe.signatures import is_signed
from billproof.api.asked import header, part_of, text_of
from billproof.api.problems import Problem, json_response
from billproof.handlers import count, log_result

if TYPE_CHECKING:
    from billproof.composition import Composition

SIGNATURE = "stripe-signature"


def receive_event(event: dict[str, Any], ports: Composition) -> dict[str, Any]:
    """Answer a call of Stripe as API Gateway takes it; again it changes nothing.

    Raises Problem (401) where no secret of the gateway signed it now, and (413) for a body that is too large;
    InvalidInput for an event that is not of the gateway's account or mode, or not as documented.
    """
    names = part_of(event, "pathParameters")
    legal_entity, gateway = str(names.get("legal_entity", "")), str(names.get("gateway", ""))
    body = text_of(event)
    secrets = ports.stripe_webhook_secrets.of(legal_entity, gateway)
    data = body.encode(errors="surrogatepass")
    if not is_signed(data, header(event, SIGNATURE), secrets=secrets, now=ports.now()):
        raise Problem(HTTPStatus.UNAUTHORIZED, "no_caller", "nobody who may call this signed it")
    from billproof.adapters.stripe.events import messages_of, read_event
    from billproof.payments.gateway_balance import take_event

    entity = ports.directory.legal_entity(legal_entity)
    messages = messages_of(read_event(body), entity, entity.gateway(gateway))
    result = take_event(entity.id, messages, events=ports.payment_events)
    count("StripeEventsIgnored", int(not messages))
    log_result("receive_stripe_event", result.model_dump())
    return json_response(HTTPStatus.OK, result.model_dump(), {"content-type": "application/json"})
