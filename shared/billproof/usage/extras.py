"""What aggregation notes besides the usage: conflicts, tallies by source, refused events that came again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from billproof.masterdata.meters import Aggregation
from billproof.usage.judging import conflicts
from billproof.usage.model import AggregationPlan, Quarantined
from billproof.usage.plain_rows import Select
from billproof.usage.profiles import Profile
from billproof.usage.profiling import Profiling
from billproof.usage.querying import condition
from billproof.usage.sql_texts import as_text
from billproof.usage.tallies import DayTally, HourTally, merged

NO_TOTAL = "cast(0 as decimal(38, 15))"

_JUDGED_AND_PLAIN = """(
    select time, type, source, verdict{columns} from judged
    union all select {time} as time, type, source, verdict{columns} from ({plain})
)"""
_COPIES_AND_PLAIN = "(select source, id from copies union all select source, id from ({plain}))"

_HOURS = """
select source, left(time, 13) as hour, count(*) as events, {total} as total
from {judged} where type = $type and verdict = 'kept' and {condition} group by all order by all
"""

_RESENT = """
select distinct source, id from {copies}
semi join (select unnest($sources::varchar[]) as source, unnest($ids::varchar[]) as id) using (source, id)
"""

_PLAIN_DAYS = """
select source, type as event_type, cast(day as varchar) as day, cast(sum(events) as bigint) as events
from ({days}) where verdict = 'kept' and is_whole and period = $period
group by all order by all
"""

_DAYS = """
select source, type as event_type, cast(cast(time as date) as varchar) as day, count(*) as events
from ({plain}) plain join spans on plain.account = spans.account
where verdict = 'kept' and is_whole and period = $period and time >= start_at and time < end_at
group by all order by all
"""

_DAYS = """
select source, type as event_type, left(time, 10) as day, count(*) as events
from judged join windows on judged.account = windows.account
where verdict = 'kept' and is_whole and period = $period and time >= start_at and time < end_at
group by all order by all
"""


@dataclass
class Extras:
    """What aggregation notes besides the usage, for who asks: conflicts to quarantine, and tallies by source.

    `refused` are the sources and ids of refused events; those that were accepted since are `resent`. `unreadable` is
    what of an earlier run no longer reads.
    """

    refused: Sequence[tuple[str, str]] = ()
    resent: set[tuple[str, str]] = field(default_factory=set)
    conflicts: list[Quarantined] = field(default_factory=list)
    hours: list[HourTally] = field(default_factory=list)
    days: list[DayTally] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    _profiling: Profiling | None = field(default=None, repr=False, compare=False)

    def add(
        self,
        database: duckdb.DuckDBPyConnection,
        plan: AggregationPlan,
        names: dict[str, str],
        plain: Select | None = None,
        days: Select | None = None,
    ) -> None:
        """Note what the days at hand hold: the view `judged`, and the plain rows of those that are compacted.

        `days` is the query of the plain rows by source, type, day and window.
        """
        self._profiling = self._profiling or Profiling(database, plan, names)
        self._profiling.add(plain)
        self.conflicts += conflicts(database)
        self.hours += _hours(database, plan, names, _judged(plain, names))
        self.resent |= _resent(database, self.refused, _copies(plain))
        tallied = _rows(database, _DAYS, {"period": plan.period})
        if days is not None:
            tallied += _rows(database, _PLAIN_DAYS.format(days=days.text), {"period": plan.period, **days.parameters})
        self.days += merged(DayTally(**row) for row in tallied)

    def end(self, unreadable: Sequence[str]) -> None:
        """Note what all days came to, and what of an earlier run no longer reads."""
        self.unreadable += unreadable
        self.profiles = self._profiling.profiles() if self._profiling is not None else []


def _judged(plain: Select | None, names: Mapping[str, str]) -> Select:
    """Return the rows of the view `judged` and the plain ones, with times as segments have them."""
    if plain is None:
        return Select("judged", {})
    columns = "".join(f", {column}" for column in names.values())
    text = _JUDGED_AND_PLAIN.format(columns=columns, time=as_text("time"), plain=plain.text)
    return Select(text, plain.parameters)


def _copies(plain: Select | None) -> Select:
    """Return the rows of the table `copies` and the plain ones."""
    if plain is None:
        return Select("copies", {})
    return Select(_COPIES_AND_PLAIN.format(plain=plain.text), plain.parameters)


def _hours(
    database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str], judged: Select
) -> Iterator[HourTally]:
    for stated in plan.stated:
        column = names.get(stated.value_property or "")
        total = f"coalesce(sum(try_cast({column} as decimal(38, 15))), {NO_TOTAL})"
        counted, parameters = condition(stated.where, names)
        parameters |= {"type": stated.event_type, **judged.parameters}
        query = _HOURS.format(
            total=total if stated.aggregation is Aggregation.SUM else NO_TOTAL, condition=counted, judged=judged.text
        )
        try:
            rows = _rows(database, query, parameters)
        except duckdb.OutOfRangeException:  # broken events: the hours without them are still to be compared
            rows = _rows(database, _HOURS.format(total=NO_TOTAL, condition=counted, judged=judged.text), parameters)
        yield from (HourTally(meter=stated.meter, **row) for row in rows)


def _resent(
    database: duckdb.DuckDBPyConnection, refused: Sequence[tuple[str, str]], copies: Select
) -> set[tuple[str, str]]:
    """Return which refused events are among the copies at hand."""
    if not refused:
        return set()
    sources, ids = (list(column) for column in zip(*refused, strict=True))
    parameters = {"sources": sources, "ids": ids, **copies.parameters}
    return set(database.execute(_RESENT.format(copies=copies.text), parameters).fetchall())


def _rows(database: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = database.execute(query, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
