"""From the log to exact quantities: a pure function of the segments, whatever their order, number or repetition.

Whole days of one bucket are loaded at a time, since all copies of an event meet in its day; what is kept of them is one
narrow row for each event that an account's window holds. Quantities are DECIMAL(38, 15): DuckDB adds those exactly and
refuses an overflow.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from billproof.ids import canonical_json
from billproof.masterdata.meters import Aggregation
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.measuring import Measurer, WindowEdges, condition
from billproof.usage.model import (
    AccountUsage,
    AccountWindow,
    AggregationPlan,
    AskedAggregate,
    DayTally,
    HourTally,
    PartWindow,
    Quarantined,
    Reason,
)
from billproof.usage.readings import Quantity
from billproof.usage.tallying import conditions, tallies

DOWNLOADS_AT_ONCE = 8
CHUNK_BYTES = 8 * 2**20
"""Compressed bytes of whole days that are loaded at once: enough to be worth a query, few enough for the memory."""
UNADDABLE = (duckdb.OutOfRangeException, duckdb.ConversionException)
"""A total too large for any decimal here, or values from before their meter was published that are no quantities."""
NO_TOTAL = "cast(0 as decimal(38, 15))"
MEMORY_LIMIT = "1GB"
"""Past this DuckDB spills to the temporary folder instead of failing."""

_COLUMNS = (
    "{source: 'VARCHAR', id: 'VARCHAR', type: 'VARCHAR', subject: 'VARCHAR', time: 'VARCHAR', "
    "received_at: 'VARCHAR', data: 'JSON', corrects: 'VARCHAR', retracts: 'VARCHAR'}"
)

_LOAD = """
create or replace temp table copies as
select source, id, type, subject as account, time, received_at, corrects, retracts,
    left(time, 10) as day, hash(source, id, left(time, 10)) as identity,
    hash(type, subject, time, data, corrects, retracts) as content{properties}
from read_json($files, columns = {columns}, format = 'newline_delimited', compression = 'zstd')
where received_at < $received_before
"""

# Only ids that occur more than once are ranked: the first received is kept, ties broken by content. They are found by a
# hash; what only shares it is told apart by the window.
_REPEATED = """
create or replace temp table repeated as
with twice as (select identity from copies group by all having count(*) > 1)
select * exclude (kept_content),
    case when place = 1 then 'kept' when content = kept_content then 'duplicate' else 'conflicting' end as verdict
from (
    select *, row_number() over same as place, first_value(content) over same as kept_content
    from copies semi join twice using (identity)
    window same as (partition by source, id, day order by received_at, account, time, content)
)
"""

_JUDGED = """
create or replace temp view judged as
select *, 1 as place, 'kept' as verdict from copies anti join repeated using (identity)
union all select * from repeated
"""

_JUDGED_AS_THEY_ARE = "create or replace temp view judged as select *, 1 as place, 'kept' as verdict from copies"

_MINE = """
create or replace temp view mine as
select windows.number, type, day, {order} as sequence, is_whole and received_at >= after_at as counts, source, id,
    received_at,
    case when received_at >= before_at and verdict = 'kept' then 'late' else verdict end as verdict{names},
    corrects, retracts
from judged join windows on judged.account = windows.account
where time >= windows.start_at and time < windows.end_at
"""

_KEEP = "insert into events select number, type, sequence, counts, verdict{names} from mine"

_HAS_CORRECTIONS = "select count(*) from judged where corrects is not null or retracts is not null"

# Of several corrections of one event the last received stands. One whose event is not there does nothing, and says so.
_KEEP_CORRECTED = """
insert into events
with standing as (select *, coalesce(corrects, retracts) as target from mine where verdict = 'kept'),
fixes as (
    select *, row_number() over (partition by number, source, day, target order by received_at desc, id desc) as place
    from standing where target is not null
),
first as (select * from fixes where place = 1)
select number, type, sequence, counts,
    case
        when verdict != 'kept' then verdict
        when exists (
            select 1 from first f
            where f.number = m.number and f.source = m.source and f.day = m.day and f.target = m.id
        ) or exists (
            select 1 from fixes f
            where f.number = m.number and f.source = m.source and f.day = m.day and f.id = m.id and f.place > 1
        ) then 'corrected'
        when (corrects is not null or retracts is not null) and not exists (
            select 1 from standing s where s.number = m.number and s.source = m.source and s.day = m.day
                and s.id = coalesce(m.corrects, m.retracts)) then 'unmatched'
        when retracts is not null then 'retraction'
        else verdict
    end{names}
from mine m
"""

_CONFLICTS = """
select account, time, received_at, place, source, id from judged where verdict = 'conflicting'
order by all
"""

_EVENTS = """
select source, id, type, time, verdict, coalesce(corrects, retracts) from judged
where account = $account and time >= $start and time < $end
order by time, source, id, verdict
"""

_HOURS = """
select source, left(time, 13) as hour, count(*) as events, {total} as total
from judged where type = $type and verdict = 'kept' and {condition} group by all order by all
"""

_DAYS = """
select source, type as event_type, left(time, 10) as day, count(*) as events
from judged join windows on judged.account = windows.account
where verdict = 'kept' and is_whole and period = $period and time >= start_at and time < end_at
group by all order by all
"""


@dataclass(frozen=True, slots=True)
class JudgedEvent:
    """One copy of an event: was it kept, a duplicate or in conflict, and which event does it correct or retract."""

    source: str
    id: str
    type: str
    time: str
    verdict: str
    names: str | None


@dataclass
class Extras:
    """What aggregation notes besides the usage, for who asks: conflicts to quarantine, and tallies by source."""

    conflicts: list[Quarantined] = field(default_factory=list)
    hours: list[HourTally] = field(default_factory=list)
    days: list[DayTally] = field(default_factory=list)


def aggregate(plan: AggregationPlan, *, objects: Objects, extras: Extras | None = None) -> list[AccountUsage]:
    """Return what every window of the plan holds, in their order; those without events are there too, with zeros.

    Reads only the log and writes nothing. Conflicting duplicates and tallies are added to `extras`, if that is given.
    """
    names = _properties(plan)
    with _judged_chunks(plan, objects, names) as (database, chunks):
        _prepare(database, plan, names)
        columns = "".join(f", {column}" for column in names.values())
        order = "time || received_at || id || source" if any(map(_needs_order, plan.asked)) else "null"
        for _ in chunks:
            (corrections,) = database.execute(_HAS_CORRECTIONS).fetchall()[0]
            database.execute(_MINE.format(names=columns, order=order))
            database.execute((_KEEP_CORRECTED if corrections else _KEEP).format(names=columns))
            if extras is not None:
                extras.conflicts += [_conflict(*row) for row in database.execute(_CONFLICTS).fetchall()]
                extras.hours += _hours(database, plan, names)
                extras.days += [DayTally(**row) for row in _rows(database, _DAYS, {"period": plan.period})]
        return _results(database, plan, names)


def _needs_order(asked: AskedAggregate) -> bool:
    by_time = asked.aggregation in {Aggregation.LATEST, Aggregation.WEIGHTED_SUM}
    return by_time or asked.reading.by_day or asked.reading.transactions is not None


def events_of(plan: AggregationPlan, account: str, *, objects: Objects) -> Iterator[JudgedEvent]:
    """Yield every copy of every event in an account's windows, as it was judged, by day, time, source and id."""
    windows = [window for window in plan.windows if window.account == account]
    with _judged_chunks(plan, objects, {}) as (database, chunks):
        for _ in chunks:
            for window in windows:
                parameters = {"account": account, "start": window.start, "end": window.end}
                for row in database.execute(_EVENTS, parameters).fetchall():
                    yield JudgedEvent(*row)


@contextmanager
def _judged_chunks(
    plan: AggregationPlan, objects: Objects, names: dict[str, str]
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Iterator[int]]]:
    """Give a database and chunks of whole days: each chunk's turn leaves the view `judged` for its days."""
    with duckdb.connect() as database, tempfile.TemporaryDirectory() as folder:
        database.execute(f"set memory_limit = '{MEMORY_LIMIT}'; set temp_directory = '{folder}/spill'")
        database.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false; set enable_progress_bar = false")

        def chunks() -> Iterator[int]:
            files: list[Path] = []
            for keys in (*log.segments_of(objects, plan.bucket, plan.days), None):
                files += _fetch(objects, keys or [], Path(folder))
                is_full = sum(file.stat().st_size for file in files) >= CHUNK_BYTES
                if files and (is_full or keys is None):
                    _judge(database, names, files, plan.received_before)
                    yield len(files)
                    for file in files:
                        file.unlink()
                    files = []

        yield database, chunks()


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


def _rows(database: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = database.execute(query, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _properties(plan: AggregationPlan) -> dict[str, str]:
    """Give each property that is read a column: names come from contracts, so they never become SQL."""
    wanted = {name for where in conditions(plan) for name in where}
    for asked in (*plan.asked, *plan.stated):
        named = (asked.value_property, asked.price_property, *asked.reading.group_by, *asked.where)
        wanted |= {name for name in named if name is not None}
    return {name: f"p{number}" for number, name in enumerate(sorted(wanted))}


def _edges(plan: AggregationPlan) -> list[tuple[AccountWindow, WindowEdges]]:
    """Return the windows by their numbers: first the whole ones in their order, then their parts."""
    whole = [(window, WindowEdges("", window.start, window.end, window.days)) for window in plan.windows]
    parts = [
        (window, WindowEdges(part.name, part.start, part.end, _within(window.days, part)))
        for window in plan.windows
        for part in window.parts
    ]
    return [*whole, *parts]


def _within(days: tuple[str, ...], part: PartWindow) -> tuple[str, ...]:
    return tuple(day for day in days if part.start <= day <= part.end)


def _prepare(database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str]) -> None:
    columns = "".join(f", {column} varchar" for column in names.values())
    database.execute(
        "create temp table events (number integer, type varchar, sequence varchar, counts boolean, "
        f"verdict varchar{columns})"
    )
    database.execute(
        "create temp table windows (number integer, period varchar, account varchar, start_at varchar, end_at varchar, "
        "after_at varchar, before_at varchar, is_whole boolean)"
    )
    rows = [
        (number, window.period, window.account, edges.start, edges.end, window.after, window.before, not edges.part)
        for number, (window, edges) in enumerate(_edges(plan))
    ]
    if rows:
        database.executemany("insert into windows values (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _fetch(objects: Objects, keys: Sequence[str], folder: Path) -> list[Path]:
    def fetch(key: str) -> Path:
        path = folder / key.replace("/", "-")
        path.write_bytes(objects.get(key))
        return path

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        return list(pool.map(fetch, keys))


def _judge(
    database: duckdb.DuckDBPyConnection, names: dict[str, str], files: Sequence[Path], received_before: str
) -> None:
    properties = "".join(f", data->>${column} as {column}" for column in names.values())
    parameters: dict[str, Any] = {"files": [str(file) for file in files], "received_before": received_before}
    parameters |= {column: _pointer(name) for name, column in names.items()}
    database.execute(_LOAD.format(properties=properties, columns=_COLUMNS), parameters)
    database.execute(_REPEATED)
    (repeated,) = database.execute("select count(*) from repeated").fetchall()[0]
    database.execute(_JUDGED if repeated else _JUDGED_AS_THEY_ARE)


def _pointer(name: str) -> str:
    """Write a property's name as a JSON pointer (RFC 6901), so that no name reads as a path."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _conflict(account: str, time: str, received_at: str, place: int, source: str, event: str) -> Quarantined:
    return Quarantined(
        reason=Reason.CONFLICT,
        detail=f"source {source} sent id {event} before with other content",
        account=account,
        time=time,
        received_at=received_at,
        message_id=f"{source}#{event}#{received_at}",
        position=place,
        raw=canonical_json({"source": source, "id": event, "copy": place}).decode(),
    )


def _results(database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str]) -> list[AccountUsage]:
    edges = _edges(plan)
    owners = {window.account + window.period: number for number, window in enumerate(plan.windows)}
    owner = [owners[window.account + window.period] for window, _ in edges]
    measurer = Measurer(database, names, [each for _, each in edges])
    quantities: dict[int, list[Quantity]] = defaultdict(list)
    out_of_range: dict[int, list[str]] = defaultdict(list)
    for asked in plan.asked:
        try:
            found = measurer.quantities(asked)
        except UNADDABLE:  # one account's values cannot be added up: the others are not to suffer
            found = []
            for number in range(len(edges)):
                try:
                    found += measurer.quantities(asked, number)
                except UNADDABLE:
                    if asked.meter not in out_of_range[owner[number]]:
                        out_of_range[owner[number]].append(asked.meter)
        for number, quantity in found:
            quantities[owner[number]].append(quantity)
    counted = tallies(database, plan, names)
    return [
        AccountUsage(
            account=window.account,
            period=window.period,
            out_of_range=tuple(out_of_range[number]),
            counts=counted[number].counts,
            metered_types=counted[number].metered,
            orphan_types=counted[number].orphan,
            quantities=tuple(quantities[number]),
        )
        for number, window in enumerate(plan.windows)
    ]
