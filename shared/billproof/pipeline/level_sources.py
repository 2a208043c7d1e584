"""Where the levels before an account's windows come from: the month that was billed before, or the log.

A level goes on from month to month, so usage that comes late changes it in every month that follows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from billproof.contracts.model import Contract
from billproof.contracts.timeline import governing
from billproof.masterdata.directory import Directory
from billproof.masterdata.meters import LEVELS, Meter
from billproof.masterdata.parties import Account
from billproof.periods import FIRST_ZONE, Period, cut_off, instant_text, month_name
from billproof.pipeline.late_marks import LateMarks
from billproof.pipeline.settling import SettledMonths
from billproof.pricing.reading import Read
from billproof.usage.levels import LevelSource
from billproof.usage.log import LateMark
from billproof.usage.model import AccountWindow

LONGEST_GRACE = timedelta(hours=720)
"""The longest grace that the settings allow: what is written later for a month that is over leaves a mark."""


def reads_levels(contracts: Iterable[Contract], meters: Mapping[str, Meter]) -> bool:
    """Say whether contracts read the level of a meter: its most, its latest, its weighted sum, or seats by day."""
    charges = [charge for contract in contracts for charge in contract.charges]
    names = {name for charge in charges for name in charge.meters}
    is_by_day = any(charge.seats_meter is not None for charge in charges)
    return is_by_day or any(name in meters and meters[name].aggregation in LEVELS for name in names)


def levels_read(
    contracts: Sequence[Contract], months: Iterable[str], meters: Mapping[str, Meter], *, after: AccountWindow
) -> dict[str, tuple[str, ...]]:
    """Return the event types, each with its conditions, of which months after a window read a level of its account.

    They bill the readings in the window, too: a level goes on.
    """
    periods = [Period.month(month) for month in months if month > after.period]
    read = (Read.of(governing(contracts, period), period, account=after.account) for period in periods)
    return Read(frozenset(reading for of_month in read for reading in of_month.levels(meters)), {}).conditions(meters)


def first_possible(marks: Iterable[LateMark], known_since: str | None) -> str:
    """Return an instant before which the log has no event of an account; "" where that is not known.

    Events are refused before the account is known. Those of months that were over by then have left a mark.
    """
    if known_since is None:
        return ""
    since = datetime.fromisoformat(known_since)
    month = Period.month(month_name(since))
    while cut_off(before := Period.month_ending(month.start), LONGEST_GRACE) > since:
        month = before
    first = Period.month(min([month.name, *(mark.month for mark in marks)]))
    return instant_text(datetime.combine(first.start, time.min, tzinfo=UTC) - FIRST_ZONE)


@dataclass(frozen=True, slots=True)
class LevelSources:
    """Where the levels before the windows of one account and its children come from."""

    settled: SettledMonths
    planned: Sequence[str]
    marks: LateMarks
    directory: Directory
    is_read: bool

    @classmethod
    def of_account(
        cls,
        contracts: Sequence[Contract],
        meters: Mapping[str, Meter],
        settled: SettledMonths,
        planned: Sequence[str],
        marks: LateMarks,
        directory: Directory,
    ) -> "LevelSources | None":
        """Return the sources of an account with these contracts; None where no level is read of any account."""
        is_read = reads_levels(contracts, meters)
        if not is_read and all(meter.aggregation not in LEVELS for meter in meters.values()):
            return None
        return cls(settled, planned, marks, directory, is_read)

    def of(self, member: Account, month: str) -> LevelSource:
        """Return the source of a member's window: the last month before it that was billed, or is billed here again."""
        before = max((name for name in (*self.planned, *self.settled.months) if name < month), default="")
        run = "" if before in self.planned else self.settled.run_of(before)
        earliest = None
        if self.is_read or not before:
            earliest = first_possible(self.marks.of(member.id), self.directory.known_since(member.id))
        return LevelSource(run=run, period=before, earliest=earliest)
