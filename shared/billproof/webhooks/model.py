"""An endpoint, a delivery to it, an attempt, and the pauses between attempts."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from billproof.errors import InvalidPeriod
from billproof.events.model import OutboundEvent
from billproof.model import Model
from billproof.periods import read_instant
from billproof.store_keys import sort_key


def _with_zone(text: str) -> str:
    try:
        read_instant(text)
    except InvalidPeriod as error:
        raise ValueError(error.message) from None
    return text


Instant = Annotated[str, AfterValidator(_with_zone)]
"""An instant, as text: what is none is refused where it is read, and repeated nowhere."""
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
PAUSES = (
    timedelta(seconds=5),
    _MINUTE,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    20 * _HOUR,
)
"""After each attempt that failed: three days in all (71 h 36 min)."""
DEAD_AFTER = timedelta(days=3) - _HOUR
"""An endpoint that took nothing for so long is disabled when a delivery to it is given up."""
OVERLAP = timedelta(days=1)
"""For how long the secret before the last one still signs, beside it."""


class WebhookEndpoint(Model):
    """A version of an endpoint: where events go, which, and who said so. Versions are facts; the last one counts."""

    id: str
    legal_entity: str
    url: str
    types: tuple[str, ...] = ()
    """Types of events; none for all."""
    is_removed: bool = False
    ordinal: int = 1
    generation: int = 1
    """Of its secret: rotating it makes the next one."""
    rotated_at: str | None = None
    enabled_at: str
    changed_by: str
    changed_at: str

    def wants(self, event: OutboundEvent) -> bool:
        """Say whether an event goes to it."""
        is_mine = event.legal_entity == self.legal_entity and not self.is_removed
        return is_mine and (not self.types or event.type in self.types)

    def generations(self, now: datetime) -> list[int]:
        """Return the generations of its secret that sign now, the last one first."""
        overlaps = self.rotated_at is not None and now < datetime.fromisoformat(self.rotated_at) + OVERLAP
        return [self.generation, self.generation - 1] if overlaps else [self.generation]


class WebhookDelivery(Model):
    """An event on its way to an endpoint: the message of the queue."""

    endpoint: str
    legal_entity: str
    event: OutboundEvent
    attempt: Annotated[int, Field(ge=1)] = 1
    first_at: Instant
    due_at: Instant


class DeliveryOutcome(StrEnum):
    """What came of an attempt."""

    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    WAITING = "waiting"
    """It is not due yet: it goes back into the queue, and no attempt is made."""
    DISABLED = "disabled"
    """The endpoint is disabled: nothing is sent until somebody enables it."""
    REMOVED = "removed"


class WebhookAttempt(Model):
    """A line of the log of deliveries."""

    at: str
    event: str
    type: str
    attempt: int
    outcome: DeliveryOutcome
    status: int | None = None
    error: str = ""
    next_at: str | None = None

    @property
    def place(self) -> str:
        """Its place among the attempts to deliver to its endpoint: several may be of one instant."""
        return sort_key(self.at, self.event, f"{self.attempt:02d}")


class EndpointHealth(Model):
    """Since when an endpoint takes nothing, and since when it is disabled."""

    failing_since: str | None = None
    disabled_at: str | None = None

    def failing_of(self, endpoint: WebhookEndpoint) -> str | None:
        """Return since when an endpoint takes nothing; what was before somebody enabled it does not count."""
        is_known = self.failing_since is not None and self.failing_since >= endpoint.enabled_at
        return self.failing_since if is_known else None

    def is_disabled(self, endpoint: WebhookEndpoint) -> bool:
        """Say whether it is disabled, and nobody has enabled it since."""
        return self.disabled_at is not None and self.disabled_at >= endpoint.enabled_at


def next_due(delivery: WebhookDelivery, now: datetime) -> datetime | None:
    """Return when to try a delivery again that just failed, or None where that was the last time."""
    return now + PAUSES[delivery.attempt - 1] if delivery.attempt <= len(PAUSES) else None
