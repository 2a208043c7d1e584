"""The two ways to see that usage is missing: against what a source stated, and against its own history."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billproof.completeness.model import Stated
from billproof.completeness.other_sources import Hidden, nothing_hidden
from billproof.money import exactly
from billproof.usage.model import ControlTotal
from billproof.usage.tallies import OTHER_SOURCES, DayTally, HourTally

LEAST_DAYS = 7
"""Days with events that make a history."""
LEAST_SILENCE = 2
"""Days without any event that can be a silence."""
NEVER_PAUSED_DAYS = 28
"""Days with events of a source that never paused, of which a single day can be a silence."""
TIMES_LONGER = 3
"""How many times as long as its longest pause before a source must say nothing to count as silent."""


@exactly
def compare(
    totals: Iterable[ControlTotal], hours: Iterable[HourTally], hidden: Hidden = nothing_hidden
) -> list[Stated]:
    """Compare hour by hour what sources stated with what was counted, and add it up by source and meter.

    Of several control totals of an hour the last received stands. Hours of which nothing was stated are not compared.
    `hidden` says what of a source may be counted as that of other sources.
    """
    last: dict[tuple[str, str, str], ControlTotal] = {}
    for total in sorted(totals, key=lambda total: (total.received_at, total.id)):
        last[total.source, total.meter, total.hour] = total
    events: dict[tuple[str, str, str], int] = defaultdict(int)
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for hour in hours:
        key = (hour.source, hour.meter, hour.hour)
        events[key] += hour.events
        sums[key] += hour.total
    groups: dict[tuple[str, str], list[ControlTotal]] = defaultdict(list)
    for (source, meter, _), total in sorted(last.items()):
        groups[source, meter].append(total)
    return [_stated(source, meter, group, events, sums, hidden) for (source, meter), group in groups.items()]


def _stated(
    source: str,
    meter: str,
    totals: list[ControlTotal],
    events: Mapping[tuple[str, str, str], int],
    sums: Mapping[tuple[str, str, str], Decimal],
    hidden: Hidden,
) -> Stated:
    missing = {total.hour: int(total.count) - events.get((source, meter, total.hour), 0) for total in totals}
    worst = max(missing, key=lambda hour: abs(missing[hour]))
    stated_sums = [Decimal(total.sum) for total in totals if total.sum is not None]
    return Stated(
        source=source,
        meter=meter,
        hours=len(totals),
        stated_events=sum(int(total.count) for total in totals),
        counted_events=sum(events.get((source, meter, total.hour), 0) for total in totals),
        stated_total=sum(stated_sums, Decimal(0)) if stated_sums else None,
        counted_total=sum((sums.get((source, meter, t.hour), Decimal(0)) for t in totals if t.sum), Decimal(0)),
        worst_hour=worst if missing[worst] else None,
        worst_missing=missing[worst],
        other_events=sum(min(lacks, hidden(source, meter, hour)) for hour, lacks in missing.items() if lacks > 0),
    )


@exactly
def is_over(stated: Stated, percent: Decimal) -> bool:
    """Say whether events or sum differ by more than a percentage of what was stated, in either direction."""
    gap = abs(stated.stated_events - stated.counted_events)
    if gap * 100 > percent * stated.stated_events:
        return True
    if stated.stated_total is None:
        return False
    return abs(stated.stated_total - stated.counted_total) * 100 > percent * stated.stated_total


@dataclass(frozen=True, slots=True)
class Silence:
    """Days on which a source said nothing though it never paused so long: from `start` to before `end`."""

    source: str
    start: date
    end: date
    longest_before: int
    active_days: int
    event_types: tuple[str, ...]

    @property
    def days(self) -> int:
        """How long it is."""
        return (self.end - self.start).days


def silences(tallies: Iterable[DayTally], *, start: date, end: date) -> list[Silence]:
    """Find the sources that fell silent within a period, from their own history before it and in it.

    A source is silent where it says nothing for at least LEAST_SILENCE days and more than TIMES_LONGER times as long as
    in any other pause; one that never paused on NEVER_PAUSED_DAYS days, where it says nothing for one. One with fewer
    than LEAST_DAYS days of events has no history yet.
    """
    days: dict[str, set[date]] = defaultdict(set)
    types: dict[str, set[str]] = defaultdict(set)
    for tally in tallies:
        if tally.source == OTHER_SOURCES:
            continue
        days[tally.source].add(date.fromisoformat(tally.day))
        types[tally.source].add(tally.event_type)
    silent = []
    for source, active in sorted(days.items()):
        if len(active) < LEAST_DAYS:
            continue
        pauses = _pauses(sorted(active), end)
        longest = max(pauses, key=lambda pause: pause[1] - pause[0])
        others = max((_length(pause) for pause in pauses if pause != longest), default=0)
        least = 1 if len(active) >= NEVER_PAUSED_DAYS else LEAST_SILENCE
        if _length(longest) >= least and _length(longest) > TIMES_LONGER * others and longest[1] > start:
            silent.append(
                Silence(
                    source=source,
                    start=max(longest[0], start),
                    end=longest[1],
                    longest_before=others,
                    active_days=len([day for day in active if start <= day < end]),
                    event_types=tuple(sorted(types[source])),
                )
            )
    return silent


def _pauses(active: list[date], end: date) -> list[tuple[date, date]]:
    """Return the days without events after each active day, empty ones too, the last one up to the period's end."""
    one_day = timedelta(days=1)
    following = [*active[1:], max(end, active[-1] + one_day)]
    return [(day + one_day, after) for day, after in zip(active, following, strict=True)]


def _length(pause: tuple[date, date]) -> int:
    return (pause[1] - pause[0]).days
