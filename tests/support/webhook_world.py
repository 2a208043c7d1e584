"""The world in memory with webhooks, and calls of their routes."""

import json
from typing import Any

from billproof.access.scopes import Client, Scope
from billproof.webhooks.endpoints import EndpointBook
from billproof.webhooks.reaching import Reach
from billproof_ops.local.people import local_identity
from functions.api_webhooks.app import handler
from tests.support.api_events import route_event
from tests.support.events import MemoryPositions
from tests.support.invoking import Context
from tests.support.webhooks import KEY, MemoryDelayedQueue, MemoryDeliveryLog
from tests.support.world import INC, World


class WorldWithWebhooks(World):
    """The world in which `hooks` may register endpoints of the US company."""

    def __init__(self) -> None:
        super().__init__(accounts={"UA"})
        self.contracts, self.invoices = self.records["contracts"], self.records["invoices"]
        self.payments = self.records["payments"]
        self.exception_facts = self.records["exceptions"]
        self.webhook_endpoints = EndpointBook(self.records["decisions"])
        self.webhook_deliveries = MemoryDelayedQueue()
        self.positions = MemoryPositions()
        self.delivery_log = MemoryDeliveryLog()
        self.webhook_reach = Reach()
        policy = self.directory.policy(INC)
        scopes = (Scope.WEBHOOKS_WRITE, Scope.WEBHOOKS_READ)
        hooks = Client(id="hooks", identities=(local_identity("hooks"),), scopes=scopes)
        self.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": (hooks,)}))

    def webhook_key(self) -> str:
        return KEY


def ask(
    world: WorldWithWebhooks, route: str, body: Any = None, *, by: str | None = "hooks", status: int = 200, **more: Any
) -> Any:
    """Call a route, and return its answer, which has the status."""
    event = route_event(route, by, body="" if body is None else json.dumps(body), **more)
    response = handler(event, Context(), world)
    assert response["statusCode"] == status, response["body"]
    return json.loads(response["body"])
