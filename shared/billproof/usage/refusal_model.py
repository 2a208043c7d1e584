"""Refused events as statements, reports and people see them: each has a place, a month and a state."""

import operator
from enum import StrEnum

from pydantic import Field

from billproof.callers import Identity
from billproof.model import Model
from billproof.money import Money
from billproof.store_keys import RefusedId


class PlaceKind(StrEnum):
    """Whose a refused event is, by the most that could be read of it.

    Of an account that exists; else of its source; else of the one legal entity that there is; else of nobody.
    """

    ACCOUNT = "account"
    SOURCE = "source"
    LEGAL_ENTITY = "legal_entity"
    UNATTRIBUTED = "unattributed"


class RefusedState(StrEnum):
    """What became of a refused event."""

    OPEN = "open"
    RESENT = "resent"
    DISMISSED = "dismissed"


class ResentEvent(Model):
    """That a refused event was sent again, and by whom. Whether it is accepted now, the log says within seconds."""

    id: str
    resent_by: str


class RefusedEvent(Model):
    """A refused event: what could be read of it, whose it is, and the month that it belongs to.

    Without a time that can be read it belongs to the month in which it was received. It `is_late` where the run of that
    month had not seen it.
    """

    id: str
    reason: str
    kind: PlaceKind
    place: str
    account: str | None
    source: str | None
    event: str | None
    type: str | None
    time: str | None
    period: str
    received_at: str
    is_late: bool = False

    @property
    def day(self) -> str:
        """The day that its line lies under."""
        return RefusedId.parse(self.id).day

    @property
    def identity(self) -> tuple[str, str] | None:
        """Its source and id, as far as both could be read."""
        return (self.source, self.event) if self.source and self.event else None


class Dismissal(Model):
    """A person's decision that a refused event is not to be billed.

    `identity` is how the person called; null in dismissals from before they entered through the API.
    """

    id: str
    dismissed_by: str
    dismissed_at: str
    reason: str
    identity: Identity | None = None


class RunRefusals(Model):
    """What of the quarantine is a run's: the objects that it saw, and the events of them that are in its statement.

    `unreadable` are the objects that were there and no longer held what named them, and what no longer read of earlier
    runs: once an object of the quarantine is restored, a later run states its events as late.
    """

    run: str
    legal_entity: str
    period: str
    planned_at: str
    objects: tuple[str, ...]
    events: tuple[RefusedEvent, ...]
    unreadable: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)


class QuarantinedAt(Model):
    """How many refused events of a place a run states, by what became of them.

    `worth` estimates the open ones, as if each were worth as much as the account's own events; null where nothing says.
    """

    kind: PlaceKind
    place: str
    events: int
    late: int = 0
    open: int = 0
    resent: int = 0
    dismissed: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)
    worth: Money | None = None
