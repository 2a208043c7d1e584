"""Where events go, and how far was read: the ports of publishing."""

from collections.abc import Sequence
from typing import Protocol

from billproof.events.model import OutboundEvent


class EventSink(Protocol):
    """Somebody who takes events, at least once each."""

    def publish(self, events: Sequence[OutboundEvent]) -> None:
        """Take all events; raises ExternalServiceUnavailable where any was not taken."""


class Positions(Protocol):
    """How far the chains were read: numbers under names, which only grow; and where objects were told first."""

    def get(self, name: str) -> int | None:
        """Return the number under a name, or None where there never was one."""

    def advance(self, name: str, to: int) -> None:
        """Keep a number under a name, unless there is a higher one."""

    def keep_first(self, name: str, place: str) -> str:
        """Keep a place under a name for some weeks, unless there is one; return the one that is kept."""

    def first(self, name: str) -> str | None:
        """Return the place that is kept under a name, or None."""
