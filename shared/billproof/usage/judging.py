"""Judging the events of one bucket, whole days at a time: kept, duplicate or conflicting.

Whole days are loaded together, since all copies of an event meet in its day.
"""

import tempfile
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from billproof.ids import canonical_json
from billproof.ports import Objects
from billproof.store_keys import event_copy_key
from billproof.usage.manifests import seen_by, segments_of
from billproof.usage.model import AFTER_ALL, AggregationPlan, Quarantined, Reason

DOWNLOADS_AT_ONCE = 8
CHUNK_BYTES = 8 * 2**20
"""Compressed bytes of whole days that are loaded at once: enough to be worth a query, few enough for the memory."""
MEMORY_LIMIT = "1GB"
"""Past this DuckDB spills to the temporary folder instead of failing."""

_COLUMNS = (
    "{source: 'VARCHAR', id: 'VARCHAR', type: 'VARCHAR', subject: 'VARCHAR', time: 'VARCHAR', "
    "received_at: 'VARCHAR', position: 'INTEGER', data: 'JSON', corrects: 'VARCHAR', retracts: 'VARCHAR'}"
)

_LOAD = """
create or replace temp table copies as
select source, id, type, subject as account, time, received_at, coalesce(position, 0) as position, corrects, retracts,
    left(time, 10) as day, hash(source, id, left(time, 10){owner}) as identity,
    hash(type, subject, time, data, corrects, retracts) as content, {segment} as segment{properties}
from read_json($files, columns = {columns}, format = 'newline_delimited', compression = 'zstd'{named}){joined}
where received_at < $received_before
"""

_SEGMENT = {"segment": "number", "named": ", filename = true", "joined": " join files on filename = path"}
_NO_SEGMENT = {"segment": "0", "named": "", "joined": ""}
"""Which segment a copy lies in is asked only where an earlier run's list tells copies apart."""

# Only ids that occur more than once are ranked: the first received is kept, ties broken by content. They are found by a
# hash; what only shares it is told apart by the window. What came after an account's invoice is ranked after what it
# was made from: a copy that was received first and written later changes no invoice that is released.
_REPEATED = """
create or replace temp table repeated as
with twice as (select identity from copies group by all having count(*) > 1)
select * exclude (kept_content),
    case when place = 1 then 'kept' when content = kept_content then 'duplicate' else 'conflicting' end as verdict
from (
    select *, row_number() over same as place, first_value(content) over same as kept_content
    from copies semi join twice using (identity)
    window same as (
        partition by source, id, day{owner} order by {is_after}, received_at, position, account, time, content)
)
"""

_IS_AFTER = """exists (
    select 1 from bounds where bounds.account = copies.account and not exists (
        select 1 from seen where seen.segment = copies.segment and seen.list = bounds.list))"""

_JUDGED = """
create or replace temp view judged as
select *, 1 as place, 'kept' as verdict from copies anti join repeated using (identity)
union all select * from repeated
"""

_JUDGED_AS_THEY_ARE = "create or replace temp view judged as select *, 1 as place, 'kept' as verdict from copies"

_CONFLICTS = """
select account, time, received_at, place, source, id from judged where verdict = 'conflicting'
order by all
"""

_EVENTS = """
select source, id, type, time, verdict, coalesce(corrects, retracts) from judged
where account = $account and time >= $start and time < $end
order by time, source, id, verdict
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


@contextmanager
def judged_chunks(
    plan: AggregationPlan, objects: Objects, names: dict[str, str], *, without: Container[str] = ()
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Callable[[], Iterator[int]]]]:
    """Give a database and what yields chunks of whole days: each leaves the view `judged` for its days.

    A proof names the segments that are no longer there, and goes on `without` them.
    """
    with duckdb.connect() as database, tempfile.TemporaryDirectory() as folder:
        database.execute(f"set memory_limit = '{MEMORY_LIMIT}'; set temp_directory = '{folder}/spill'")
        database.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false; set enable_progress_bar = false")

        lists = Lists(plan, objects)
        lists.prepare(database)

        def chunks() -> Iterator[int]:
            files: dict[str, Path] = {}
            for keys in (*segments_of(plan, objects), None):
                files |= _fetch(objects, [key for key in keys or () if key not in without], Path(folder))
                is_full = sum(file.stat().st_size for file in files.values()) >= CHUNK_BYTES
                if files and (is_full or keys is None):
                    lists.enter(database, files)
                    _judge(database, plan, names, list(files.values()), lists)
                    yield len(files)
                    for file in files.values():
                        file.unlink()
                    files = {}

        yield database, chunks


def events_of(plan: AggregationPlan, account: str, *, objects: Objects) -> Iterator[JudgedEvent]:
    """Yield every copy of every event in an account's windows, as it was judged, by day, time, source and id."""
    windows = [window for window in plan.windows if window.account == account]
    with judged_chunks(plan, objects, {}) as (database, chunks):
        for _ in chunks():
            for window in windows:
                parameters = {"account": account, "start": window.start, "end": window.end}
                for row in database.execute(_EVENTS, parameters).fetchall():
                    yield JudgedEvent(*row)


def list_numbers(plan: AggregationPlan) -> dict[str, int]:
    """Give the lists of earlier runs that the windows of a plan name a number each."""
    named = {name for window in plan.windows for name in (window.after_manifest, window.before_manifest)}
    return {key: number for number, key in enumerate(sorted(named - {""}))}


class Lists:
    """The lists of earlier runs that a plan's windows name, by number, and the segments at hand that they hold.

    seen(segment, list)      bounds(account, list): what the account's released invoice was made from
    """

    def __init__(self, plan: AggregationPlan, objects: Objects) -> None:
        self._numbers = list_numbers(plan)
        self._segments = {key: seen_by(objects, plan.bucket, key) for key in self._numbers}
        self._bounds = {
            (window.account, self._numbers[window.before_manifest]) for window in plan.windows if window.before_manifest
        }

    @property
    def are_named(self) -> bool:
        """Whether any window names a list."""
        return bool(self._numbers)

    @property
    def have_bounds(self) -> bool:
        """Whether an account's invoice is released, so that what came after it ranks behind."""
        return bool(self._bounds)

    def prepare(self, database: duckdb.DuckDBPyConnection) -> None:
        """Make the tables."""
        database.execute("create temp table files (path varchar, number integer)")
        database.execute("create temp table seen (segment integer, list integer)")
        database.execute("create temp table bounds (account varchar, list integer)")
        if self._bounds:
            accounts, numbers = zip(*sorted(self._bounds), strict=True)
            database.execute("insert into bounds select unnest(?), unnest(?)", [list(accounts), list(numbers)])

    def enter(self, database: duckdb.DuckDBPyConnection, files: Mapping[str, Path]) -> None:
        """Enter the segments at hand, and which list holds which."""
        if not self.are_named:
            return
        database.execute("delete from files; delete from seen")
        paths = [str(path) for path in files.values()]
        database.execute("insert into files select unnest(?), unnest(?)", [paths, list(range(len(paths)))])
        pairs = [
            (segment, number)
            for segment, key in enumerate(files)
            for manifest, number in self._numbers.items()
            if key in self._segments[manifest]
        ]
        if pairs:
            segments, numbers = zip(*pairs, strict=True)
            database.execute("insert into seen select unnest(?), unnest(?)", [list(segments), list(numbers)])


def _fetch(objects: Objects, keys: Sequence[str], folder: Path) -> dict[str, Path]:
    def fetch(key: str) -> Path:
        path = folder / key.replace("/", "-")
        path.write_bytes(objects.get(key))
        return path

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        return dict(zip(keys, pool.map(fetch, keys), strict=True))


def _judge(
    database: duckdb.DuckDBPyConnection,
    plan: AggregationPlan,
    names: dict[str, str],
    files: Sequence[Path],
    lists: Lists,
) -> None:
    properties = "".join(f", data->>${column} as {column}" for column in names.values())
    received_before = AFTER_ALL if plan.manifest else plan.received_before
    parameters: dict[str, Any] = {"files": [str(file) for file in files], "received_before": received_before}
    parameters |= {column: _pointer(name) for name, column in names.items()}
    segment = _SEGMENT if lists.are_named else _NO_SEGMENT
    by_account = plan.known_ids is not None  # before, an id was shared by the accounts of a bucket
    owner = ", subject" if by_account else ""
    database.execute(_LOAD.format(properties=properties, columns=_COLUMNS, owner=owner, **segment), parameters)
    owner = ", account" if by_account else ""
    database.execute(_REPEATED.format(owner=owner, is_after=_IS_AFTER if lists.have_bounds else "false"))
    (repeated,) = database.execute("select count(*) from repeated").fetchall()[0]
    database.execute(_JUDGED if repeated else _JUDGED_AS_THEY_ARE)


def _pointer(name: str) -> str:
    """Write a property's name as a JSON pointer (RFC 6901), so that no name reads as a path."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def conflicts(database: duckdb.DuckDBPyConnection) -> list[Quarantined]:
    """Return the events of the days at hand that another one of the same source and id contradicts."""
    return [_conflict(*row) for row in database.execute(_CONFLICTS).fetchall()]


def _conflict(account: str, time: str, received_at: str, place: int, source: str, event: str) -> Quarantined:
    return Quarantined(
        reason=Reason.CONFLICT,
        detail=f"source {source} sent id {event} before with other content",
        account=account,
        time=time,
        received_at=received_at,
        message_id=event_copy_key(source, event, received_at),
        position=place,
        raw=canonical_json({"source": source, "id": event, "copy": place}).decode(),
    )
