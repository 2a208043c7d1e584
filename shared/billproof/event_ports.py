"""The ports of what other systems are told: the bus, how far was read, webhooks. Each is built on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.outgoing import Outgoing

if TYPE_CHECKING:
    from billproof.events.ports import EventSink, Positions


class EventPorts(Outgoing):
    """Where events go, and what is kept of it."""

    @cached_property
    def event_bus(self) -> EventSink:
        """The bus that other systems listen to."""
        from billproof.adapters.aws.events import EventBus

        return EventBus(client("events"), self.settings.events_bus)

    @cached_property
    def positions(self) -> Positions:
        """How far the chains were read."""
        from billproof.adapters.aws.events import DynamoPositions

        return DynamoPositions(client("dynamodb"), self.settings.events_table)
