"""Compacting a bucket and day: its segments become one Parquet object, judged, corrected, typed and sorted by account.

    segments -> copies -> judged (kept, duplicate, conflicting) -> standing (corrected, retraction, unmatched)

A row is a copy. `standing` says what became of it where the whole day is looked at, which is what analysts want: a row
counts where it is `kept`. A run looks at windows of accounts, whose edges may cut a day, so it judges again where an
account corrects, retracts or contradicts an event of the day (`is_plain` is false). `data` keeps what no column holds.
"""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import duckdb

from billproof.errors import InvalidInput
from billproof.masterdata.meters import Meter
from billproof.model import Model
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.buckets import BucketSpread, whole
from billproof.usage.chunks import Loading, fetch_all, property_texts
from billproof.usage.compacted import PARQUET, Compaction, PropertyColumns, object_key, write_compaction
from billproof.usage.correcting import keep_standing
from billproof.usage.databases import opened
from billproof.usage.earlier_lists import number_files
from billproof.usage.judging import judge_copies, load_copies
from billproof.usage.keys import SegmentKey
from billproof.usage.rollups import rolled_up, rollup_key
from billproof.usage.sql_texts import TIME_LETTERS, quantity_of

ROWS_OF_A_GROUP = 8_192
"""Rows that a reader of one account reads at least: fewer cost whoever reads them all."""

_TYPED = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""Names of properties that name columns; what others hold is in `data`."""

_READABLE = """
select count(*), coalesce(bool_and(length(time) = {letters} and length(received_at) = {letters}), true){complete}
from copies
"""

_MIXED = """
create temp table mixed as
select distinct account from copies where corrects is not null or retracts is not null
union select account from repeated where verdict = 'conflicting'
"""

_NUMBERED = """
create temp table numbered as
select judged.*, row_number() over () as row from judged semi join mixed using (account)
"""

# The view that keep_standing reads: an account is a window, its events are told apart by their rows.
_MINE = """
create temp view mine as
select dense_rank() over (order by account) as number, type, '' as sequence, true as counts, source, id, day,
    received_at, position, verdict, row, corrects, retracts
from numbered
"""
_EVENTS = (
    "create temp table events (number integer, type varchar, sequence varchar, counts boolean, verdict varchar, "
    "row bigint)"
)

_COLUMNS = "account, time, type, source, id, received_at, position, segment, corrects, retracts, data"

_PLAIN = """
create temp view rows as select {columns}{names}, verdict, verdict as standing, true as is_plain from judged
"""
_ROWS = """
create temp view rows as
select {columns}{names}, verdict, verdict as standing, true as is_plain from judged anti join mixed using (account)
union all
select {columns}{names}, verdict, became as standing, false as is_plain
from numbered join (select row, verdict as became from events) using (row)
"""

_WRITE = """
copy (
    select account, cast(left(time, 26) as timestamp) as time, type, source, id, standing, verdict, is_plain,
        cast(left(received_at, 26) as timestamp) as received_at, position, segment, corrects, retracts,
        hash(account, source, id) as identity,
        hash(source, id) as event, cast(data as varchar) as data{typed}
    from rows order by account, time, identity, segment, position
) to '{path}' (format parquet, compression zstd, compression_level 1, row_group_size {rows})
"""


class DayOutcome(StrEnum):
    """What became of a bucket and day."""

    COMPACTED = "compacted"
    EMPTY = "empty"


class Compacted(Model):
    """What became of a bucket and day; it is empty where it has no segments."""

    bucket: int
    day: str
    outcome: DayOutcome
    segments: int
    copies: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class TypedProperty:
    """A property that meters read: as text, as a quantity, or both."""

    name: str
    is_text: bool
    is_quantity: bool


def typed_properties(meters: Iterable[Meter]) -> list[TypedProperty]:
    """Return the properties that some meters read; of names that differ in case only, the first alone has columns."""
    texts: set[str] = set()
    quantities: set[str] = set()
    for meter in meters:
        texts |= meter.where.keys()
        read = {name for name in (meter.value_property, meter.price_property) if name is not None}
        (quantities if meter.is_numeric else texts).update(read)
    named: dict[str, str] = {}
    for name in sorted(texts | quantities):
        if _TYPED.fullmatch(name):
            named.setdefault(name.lower(), name)
    return [TypedProperty(name, name in texts, name in quantities) for name in named.values()]


def compact_day(
    bucket: int, day: str, *, objects: Objects, meters: Iterable[Meter], spread: BucketSpread | None = None
) -> Compacted:
    """Compact the segments that a bucket and day hold now, and say so; the same segments give the same object.

    Of a log that has grown, those of older buckets are taken in as well, as far as they are of the bucket's accounts.

    Raises InvalidInput where a row's times are not as ingestion writes them, and ObjectUnreadable where a segment does
    not read: the day is read from its segments, then.
    """
    spread = spread or whole()
    segments = [key for keys in log.segments_of(objects, (bucket, *spread.older), [day]) for key in keys]
    if not segments:
        return Compacted(bucket=bucket, day=day, outcome=DayOutcome.EMPTY, segments=0, copies=0)
    meters = list(meters)
    properties = typed_properties(meters)
    wheres = {name for meter in meters for name in meter.where}
    with opened(is_alone=True) as (database, folder):
        copies, complete = _load(database, fetch_all(objects, segments, folder), properties, spread)
        judge_copies(database, by_account=True, has_bounds=False)
        is_settled = _correct(database, properties)
        path = folder / "day.parquet"
        columns = list(zip(properties, complete, strict=True))
        database.execute(_WRITE.format(path=path, rows=ROWS_OF_A_GROUP, typed=_typed_sql(properties)))
        content = path.read_bytes()
        rollup = _rolled_up(database, folder, properties, wheres)
        (again,) = database.execute("select count(*) from repeated where verdict != 'kept'").fetchall()[0]
    key = object_key(bucket, day, content)
    objects.put(key, content, content_type=PARQUET)
    named = rollup_key(bucket, day, rollup) if rollup else ""
    if rollup:
        objects.put(named, rollup, content_type=PARQUET)
    compaction = Compaction(
        bucket=bucket,
        day=day,
        object=key,
        segments=tuple(SegmentKey.parse(segment).name_in(bucket) for segment in segments),
        copies=copies,
        events=copies - again,
        engine=duckdb.__version__,
        settled=is_settled,
        properties=tuple(_columns(typed, is_complete=is_complete) for typed, is_complete in columns),
        rollup=named,
    )
    written = write_compaction(objects, compaction)
    return Compacted(
        bucket=bucket, day=day, outcome=DayOutcome.COMPACTED, segments=len(segments), copies=copies, key=written
    )


def _rolled_up(
    database: duckdb.DuckDBPyConnection, folder: Path, properties: Sequence[TypedProperty], wheres: Container[str]
) -> bytes:
    """Roll the day up by account and hour: what is measured, and what conditions ask for."""
    measured = [(typed.name, f"q{number}") for number, typed in enumerate(properties) if typed.is_quantity]
    asked_for = [(typed.name, f"p{number}") for number, typed in enumerate(properties) if typed.name in wheres]
    return rolled_up(database, folder / "day.rollup", measured=measured, wheres=asked_for)


def _load(
    database: duckdb.DuckDBPyConnection,
    files: dict[str, Path],
    properties: Sequence[TypedProperty],
    spread: BucketSpread,
) -> tuple[int, list[bool]]:
    """Load some segments; return how many copies there are, and whether each property's texts are all quantities."""
    number_files(database, list(files.values()))
    names = [typed.name for typed in properties]
    texts = property_texts(names)
    columns = "".join(f", {text} as p{number}" for number, text in enumerate(texts))
    columns += "".join(
        f", {quantity_of(texts[number])} as q{number}" for number, typed in enumerate(properties) if typed.is_quantity
    )
    load_copies(database, list(files.values()), Loading(f", data{columns}", names, spread=spread))
    complete = "".join(
        f", coalesce(bool_and(p{number} is null or q{number} is not null), true)" if typed.is_quantity else ", false"
        for number, typed in enumerate(properties)
    )
    copies, is_readable, *are_complete = database.execute(
        _READABLE.format(letters=TIME_LETTERS, complete=complete)
    ).fetchall()[0]
    if not is_readable:
        message = "a row of a segment has a time that is no instant as ingestion writes it"
        raise InvalidInput(message)
    return copies, are_complete


def _correct(database: duckdb.DuckDBPyConnection, properties: Sequence[TypedProperty]) -> bool:
    """Leave the view `rows`: what is judged, with what became of it; say whether no account corrects anything."""
    names = "".join(
        f", p{number}" + (f", q{number}" if typed.is_quantity else "") for number, typed in enumerate(properties)
    )
    database.execute(_MIXED)
    (mixed,) = database.execute("select count(*) from mixed").fetchall()[0]
    if mixed:
        for statement in (_NUMBERED, _MINE, _EVENTS):
            database.execute(statement)
        keep_standing(database, ", row", finds_circles=True)
    database.execute((_ROWS if mixed else _PLAIN).format(columns=_COLUMNS, names=names))
    return not mixed


def _typed_sql(properties: Sequence[TypedProperty]) -> str:
    columns = ""
    for number, typed in enumerate(properties):
        named = _columns(typed, is_complete=True)
        columns += f', p{number} as "{named.text}"' if named.text else ""
        columns += f', q{number} as "{named.quantity}"' if named.quantity else ""
    return columns


def _columns(typed: TypedProperty, *, is_complete: bool) -> PropertyColumns:
    name = typed.name.lower()
    return PropertyColumns(
        name=typed.name,
        text=f"text_{name}" if typed.is_text else "",
        quantity=f"quantity_{name}" if typed.is_quantity else "",
        complete=is_complete,
        strict=True,
    )
