"""The route of which queues have dead letters: the function that sends them back answers it, and alone reads them."""

from typing import Any

from billproof.api.routes import Route, RouteCall
from billproof.approvals.redriving_letters import DeadQueues, dead_queues
from billproof.composition import Composition
from billproof.model import Model


class NoQueueNamed(Model):
    """A request that says nothing but who makes it."""


def _list_queues(call: RouteCall[NoQueueNamed], ports: Composition) -> DeadQueues:
    """List the work queues with about how many messages wait in each, and how many are dead."""
    return dead_queues(call.caller.identity, letters=ports.dead_letters, access=ports.access)


ROUTES: dict[str, Route[Any]] = {"GET /v1/dead-letters": Route(NoQueueNamed, None, _list_queues)}
