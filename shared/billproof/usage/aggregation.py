"""From the log to exact quantities: a pure function of the segments, whatever their order, number or repetition.

One day of one bucket is loaded at a time, since all copies of an event meet there; what is kept of a day is one narrow
row for each event that an account's window holds. Quantities are DECIMAL(38, 15): DuckDB adds those exactly and
refuses an overflow.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from billproof.contracts.model import Aggregation
from billproof.ids import canonical_json
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.model import (
    AccountUsage,
    AggregationPlan,
    AskedAggregate,
    EventCounts,
    Quantity,
    Quarantined,
    Reason,
)

DOWNLOADS_AT_ONCE = 8
MEMORY_LIMIT = "1GB"
"""Past this DuckDB spills to the temporary folder instead of failing."""

_COLUMNS = (
    "{source: 'VARCHAR', id: 'VARCHAR', type: 'VARCHAR', account: 'VARCHAR', time: 'VARCHAR', "
    "received_at: 'VARCHAR', digest: 'VARCHAR', data: 'MAP(VARCHAR, VARCHAR)'}"
)

_LOAD = """
create or replace temp table copies as
select source, id, type, account, time, received_at, digest{properties}
from read_json($files, columns = {columns}, format = 'newline_delimited', compression = 'zstd')
where received_at < $received_before
"""

# Only ids that occur more than once are ranked: the first received is kept, ties broken by content.
_JUDGE = """
create or replace temp table judged as
with repeated as (select source, id from copies group by all having count(*) > 1),
ranked as (
    select *, row_number() over same as place, first_value(digest) over same as kept_digest
    from copies semi join repeated using (source, id)
    window same as (partition by source, id order by received_at, digest, account, time)
)
select * exclude (place, kept_digest),
    case when place = 1 then 'kept' when digest = kept_digest then 'duplicate' else 'conflicting' end as verdict
from ranked
union all
select *, 'kept' as verdict from copies anti join repeated using (source, id)
"""

_KEEP = """
insert into events
select judged.account, type, time, received_at, id, verdict{names}
from judged join windows on judged.account = windows.account
where time >= windows.start_at and time < windows.end_at
"""

_CONFLICTS = """
select account, time, received_at, digest, source, id from judged where verdict = 'conflicting'
order by all
"""

_EVENTS = """
select source, id, type, time, verdict from judged
where account = $account and time >= $start and time < $end
order by time, source, id, verdict
"""

_QUANTITIES = {
    Aggregation.COUNT: "count(*)",
    Aggregation.SUM: "sum(cast({value} as decimal(38, 15)))",
    Aggregation.DISTINCT: "count(distinct {value})",
    Aggregation.MAX: "max(cast({value} as decimal(38, 15)))",
    Aggregation.LATEST: (
        "arg_max(cast({value} as decimal(38, 15)), time || received_at || id) filter ({value} is not null)"
    ),
}


@dataclass(frozen=True, slots=True)
class JudgedEvent:
    """One copy of an event, and whether it was kept, a duplicate or in conflict."""

    source: str
    id: str
    type: str
    time: str
    verdict: str


def aggregate(
    plan: AggregationPlan, *, objects: Objects, conflicts: list[Quarantined] | None = None
) -> list[AccountUsage]:
    """Return what every account of the plan used, by account; accounts without events are there too, with zeros.

    Reads only the log and writes nothing. Conflicting duplicates are added to `conflicts`, if that is given.
    """
    names = _properties(plan.asked)
    with _judged_days(plan, objects, names) as (database, days):
        _prepare(database, plan, names)
        for _ in days:
            database.execute(_KEEP.format(names="".join(f", {column}" for column in names.values())))
            if conflicts is not None:
                conflicts += [_conflict(*row) for row in database.execute(_CONFLICTS).fetchall()]
        return _results(database, plan, names)


def events_of(plan: AggregationPlan, account: str, *, objects: Objects) -> Iterator[JudgedEvent]:
    """Yield every copy of every event in an account's window, as aggregation judged it, by day, time, source and id."""
    window = next(window for window in plan.windows if window.account == account)
    parameters = {"account": account, "start": window.start, "end": window.end}
    with _judged_days(plan, objects, {}) as (database, days):
        for _ in days:
            for row in database.execute(_EVENTS, parameters).fetchall():
                yield JudgedEvent(*row)


@contextmanager
def _judged_days(
    plan: AggregationPlan, objects: Objects, names: dict[str, str]
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Iterator[str]]]:
    """Give a database and its days: each day's turn leaves the table `judged` for that day."""
    with duckdb.connect() as database, tempfile.TemporaryDirectory() as folder:
        database.execute(f"set memory_limit = '{MEMORY_LIMIT}'; set temp_directory = '{folder}/spill'")
        database.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false; set enable_progress_bar = false")

        def days() -> Iterator[str]:
            for day in plan.days:
                files = _fetch(objects, log.usage_prefix(plan.bucket, day), Path(folder))
                if files:
                    _judge_day(database, names, files, plan.received_before)
                    yield day
                for file in files:
                    Path(file).unlink()

        yield database, days()


def _properties(asked: Iterable[AskedAggregate]) -> dict[str, str]:
    """Give each property that is read a column: names come from contracts, so they never become SQL."""
    wanted = {name for ask in asked for name in (ask.value_property, *ask.group_by) if name is not None}
    return {name: f"p{number}" for number, name in enumerate(sorted(wanted))}


def _prepare(database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str]) -> None:
    columns = "".join(f", {column} varchar" for column in names.values())
    database.execute(
        "create temp table events (account varchar, type varchar, time varchar, received_at varchar, id varchar, "
        f"verdict varchar{columns})"
    )
    database.execute("create temp table windows (account varchar, start_at varchar, end_at varchar)")
    rows = [(window.account, window.start, window.end) for window in plan.windows]
    if rows:
        database.executemany("insert into windows values (?, ?, ?)", rows)


def _fetch(objects: Objects, prefix: str, folder: Path) -> list[str]:
    def fetch(numbered: tuple[int, str]) -> str:
        number, key = numbered
        path = folder / f"{number:06d}.ndjson.zst"
        path.write_bytes(objects.get(key))
        return str(path)

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        return list(pool.map(fetch, enumerate(objects.keys(prefix))))


def _judge_day(
    database: duckdb.DuckDBPyConnection, names: dict[str, str], files: Sequence[str], received_before: str
) -> None:
    properties = "".join(f", data[${column}] as {column}" for column in names.values())
    parameters: dict[str, Any] = {"files": list(files), "received_before": received_before}
    parameters |= {column: name for name, column in names.items()}
    database.execute(_LOAD.format(properties=properties, columns=_COLUMNS), parameters)
    database.execute(_JUDGE)


def _conflict(account: str, time: str, received_at: str, digest: str, source: str, event: str) -> Quarantined:
    return Quarantined(
        reason=Reason.CONFLICT,
        detail=f"source {source} sent id {event} before with other content",
        account=account,
        time=time,
        received_at=received_at,
        message_id=f"{source}#{event}#{digest}",
        position=0,
        raw=canonical_json({"source": source, "id": event, "digest": digest}).decode(),
    )


def _results(database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str]) -> list[AccountUsage]:
    tally: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for account, kind, verdict, number in database.execute(
        "select account, type, verdict, count(*) from events group by all"
    ).fetchall():
        tally[account][kind, verdict] = number
    quantities: dict[str, list[Quantity]] = defaultdict(list)
    out_of_range: dict[str, list[str]] = defaultdict(list)
    for asked in plan.asked:
        try:
            for account, quantity in _quantities(database, asked, names):
                quantities[account].append(quantity)
        except duckdb.OutOfRangeException:  # one account's sum is too large: the others are not to suffer
            for window in plan.windows:
                try:
                    mine = [quantity for _, quantity in _quantities(database, asked, names, window.account)]
                except duckdb.OutOfRangeException:
                    out_of_range[window.account].append(asked.meter)
                else:
                    quantities[window.account] += mine
    results = []
    for window in plan.windows:
        found = tally[window.account]
        metered, excluded = set(window.metered_types), set(window.excluded_types)
        kept = {kind: number for (kind, verdict), number in found.items() if verdict == "kept"}
        orphans = {kind: number for kind, number in sorted(kept.items()) if kind not in metered | excluded}
        counts = EventCounts(
            copies=sum(found.values()),
            duplicate=_of(found, "duplicate"),
            conflicting=_of(found, "conflicting"),
            metered=sum(number for kind, number in kept.items() if kind in metered - excluded),
            excluded=sum(number for kind, number in kept.items() if kind in excluded),
            orphan=sum(orphans.values()),
        )
        results.append(
            AccountUsage(
                account=window.account,
                out_of_range=tuple(out_of_range[window.account]),
                counts=counts,
                orphan_types=orphans,
                quantities=tuple(quantities[window.account]),
            )
        )
    return results


def _of(found: dict[tuple[str, str], int], verdict: str) -> int:
    return sum(number for (_, judged), number in found.items() if judged == verdict)


def _quantities(
    database: duckdb.DuckDBPyConnection, asked: AskedAggregate, names: dict[str, str], account_id: str | None = None
) -> list[tuple[str, Quantity]]:
    value = names[asked.value_property] if asked.value_property is not None else "*"
    groups = "".join(f", coalesce({names[name]}, '')" for name in asked.group_by)
    measured = _QUANTITIES[asked.aggregation].format(value=value)
    rows = database.execute(
        f"select account{groups}, {measured}, count(*) from events "  # noqa: S608 - the columns are ours
        "where type = $type and verdict = 'kept' and account = coalesce($account, account) group by all order by all",
        {"type": asked.event_type, "account": account_id},
    ).fetchall()
    return [
        (
            account,
            Quantity(
                meter=asked.meter,
                group_by=asked.group_by,
                dimension=dict(zip(asked.group_by, dimension, strict=True)),
                quantity=Decimal(quantity or 0),
                events=events,
            ),
        )
        for account, *dimension, quantity, events in rows
    ]
