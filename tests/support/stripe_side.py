"""What happens at Stripe, told to a world: by its webhook, and by its balance transactions."""

import json
from collections.abc import Sequence
from typing import Any

from billproof.adapters.stripe.balances import StripeBalances
from billproof.payments.gateway_balance import BalanceSources, ask_gateway, read_balance_change
from functions.receive_stripe_event.app import handler
from tests.support.gateways import NOW, gateway_world, take_message
from tests.support.invoking import Context
from tests.support.stripe_account import FakeAccount
from tests.support.stripe_client import AccountClient
from tests.support.stripe_world import KEY, OLD_SECRET, SECRET, STRIPE, secrets, signed
from tests.support.world import World


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
    """Call the route as Stripe does."""
    response = handler(signed(body, world.now(), **fields), Context(), world)
    return response["statusCode"], json.loads(response["body"])
