"""A legal entity whose customers pay by Stripe: events come by its webhook, balance transactions by its API."""

import json
from datetime import datetime
from typing import Any

from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.adapters.stripe.signatures import signature
from billproof.masterdata.parties import LegalEntity
from tests.support.gateways import CARDS, NOW, with_gateway
from tests.support.world import INC

SECRET, OLD_SECRET, KEY = "whsec_of_the_endpoint", "whsec_of_before", "rk_test_of_payments"
STRIPE: dict[str, Any] = {
    "account": "acct_1Skymeter",
    "livemode": False,
    "event_destination": "ed_test_skymeter",
    "metadata": ["invoice"],
}
ROUTE = "POST /v1/gateways/{legal_entity}/{gateway}/events"


def at_stripe(entity: LegalEntity, **stripe: Any) -> LegalEntity:
    """Return a legal entity whose customers pay by Stripe, too, which pays out to its bank account."""
    bank = entity.cash_accounts[0].source
    return with_gateway(entity, kind="stripe", report=None, stripe=STRIPE | stripe, pays_into=bank)


def secrets(value: object, now: datetime = NOW) -> GatewaySecrets:
    """The same secrets of the one gateway, at one moment."""
    return GatewaySecrets(lambda: json.dumps({INC: {CARDS: value}}), lambda: now)


def signed(body: str, now: datetime, **fields: Any) -> dict[str, Any]:
    """Return what API Gateway passes on of a call of Stripe; the `secret`, the `header` and the path may be others."""
    at = str(int(now.timestamp()) + fields.pop("later", 0))
    header = (
        f"t={at},v1={signature(body.encode(errors='surrogatepass'), at, fields.pop('secret', SECRET))},v0=of-no-use"
    )
    return {
        "version": "2.0",
        "routeKey": ROUTE,
        "headers": {"Stripe-Signature": fields.pop("header", header)},
        "requestContext": {"requestId": "id"},
        "pathParameters": {"legal_entity": INC, "gateway": CARDS} | fields,
        "body": body,
        "isBase64Encoded": False,
    }
