"""What is told of the world in memory: the events of its chain, and where they go."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from billproof.errors import ExternalServiceUnavailable
from billproof.events.deriving import EventSources
from billproof.events.model import PREFIX, OutboundEvent
from billproof.events.publishing import PublishedEvents, publish_events
from tests.support.world import World


class MemoryPositions:
    """How far was read, kept in memory."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.firsts: dict[str, str] = {}

    def get(self, name: str) -> int | None:
        return self.numbers.get(name)

    def advance(self, name: str, to: int) -> None:
        self.numbers[name] = max(to, self.numbers.get(name, 0))

    def keep_first(self, name: str, place: str) -> str:
        return self.firsts.setdefault(name, place)

    def first(self, name: str) -> str | None:
        return self.firsts.get(name)


class MemorySink:
    """Keeps what it took; refuses the next calls where it is told to."""

    def __init__(self, *, refusals: int = 0) -> None:
        self.events: list[OutboundEvent] = []
        self.refusals = refusals

    def publish(self, events: Sequence[OutboundEvent]) -> None:
        if self.refusals:
            self.refusals -= 1
            message = "the bus is not there"
            raise ExternalServiceUnavailable(message)
        self.events += events

    @property
    def types(self) -> list[str]:
        return [event.type.removeprefix(PREFIX) for event in self.events]


def event_ports() -> dict[str, Any]:
    """What a world in memory needs beside its own to tell what happened, by the names of the ports."""
    return {"event_bus": MemorySink(), "webhook_sink": MemorySink(), "positions": MemoryPositions()}


def sources_of(world: World, positions: MemoryPositions | None = None) -> EventSources:
    return EventSources(
        chain=world.chain,
        facts=world.facts,
        objects=world.objects,
        directory=world.directory,
        first_told=(positions or MemoryPositions()).keep_first,
    )


def published(
    world: World, *sinks: MemorySink, positions: MemoryPositions, at: datetime | None = None
) -> PublishedEvents:
    """Play one call of publish_events."""
    world.settle()
    return publish_events(
        sources=sources_of(world, positions),
        sinks=sinks,
        positions=positions,
        clock=world.now if at is None else lambda: at,
    )
