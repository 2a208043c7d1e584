"""What is under way at a moment: what later facts are measured from, and how far each chain was read.

    drafts       invoices that are drafted and not released: when they first were
    held         of them those that a run held
    released     invoices that are released and not yet posted or delivered
    unpaid       invoices of which something is open
    exceptions   exceptions that nobody decided
    rows         what happened so far on the day

All blocks of the chains, in the order of their times, lead to one standing: whoever reads them comes to the same.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from billproof.insights.figures import FigureRow
from billproof.periods import instant_text

KEPT = timedelta(days=90)
"""How long it is waited for a draft's release, and for a release's posting and delivery; after that it is none."""


class UnderWay(msgspec.Struct, kw_only=True):
    """A released invoice that waits: since when, and for which facts."""

    at: str
    waits: tuple[str, ...]


class Unpaid(msgspec.Struct, kw_only=True):
    """What is open of an invoice, in its currency and in the books, and since which day it is issued."""

    issued: date
    due: date
    currency: str
    open: Decimal
    books: str
    booked: Decimal


class Undecided(msgspec.Struct, kw_only=True):
    """An exception that waits: since when, of which cause, and what it is worth."""

    at: str
    place: tuple[str, str]
    """The month and what is held: a later exception of it takes this one's place."""
    kind: str
    cause: str
    currency: str = ""
    amount: Decimal = Decimal(0)


class ProcessStanding(msgspec.Struct, kw_only=True):
    """What is under way of a legal entity, and what happened so far on its day; days are those of its time zone."""

    legal_entity: str
    time_zone: str
    day: date | None = None
    positions: dict[str, int] = {}
    drafts: dict[str, str] = {}
    held: set[str] = msgspec.field(default_factory=set)
    runs: dict[str, int] = {}
    """The last run of each month, by its ordinal."""
    released: dict[str, UnderWay] = {}
    unpaid: dict[str, Unpaid] = {}
    exceptions: dict[str, Undecided] = {}
    last: dict[str, str] = {}
    """When each integration was last heard of."""
    reconciled: dict[str, str] = {}
    """When each month was first reconciled after its end."""
    billed: dict[str, dict[str, Decimal]] = {}
    """The net of what is billed of each of the last months, by currency."""
    closed: dict[str, str] = {}
    """The last run of each month that is closed and not signed off, by month."""
    rows: tuple[FigureRow, ...] = ()

    @property
    def blocks(self) -> int:
        """How many blocks it comes of."""
        return sum(self.positions.values())

    def day_of(self, at: str) -> date:
        """Return on which day of the legal entity something was recorded."""
        return datetime.fromisoformat(at).astimezone(ZoneInfo(self.time_zone)).date()

    def midnight(self, day: date) -> datetime:
        """Return when a day of the legal entity begins."""
        return datetime.combine(day, datetime.min.time(), ZoneInfo(self.time_zone))

    def forget_older(self, moment: datetime) -> None:
        """Wait no more for what has waited for longer than KEPT."""
        before = instant_text(moment - KEPT)
        self.drafts = {key: at for key, at in self.drafts.items() if at >= before}
        self.released = {key: one for key, one in self.released.items() if one.at >= before}
