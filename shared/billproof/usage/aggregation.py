"""From the log to exact quantities: a pure function of the segments, whatever their order, number or repetition.

Of the events that were judged (judging.py) one narrow row is kept for each that an account's window holds. Quantities
are DECIMAL(38, 15): DuckDB adds those exactly and refuses an overflow.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from functools import partial

import duckdb

from billproof.errors import ObjectUnreadable
from billproof.ports import Objects
from billproof.readings import Quantity
from billproof.usage.compacted_days import CompactedDays
from billproof.usage.correcting import keep_standing
from billproof.usage.counting import ARRIVED, Counting
from billproof.usage.earlier_lists import list_numbers
from billproof.usage.extras import Extras
from billproof.usage.judging import judged_chunks
from billproof.usage.log import days_between, first_day
from billproof.usage.manifests import older_days
from billproof.usage.measuring import Measurer
from billproof.usage.measuring_levels import LevelMeasurer
from billproof.usage.model import AccountUsage, AggregationPlan, AskedAggregate
from billproof.usage.openings import EarlierWindows, LatestReadings, LevelBook, level_book, levels_asked, nothing_known
from billproof.usage.property_roles import needs_order
from billproof.usage.querying import Queries
from billproof.usage.reuse import Reuse
from billproof.usage.tallying import conditions, tallies
from billproof.usage.unread_values import unread_values
from billproof.usage.unreadable import UnreadableObjects, no_usage
from billproof.usage.window_tables import edges_of, owners_of, write_tables

UNADDABLE = (duckdb.OutOfRangeException, duckdb.ConversionException, ArithmeticError, ValueError)
"""A total too large for any decimal here.

The last two are raised where a total, or what its meter makes of it, has more digits than a quantity may have.
"""

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
_MOVED = {
    "is_new": "received_at >= after_at and (counted.segment is null or (moved_at > '' and moved_at >= after_said))"
}
"""New to an account, too, is what is known to be its own only since the earlier run."""


@dataclass(frozen=True, slots=True)
class _Reads:
    """What an aggregation reads: from where, without which objects, and whether it writes lists and reads columns."""

    objects: Objects
    without: Container[str]
    lacking: Container[str]
    writes_lists: bool
    reads_compacted: bool


def aggregate(
    plan: AggregationPlan,
    *,
    objects: Objects,
    extras: Extras | None = None,
    earlier: EarlierWindows = nothing_known,
    without: Container[str] = (),
    lacking: Container[str] = (),
    writes_lists: bool = False,
    reads_compacted: bool = False,
) -> list[AccountUsage]:
    """Return what every window of the plan holds, in their order; those without events are there too, with zeros.

    Reads only the log; `earlier` knows the levels that the windows of earlier runs ended with. Conflicting duplicates
    and tallies are added to `extras`, if that is given. A window that lacks an object which does not read names it
    (unreadable.py). A proof reads `without` the segments that are no longer there, and is `lacking` what its run was.
    Only the step of a run writes the list of the older days that it looked back on (`writes_lists`), and reads the
    compacted days that its list names (`reads_compacted`): a proof comes to the same from the segments.
    """
    reads = _Reads(objects, without, lacking, writes_lists, reads_compacted)
    unreadable = UnreadableObjects(plan)
    try:
        usages = _aggregate(plan, reads, unreadable, extras, earlier)
    except ObjectUnreadable as error:  # the plan's own list: the lists of earlier runs and segments are noted
        unreadable.add_everywhere(error.key)
        usages = [no_usage(window) for window in plan.windows]
    if extras is not None:
        extras.unreadable += unreadable.keys
    return unreadable.mark(usages)


def _aggregate(
    plan: AggregationPlan,
    reads: _Reads,
    unreadable: UnreadableObjects,
    extras: Extras | None,
    earlier: EarlierWindows,
) -> list[AccountUsage]:
    if plan.manifest in reads.lacking:
        raise ObjectUnreadable(plan.manifest)
    names = _properties(plan)
    compacted = CompactedDays(plan, reads.objects) if reads.reads_compacted else None
    with judged_chunks(
        plan,
        reads.objects,
        names,
        unreadable=unreadable,
        without=reads.without,
        lacking=reads.lacking,
        compacted=compacted,
    ) as (database, chunks):
        write_tables(database, plan, names)
        counting = Counting(database, plan, names) if compacted else None
        columns = "".join(f", {column}" for column in names.values())
        mine = _MINE.format(names=columns, order=ARRIVED if needs_order(plan) else "null", **_bounds(plan))
        reuse = Reuse(database, plan, reads.objects)
        for rows in chunks():
            database.execute(mine)
            is_corrected = keep_standing(database, columns, finds_circles=plan.known_ids is not None)
            reuse.add(rows, is_corrected=is_corrected)
            plain = days = None
            if counting and rows:
                plain, days = counting.everyone(rows), counting.add(rows)
            if extras is not None:
                extras.add(database, plan, names, plain, days)
        if reads.writes_lists:
            reuse.write()
        results = _Results(database, plan, names, is_typed=counting is not None)
        for rows in chunks() if reuse.has_candidates else ():
            database.execute(mine)
            reuse.find(rows)
        if extras is not None:
            extras.end(reuse.unreadable)
        latest = results.latest(levels_asked(plan))
        book = level_book(plan, latest, earlier=earlier, look_back=partial(_look_back, reads=reads))
        for number, keys in book.lacked.items():
            unreadable.add_of_window(number, keys)
        return [usage.model_copy(update=reuse.of(number)) for number, usage in enumerate(results.of(book))]


def _bounds(plan: AggregationPlan) -> dict[str, str]:
    if not list_numbers(plan):
        return _BY_TIME
    return _BY_LIST | _MOVED if plan.spread.has_owners else _BY_LIST


def _look_back(plan: AggregationPlan, *, reads: _Reads) -> list[AccountUsage]:
    """Aggregate what the log holds before the windows of a plan: windows without a start begin with the log."""
    first = first_day(reads.objects, plan.reads)
    spans = [(max(window.start, first), window.end) for window in plan.windows if first and first <= window.end]
    days = days_between(spans)
    manifest = older_days(plan, days, reads.objects, writes=reads.writes_lists) if plan.manifest else ""
    return aggregate(
        plan.model_copy(update={"days": days, "manifest": manifest, "known_ids": None}),
        objects=reads.objects,
        without=reads.without,
        lacking=reads.lacking,
    )


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

    def __init__(
        self, database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str], *, is_typed: bool
    ) -> None:
        self._database = database
        self._plan = plan
        self._names = names
        edges = edges_of(plan)
        self._owners = owners_of(plan)
        self._queries = Queries(database, names, [window_edges for _, window_edges in edges], is_typed=is_typed)
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
        counted = tallies(self._database, self._plan, self._names, self._queries.count)
        unread = unread_values(self._plan, self._queries)
        return [
            AccountUsage(
                account=window.account,
                period=window.period,
                unread_values=unread[number],
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
