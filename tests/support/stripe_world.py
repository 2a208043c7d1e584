"""A legal entity whose customers pay by Stripe: events come by its webhook, balance transactions by its API."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from billproof.adapters.stripe.balances import StripeBalances
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.adapters.stripe.signatures import signature
from billproof.payments.gateway_balance import BalanceSources, ask_gateway, read_balance_change
from functions.receive_stripe_event.app import handler
from tests.support.gateways import CARDS, NOW, gateway_world, take_message
from tests.support.invoking import Context
from tests.support.stripe_account import AccountClient, FakeAccount
from tests.support.world import INC, World

SECRET, OLD_SECRET, KEY = "whsec_of_the_endpoint", "whsec_of_before", "rk_test_of_payments"
STRIPE: dict[str, Any] = {
    "account": "acct_1Skymeter",
    "livemode": False,
    "event_destination": "ed_test_skymeter",
    "metadata": ["invoice"],
}
ROUTE = "POST /v1/gateways/{legal_entity}/{gateway}/events"


def secrets(value: object, now: datetime = NOW) -> GatewaySecrets:
    """The same secrets of the one gateway, at one moment."""
    return GatewaySecrets(lambda: json.dumps({f"{INC}/{CARDS}": value}), lambda: now)


class StripeSide:
    """What is at Stripe, and the world that it tells."""

    def __init__(self, *months: str, **stripe: Any) -> None:
        fields: dict[str, Any] = {"kind": "stripe", "report": None, "stripe": STRIPE | stripe}
        self.world: World = gateway_world(*months, **fields)
        self.account = FakeAccount()
        self.client = AccountClient(self.account)
        self.answers: list[dict[str, Any]] = []
        self.world.stripe_webhook_secrets = secrets([OLD_SECRET, SECRET])
        self.world.moment = NOW

    @property
    def balances(self) -> StripeBalances:
        return StripeBalances(secrets(KEY), http_client=self.client)

    def tell(self, *events: dict[str, Any]) -> None:
        """Let Stripe call for each event; every one is answered 200."""
        for event in events:
            status, answer = call(self.world, json.dumps(event))
            assert status == 200, answer
            self.answers.append(answer)

    def waiting(self) -> list[str]:
        """Take what waits in the queue."""
        bodies = list(self.world.payment_events.bodies)
        self.world.payment_events.bodies.clear()
        return bodies

    def take(self, body: str) -> None:
        """Take one message of the queue, as its consumer does."""
        change = read_balance_change(body)
        if change is None:
            take_message(self.world, body)
            return
        sources = BalanceSources(self.world.directory, self.world.payment_events, self.balances)
        ask_gateway(change, sources=sources)

    def work_off(self) -> None:
        """Take what waits, and what comes of it, each twice."""
        while bodies := self.waiting():
            for body in bodies:
                self.take(body)
            for body in (body for body in bodies if read_balance_change(body) is None):
                self.take(body)

    def happens(self, *events: dict[str, Any] | Sequence[dict[str, Any]]) -> None:
        """Tell of events and take all that comes of them."""
        for event in events:
            self.tell(*([event] if isinstance(event, dict) else event))
        self.work_off()


def call(world: World, body: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Call the route as Stripe does; `secret`, `at`, `header` and names of the path may be others."""
    at = str(int(world.now().timestamp()) + fields.pop("later", 0))
    signed = f"t={at},v1={signature(body.encode(), at, fields.pop('secret', SECRET))},v0=of-no-use"
    event = {
        "version": "2.0",
        "routeKey": ROUTE,
        "headers": {"Stripe-Signature": fields.pop("header", signed)},
        "requestContext": {"requestId": "id"},
        "pathParameters": {"legal_entity": INC, "gateway": CARDS} | fields,
        "body": body,
        "isBase64Encoded": False,
    }
    response = handler(event, Context(), world)
    return response["statusCode"], json.loads(response["body"])
