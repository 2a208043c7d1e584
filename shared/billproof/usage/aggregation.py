"""From the log to exact quantities: a pure function of the segments, whatever their order, number or repetition.

Of the events that were judged (judging.py) one narrow row is kept for each that an account's window holds. Quantities
are DECIMAL(38, 15): DuckDB adds those exactly and refuses an overflow.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import duckdb

from billproof.masterdata.meters import Aggregation
from billproof.ports import Objects
from billproof.readings import Quantity
from billproof.usage.correcting import keep_standing
from billproof.usage.judging import conflicts, judged_chunks, list_numbers
from billproof.usage.log import days_between, first_day
from billproof.usage.manifests import older_days
from billproof.usage.measuring import Measurer
from billproof.usage.measuring_levels import LevelMeasurer
from billproof.usage.model import AccountUsage, AggregationPlan, AskedAggregate, Quarantined
from billproof.usage.openings import EarlierWindows, LatestReadings, LevelBook, level_book, levels_asked, nothing_known
from billproof.usage.querying import Queries, condition
from billproof.usage.reuse import Reuse
from billproof.usage.tallies import DayTally, HourTally
from billproof.usage.tallying import conditions, tallies
from billproof.usage.window_tables import edges_of, owners_of, write_tables

UNADDABLE = (duckdb.OutOfRangeException, duckdb.ConversionException, ArithmeticError, ValueError)
"""A total too large for any decimal here, or values from before their meter was published that are no quantities.

The last two are raised where a total, or what its meter makes of it, has more digits than a quantity may have.
"""
NO_TOTAL = "cast(0 as decimal(38, 15))"

ARRIVED = "time || received_at || lpad(cast(position as varchar), 4, '0') || id || source"
"""Sorts events by time, then by arrival; within a message by their places. Ids decide only what nothing else does."""

_MINE = """
create or replace temp view mine as
select windows.number, type, day, {order} as sequence, is_whole and {is_new} as counts, source, id,
    received_at, position, case when verdict = 'kept' and {is_late} then 'late' else verdict end as verdict{names},
    corrects, retracts
from judged join windows on judged.account = windows.account{joined}
where time >= windows.start_at and time < windows.end_at
"""

_BY_TIME = {"is_new": "received_at >= after_at", "is_late": "received_at >= before_at", "joined": ""}
_BY_LIST = {
    "is_new": "received_at >= after_at and counted.segment is null",
    "is_late": "(received_at >= before_at or (before_list is not null and billed.segment is null))",
    "joined": """
    left join seen as counted on counted.segment = judged.segment and counted.list = windows.after_list
    left join seen as billed on billed.segment = judged.segment and billed.list = windows.before_list""",
}
"""What an earlier run counted, and what came after a window's invoice: by its list, or (without one) by receipt."""

_HOURS = """
select source, left(time, 13) as hour, count(*) as events, {total} as total
from judged where type = $type and verdict = 'kept' and {condition} group by all order by all
"""

_RESENT = """
select distinct source, id from copies
semi join (select unnest(?::varchar[]) as source, unnest(?::varchar[]) as id) using (source, id)
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

    `refused` are the sources and ids of refused events; those that were accepted since are `resent`.
    """

    refused: Sequence[tuple[str, str]] = ()
    resent: set[tuple[str, str]] = field(default_factory=set)
    conflicts: list[Quarantined] = field(default_factory=list)
    hours: list[HourTally] = field(default_factory=list)
    days: list[DayTally] = field(default_factory=list)


def aggregate(
    plan: AggregationPlan,
    *,
    objects: Objects,
    extras: Extras | None = None,
    earlier: EarlierWindows = nothing_known,
    without: Container[str] = (),
    writes_lists: bool = False,
) -> list[AccountUsage]:
    """Return what every window of the plan holds, in their order; those without events are there too, with zeros.

    Reads only the log; `earlier` knows the levels that the windows of earlier runs ended with. Conflicting duplicates
    and tallies are added to `extras`, if that is given. A proof reads `without` the segments that are no longer there.
    Only the step of a run writes the list of the older days that it looked back on (`writes_lists`).
    """
    names = _properties(plan)
    with judged_chunks(plan, objects, names, without=without) as (database, chunks):
        write_tables(database, plan, names)
        columns = "".join(f", {column}" for column in names.values())
        levels = levels_asked(plan)
        order = ARRIVED if levels or any(map(_needs_order, plan.asked)) else "null"
        bounds = _BY_LIST if list_numbers(plan) else _BY_TIME
        mine = _MINE.format(names=columns, order=order, **bounds)
        reuse = Reuse(database, plan, objects)
        for _ in chunks():
            database.execute(mine)
            reuse.add()
            keep_standing(database, columns, finds_circles=plan.known_ids is not None)
            if extras is not None:
                extras.conflicts += conflicts(database)
                extras.hours += _hours(database, plan, names)
                extras.resent |= _resent(database, extras.refused)
                extras.days += [DayTally(**row) for row in _rows(database, _DAYS, {"period": plan.period})]
        if writes_lists:
            reuse.write()
        results = _Results(database, plan, names)
        for _ in chunks() if reuse.has_candidates else ():
            database.execute(mine)
            reuse.find()
        look_back = partial(_look_back, objects=objects, without=without, writes_lists=writes_lists)
        book = level_book(plan, results.latest(levels), earlier=earlier, look_back=look_back)
        return [usage.model_copy(update=reuse.of(number)) for number, usage in enumerate(results.of(book))]


def _look_back(
    plan: AggregationPlan, *, objects: Objects, without: Container[str], writes_lists: bool
) -> list[AccountUsage]:
    """Aggregate what the log holds before the windows of a plan: windows without a start begin with the log."""
    first = first_day(objects, plan.bucket)
    spans = [(max(window.start, first), window.end) for window in plan.windows if first and first <= window.end]
    days = days_between(spans)
    manifest = older_days(plan, days, objects, writes=writes_lists) if plan.manifest else ""
    return aggregate(
        plan.model_copy(update={"days": days, "manifest": manifest, "known_ids": None}),
        objects=objects,
        without=without,
    )


def _needs_order(asked_aggregate: AskedAggregate) -> bool:
    by_time = asked_aggregate.aggregation in {Aggregation.LATEST, Aggregation.WEIGHTED_SUM}
    return by_time or asked_aggregate.reading.by_day or asked_aggregate.reading.transactions is not None


def _hours(database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str]) -> Iterator[HourTally]:
    for stated in plan.stated:
        column = names.get(stated.value_property or "")
        total = f"coalesce(sum(try_cast({column} as decimal(38, 15))), {NO_TOTAL})"
        counted, parameters = condition(stated.where, names)
        parameters["type"] = stated.event_type
        query = _HOURS.format(total=total if stated.aggregation is Aggregation.SUM else NO_TOTAL, condition=counted)
        try:
            rows = _rows(database, query, parameters)
        except duckdb.OutOfRangeException:  # broken events: the hours without them are still to be compared
            rows = _rows(database, _HOURS.format(total=NO_TOTAL, condition=counted), parameters)
        yield from (HourTally(meter=stated.meter, **row) for row in rows)


def _resent(database: duckdb.DuckDBPyConnection, refused: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which refused events are among the copies at hand."""
    if not refused:
        return set()
    sources, ids = (list(column) for column in zip(*refused, strict=True))
    return set(database.execute(_RESENT, [sources, ids]).fetchall())


def _rows(database: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = database.execute(query, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _properties(plan: AggregationPlan) -> dict[str, str]:
    """Give each property that is read a column: names come from contracts, so they never become SQL."""
    wanted = {name for where in conditions(plan) for name in where}
    for asked_aggregate in (*plan.asked, *plan.stated):
        named = (
            asked_aggregate.value_property,
            asked_aggregate.price_property,
            *asked_aggregate.reading.group_by,
            *asked_aggregate.where,
        )
        wanted |= {name for name in named if name is not None}
    return {name: f"p{number}" for number, name in enumerate(sorted(wanted))}


class _Results:
    """Measures the kept events of a database, window by window."""

    def __init__(self, database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str]) -> None:
        self._database = database
        self._plan = plan
        self._names = names
        edges = edges_of(plan)
        self._owners = owners_of(plan)
        self._queries = Queries(database, names, [window_edges for _, window_edges in edges])
        self._out_of_range: dict[int, list[str]] = defaultdict(list)

    def latest(self, levels_asked: dict[str, AskedAggregate]) -> LatestReadings:
        """Return the last reading of each level in each window."""
        levels = LevelMeasurer(self._queries, self._owners)
        return {
            name: dict(self._measured(asked_aggregate, lambda *ask: levels.latest(*ask).items(), note=False))
            for name, asked_aggregate in levels_asked.items()
        }

    def of(self, book: LevelBook) -> list[AccountUsage]:
        """Return what each window holds, given the levels that it begins with."""
        measurer = Measurer(self._queries, LevelMeasurer(self._queries, self._owners, book.openings))
        quantities: dict[int, list[Quantity]] = defaultdict(list)
        for asked_aggregate in self._plan.asked:
            for number, quantity in self._measured(asked_aggregate, measurer.quantities):
                quantities[self._owners[number]].append(quantity)
            for number, levels in book.unreadable.items():
                if asked_aggregate.level_name in levels:
                    self._out_of_range[number].append(asked_aggregate.meter)
        counted = tallies(self._database, self._plan, self._names)
        return [
            AccountUsage(
                account=window.account,
                period=window.period,
                out_of_range=tuple(dict.fromkeys(self._out_of_range[number])),
                prefixes=tuple(part.name for part in window.parts if part.is_prefix),
                counts=counted[number].counts,
                metered_types=counted[number].metered,
                orphan_types=counted[number].orphan,
                quantities=tuple(quantities[number]),
                closing=book.closing(number),
            )
            for number, window in enumerate(self._plan.windows)
        ]

    def _measured[T](
        self,
        asked_aggregate: AskedAggregate,
        measure: Callable[[AskedAggregate, int | None], Iterable[T]],
        *,
        note: bool = True,
    ) -> list[T]:
        """Measure all windows at once; where values cannot be added up, each alone, and note the meter of those."""
        try:
            return list(measure(asked_aggregate, None))
        except UNADDABLE:  # one account's values cannot be added up: the others are not to suffer
            measured: list[T] = []
            for number, owner in enumerate(self._owners):
                try:
                    measured += measure(asked_aggregate, number)
                except UNADDABLE:
                    if note:
                        self._out_of_range[owner].append(asked_aggregate.meter)
            return measured
