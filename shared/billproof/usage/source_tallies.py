"""What the days of a run hold by source: hours for control totals, days for its history; memory has a bound.

    source          days   events     place
    gateway-1         31   40,000         1      counted by name
    gateway-2         30   90,000         2
    x-000001           1        1     1,001      counted as one of the `other sources`

Nobody limits how many names a producer makes up, so they are kept in the database, and the MOST_SOURCES that came on
most days keep theirs: who makes one up for each event puts no other source out. No quantity is of a source.
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from billproof.masterdata.meters import Aggregation
from billproof.usage.model import AggregationPlan
from billproof.usage.plain_rows import Select
from billproof.usage.querying import condition
from billproof.usage.sql_texts import as_text, quantity_of
from billproof.usage.tallies import OTHER_SOURCES, DayTally, HourTally

MOST_SOURCES = 1_000
"""Sources of a bucket and run that are counted by their names: see docs/limits.md."""
NO_TOTAL = "cast(0 as decimal(38, 15))"

_TABLES = """
create or replace temp table tally_hours
    (meter varchar, source varchar, hour varchar, events bigint, total decimal(38, 15));
create or replace temp table tally_days (source varchar, event_type varchar, day varchar, events bigint)
"""
_JUDGED_AND_PLAIN = """(
    select time, type, source, verdict{columns} from judged
    union all select {time} as time, type, source, verdict{columns} from ({plain})
)"""
_HOURS = """
insert into tally_hours
select $meter, source, left(time, 13) as hour, count(*) as events, {total} as total
from {judged} where type = $type and verdict = 'kept' and {condition} group by all
"""
_PLAIN_DAYS = """
insert into tally_days
select source, type as event_type, cast(day as varchar) as day, cast(sum(events) as bigint) as events
from ({days}) where verdict = 'kept' and is_whole and period = $period
group by all
"""
_DAYS = """
insert into tally_days
select source, type as event_type, left(time, 10) as day, count(*) as events
from judged join windows on judged.account = windows.account
where verdict = 'kept' and is_whole and period = $period and time >= start_at and time < end_at
group by all
"""
_NAMED = """
create or replace temp table tally_names as
select source, row_number() over (order by count(distinct day) desc, sum(events) desc, source) as place from (
    select source, day, events from tally_days union all select source, left(hour, 10) as day, events from tally_hours)
where source != $others group by source
"""
_NAME = "case when place <= $most then source else $others end as source"
_ALL_HOURS = """
select {name}, meter, hour, cast(sum(events) as bigint) as events,
    sum(case when place <= $most then total else 0 end) as total
from tally_hours left join tally_names using (source) group by all order by meter, hour, source
"""
_ALL_DAYS = """
select {name}, event_type, day, cast(sum(events) as bigint) as events
from tally_days left join tally_names using (source) group by all order by all
"""


class SourceTallying:
    """Counts the events of the chunks of a run by source."""

    def __init__(self, database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: Mapping[str, str]) -> None:
        self._database, self._plan, self._names = database, plan, names
        database.execute(_TABLES)

    def add(self, plain: Select | None, days: Select | None) -> None:
        """Count the view `judged`, and the plain rows of days that are compacted; `days` has these by window."""
        self._add_hours(self._judged(plain))
        period = {"period": self._plan.period}
        self._database.execute(_DAYS, period)
        if days is not None:
            self._database.execute(_PLAIN_DAYS.format(days=days.text), {**period, **days.parameters})

    def _judged(self, plain: Select | None) -> Select:
        """Return the rows of the view `judged` and the plain ones, with times as segments have them."""
        if plain is None:
            return Select("judged", {})
        columns = "".join(f", {column}" for column in self._names.values())
        text = _JUDGED_AND_PLAIN.format(columns=columns, time=as_text("time"), plain=plain.text)
        return Select(text, plain.parameters)

    def _add_hours(self, judged: Select) -> None:
        for stated in self._plan.stated:
            total = NO_TOTAL
            if stated.aggregation is Aggregation.SUM and stated.value_property is not None:
                total = f"coalesce(sum({quantity_of(self._names[stated.value_property])}), {NO_TOTAL})"
            counted, parameters = condition(stated.where, self._names)
            parameters |= {"type": stated.event_type, "meter": stated.meter, **judged.parameters}
            try:
                self._database.execute(_HOURS.format(total=total, condition=counted, judged=judged.text), parameters)
            except duckdb.OutOfRangeException:  # broken events: the hours without them are still to be compared
                self._database.execute(_HOURS.format(total=NO_TOTAL, condition=counted, judged=judged.text), parameters)

    def end(self) -> tuple[list[HourTally], list[DayTally], int]:
        """Return what all hours and days came to, and how many sources are counted as others."""
        self._database.execute(_NAMED, {"others": OTHER_SOURCES})
        named = {"most": MOST_SOURCES, "others": OTHER_SOURCES}
        hours = [HourTally(**row) for row in self._rows(_ALL_HOURS.format(name=_NAME), named)]
        days = [DayTally(**row) for row in self._rows(_ALL_DAYS.format(name=_NAME), named)]
        (sources,) = self._database.execute("select count(*) from tally_names").fetchall()[0]
        return hours, days, max(sources - MOST_SOURCES, 0)

    def _rows(self, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        cursor = self._database.execute(query, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
