"""What accounts used, from the roll-ups of a bucket's compacted days in place of their rows.

    simple window      the month's counts and sums over whole hours, nothing corrected     its roll-ups
    any other          distinct values, levels, groups, parts, an earlier month, ...       the rows, as a run reads them

Nothing newer than the compactions is in a roll-up: `newer` says how many segments that is, or, where what is fresh is
asked for, the accounts in them are read from their rows, too. A bucket with a compacted day that has no roll-up is read
from its rows.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from billproof.errors import NotFound
from billproof.masterdata.meters import Aggregation
from billproof.ports import Objects
from billproof.readings import Quantity, Reading
from billproof.usage.chunks import DOWNLOADS_AT_ONCE
from billproof.usage.compacted import Compaction
from billproof.usage.compacted_days import CompactedDays, is_bounded
from billproof.usage.databases import opened
from billproof.usage.keys import SegmentKey
from billproof.usage.log import read_intact
from billproof.usage.manifests import segments_of
from billproof.usage.model import AccountUsage, AccountWindow, AggregationPlan, AskedAggregate, EventCounts
from billproof.usage.querying import condition
from billproof.usage.rollups import is_rollup, sum_column, where_column
from billproof.usage.sql_texts import listed

WHOLE_HOUR = ":00:00.000000Z"
ADDED = {Aggregation.COUNT, Aggregation.SUM}

_WINDOWS = """
create temp table windows as
select unnest($accounts::varchar[]) as account, unnest($starts::timestamp[]) as start_at,
    unnest($ends::timestamp[]) as end_at
"""
_ROLLUPS = """
create temp table rollups as
select rows.* from read_parquet({paths}, union_by_name = true) rows join windows using (account)
where hour >= start_at and hour < end_at
"""
_MEASURED = """
select account, {measure}, cast(sum(events) as bigint) from rollups
where type = $type and {condition} group by account having sum(events) > 0
"""
_BY_TYPE = "select account, type, cast(sum(events) as bigint) from rollups group by account, type"


@dataclass
class RolledUp:
    """What the windows of simple accounts hold; the windows that are to be counted; segments that no roll-up holds."""

    usages: list[AccountUsage] = field(default_factory=list)
    others: list[AccountWindow] = field(default_factory=list)
    newer: int = 0


def read_rollups(
    plan: AggregationPlan, readings: Mapping[str, Collection[Reading]], objects: Objects, *, is_fresh: bool = False
) -> RolledUp:
    """Return what the accounts of a plan used, as far as roll-ups say; `readings` are what the terms of each read.

    Of what is fresh no roll-up says enough of an account that has events in a newer segment.
    """
    if plan.spread.has_owners:  # roll-ups are of the ids that usage came with
        return RolledUp(others=list(plan.windows))
    compactions, newer = _compactions(plan, objects)
    fresh = _accounts_in(newer, objects) if is_fresh else set()
    result = RolledUp(newer=0 if is_fresh else len(newer))
    with opened(is_alone=True) as (database, folder):
        paths = _fetch(compactions, objects, folder)
        windows = _simple(plan, readings, compactions) if len(paths) == len(compactions) else []
        mixed = _enter(database, paths, windows)
        mine = [window for window in windows if window.account not in mixed and window.account not in fresh]
        result.usages = _usages(database, plan, mine, readings, has_rows=bool(paths and windows))
    is_mine = {(window.account, window.period) for window in mine}
    result.others = [window for window in plan.windows if (window.account, window.period) not in is_mine]
    return result


def _accounts_in(segments: Sequence[str], objects: Objects) -> set[str]:
    """Return the accounts of some segments; of one that does not read it is said where rows are counted."""

    def accounts(key: str) -> set[str]:
        return {row.account for row in read_intact(objects, key) or ()}

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        return set().union(*pool.map(accounts, segments))


def _compactions(plan: AggregationPlan, objects: Objects) -> tuple[list[Compaction], list[str]]:
    """Return the compactions of a plan's days, and the segments that are newer."""
    days, compactions, newer = CompactedDays(plan, objects), list[Compaction](), list[str]()
    for keys in segments_of(plan, objects):
        if not keys:
            continue
        compaction = days.of(SegmentKey.parse(keys[0]).day, keys)
        if compaction is not None:
            compactions.append(compaction)
        newer += sorted(set(keys) - set(compaction.keys if compaction is not None else ()))
    return compactions, newer


def _fetch(compactions: Sequence[Compaction], objects: Objects, folder: Path) -> list[Path]:
    """Copy roll-ups into files; a day of before has none, and one that is not as it was written is none."""

    def fetch(compaction: Compaction) -> Path | None:
        try:
            content = objects.get(compaction.rollup) if compaction.rollup else b""
        except NotFound:
            return None
        if not content or not is_rollup(compaction.rollup, content):
            return None
        path = folder / f"{compaction.day}.parquet"
        path.write_bytes(content)
        return path

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        return [path for path in pool.map(fetch, compactions) if path is not None]


def _simple(
    plan: AggregationPlan, readings: Mapping[str, Collection[Reading]], days: Sequence[Compaction]
) -> list[AccountWindow]:
    """Return the windows of the plan's own period whose usage is in the roll-ups of some days."""
    can_be_added = {asked_aggregate.reading for asked_aggregate in plan.asked if _is_added(asked_aggregate, days)}
    published = {asked_aggregate.reading for asked_aggregate in plan.asked}
    return [
        window
        for window in plan.windows
        if window.period == plan.period
        and not is_bounded(window)
        and not window.parts
        and window.start.endswith(WHOLE_HOUR)
        and window.end.endswith(WHOLE_HOUR)
        and published.intersection(readings.get(window.account, ())) <= can_be_added
    ]


def _is_added(asked_aggregate: AskedAggregate, days: Sequence[Compaction]) -> bool:
    """Say whether all roll-ups hold what is to be measured."""
    if (
        asked_aggregate.aggregation not in ADDED
        or asked_aggregate.is_level
        or asked_aggregate.price_property is not None  # each event has to have its price
        or asked_aggregate.reading != Reading(meter=asked_aggregate.meter)
    ):
        return False
    for day in days:
        known = {columns.name: columns for columns in day.properties}
        value = known.get(asked_aggregate.value_property or "")
        if asked_aggregate.aggregation is not Aggregation.COUNT and (
            value is None or not (value.read_quantity and value.complete)
        ):
            return False
        if not all(name in known and known[name].text for name in asked_aggregate.where):
            return False
    return True


def _enter(database: duckdb.DuckDBPyConnection, paths: Sequence[Path], windows: Sequence[AccountWindow]) -> set[str]:
    """Load the rows of some windows; return the accounts that correct, retract or contradict an event of a day."""
    parameters: dict[str, Any] = {
        "accounts": [window.account for window in windows],
        "starts": [window.start.removesuffix("Z") for window in windows],
        "ends": [window.end.removesuffix("Z") for window in windows],
    }
    database.execute(_WINDOWS, parameters)
    if not paths:
        return set()
    database.execute(_ROLLUPS.format(paths=listed(paths)))
    return {
        account for (account,) in database.execute("select distinct account from rollups where not is_plain").fetchall()
    }


def _usages(
    database: duckdb.DuckDBPyConnection,
    plan: AggregationPlan,
    windows: Sequence[AccountWindow],
    readings: Mapping[str, Collection[Reading]],
    *,
    has_rows: bool,
) -> list[AccountUsage]:
    quantities: dict[str, list[Quantity]] = defaultdict(list)
    events: dict[str, dict[str, int]] = defaultdict(dict)
    wanted = {window.account: set(readings.get(window.account, ())) for window in windows}
    for asked_aggregate in plan.asked if has_rows else ():
        if not any(asked_aggregate.reading in mine for mine in wanted.values()):
            continue
        for account, measured, number in _measured(database, asked_aggregate):
            if asked_aggregate.reading in wanted.get(account, ()):
                quantities[account].append(_quantity(asked_aggregate, Decimal(measured or 0), number))
    for account, kind, number in database.execute(_BY_TYPE).fetchall() if has_rows else ():
        events[account][kind] = number
    return [_usage(window, quantities[window.account], events[window.account]) for window in windows]


def _measured(database: duckdb.DuckDBPyConnection, asked_aggregate: AskedAggregate) -> list[tuple[Any, ...]]:
    text, parameters = condition(asked_aggregate.where, {name: where_column(name) for name in asked_aggregate.where})
    is_sum = asked_aggregate.aggregation is Aggregation.SUM
    measure = f'sum("{sum_column(asked_aggregate.value_property or "")}")' if is_sum else "cast(sum(events) as bigint)"
    query = _MEASURED.format(measure=measure, condition=text)
    return database.execute(query, {**parameters, "type": asked_aggregate.event_type}).fetchall()


def _quantity(asked_aggregate: AskedAggregate, quantity: Decimal, events: int) -> Quantity:
    rounded = quantity if asked_aggregate.rounding is None else asked_aggregate.rounding.apply(quantity)
    return Quantity(meter=asked_aggregate.meter, group_by=(), dimension={}, quantity=rounded, events=events)


def _usage(window: AccountWindow, quantities: Sequence[Quantity], events: Mapping[str, int]) -> AccountUsage:
    """Return what an account used; which of its events no charge prices is not told apart here."""
    metered = {kind: number for kind, number in events.items() if kind in window.metered and number}
    others = {kind: number for kind, number in events.items() if kind not in window.metered and number}
    zero = EventCounts.zero()
    counts = zero.model_copy(
        update={
            "copies": sum(events.values()),
            "metered": sum(metered.values()),
            "orphan": sum(others.values()),
        }
    )
    return AccountUsage(
        account=window.account,
        period=window.period,
        counts=counts,
        metered_types=metered,
        orphan_types=others,
        quantities=tuple(quantities),
    )
