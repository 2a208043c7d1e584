"""Sources that stated what they sent, and that state it no more: nothing shows then what of theirs is missing.

    month before   states every day        |   this month   sends on 28 days, states nothing of 20 of them

A day without a control total is a silence of what the source states, by the rule that finds silences of what it sends;
days on which it sent nothing are none.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from billproof.completeness.model import StatedDays
from billproof.completeness.rules import LEAST_SILENCE, silences
from billproof.usage.model import ControlTotal
from billproof.usage.tallies import DayTally


@dataclass(frozen=True, slots=True)
class Unstated:
    """Days from `start` to before `end` of which a source states nothing; on `active_days` of them it sent events."""

    source: str
    start: date
    end: date
    active_days: int


def days_of(totals: Iterable[ControlTotal]) -> tuple[StatedDays, ...]:
    """Return the days of which each source stated something."""
    days: dict[str, set[date]] = defaultdict(set)
    for total in totals:
        days[total.source].add(date.fromisoformat(total.hour[:10]))
    return tuple(StatedDays(source=source, days=tuple(sorted(of_source))) for source, of_source in sorted(days.items()))


def unstated(
    before: Sequence[StatedDays], now: Sequence[StatedDays], sent: Iterable[DayTally], *, start: date, end: date
) -> list[Unstated]:
    """Find the sources that stopped stating what they send, by what they stated before and in the period."""
    active: dict[str, set[date]] = defaultdict(set)
    for tally in sent:
        active[tally.source].add(date.fromisoformat(tally.day))
    statements = [
        DayTally(source=stated.source, event_type="", day=day.isoformat(), events=1)
        for stated in (*before, *now)
        for day in stated.days
    ]
    stopped = [
        Unstated(
            silence.source,
            silence.start,
            silence.end,
            active_days=sum(silence.start <= day < silence.end for day in active[silence.source]),
        )
        for silence in silences(statements, start=start, end=end)
    ]
    return [days for days in stopped if days.active_days >= LEAST_SILENCE]
