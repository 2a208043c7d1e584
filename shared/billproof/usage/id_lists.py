"""The ids of a run: hashes of what it judged, and the names of the compacted days that hold the others.

    runs/<run>/ids/<bucket>.parquet      identity, day, event, owner of each event that was judged for the run
        its metadata, `compacted`        the compacted days of which no row was judged again

A compacted day is named and not copied: a month has as many ids as events. One that is no longer there (`audit
take-out` removes it) is judged again from the segments of its day.
"""

from collections.abc import Container, Sequence
from pathlib import Path

import duckdb
from pydantic import TypeAdapter

from billproof.errors import NotFound, ObjectUnreadable
from billproof.model import Model
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.chunks import Loading, fetch_all
from billproof.usage.compacted import Compaction, is_named_by
from billproof.usage.judging import judge_copies, load_copies
from billproof.usage.plain_rows import HASHED, Select
from billproof.usage.sql_texts import listed

_WRITE = """
copy (select distinct identity, day, event, owner from ids order by all) to '{path}' (format parquet{metadata})
"""
_METADATA = "select decode(value) from parquet_kv_metadata($file) where decode(key) = 'compacted'"
_COLUMNS = "select column_name from (describe select * from read_parquet($file))"

_JUDGED = "select identity, day, event, owner from read_parquet({paths})"
_OF_BEFORE = "select identity, day, null as event, null as owner from read_parquet({paths})"
_NAMED = """
select identity, cast(time as date) as day, event, hash(account) as owner
from (select account, time, {identities} from read_parquet({paths}) where verdict = 'kept' and is_plain) compact
where {of_accounts}
"""
_NO_LOST = "create or replace temp table lost (account varchar, source varchar, id varchar, day date)"
_LOST = """
insert into lost select account, source, id, cast(day as date) from judged
where verdict = 'kept' and corrects is null and retracts is null
"""
_FROM_LOST = """
select hash(account, source, id) as identity, day, hash(source, id) as event, hash(account) as owner from lost
where {of_accounts}
"""


class NamedDay(Model):
    """A compacted day that holds ids of a run, and the version of DuckDB that hashed them."""

    day: str
    object: str
    engine: str


_DAYS = TypeAdapter(tuple[NamedDay, ...])


def named_day(compaction: Compaction) -> NamedDay:
    """Name a compacted day."""
    return NamedDay(day=compaction.day, object=compaction.object, engine=compaction.engine)


def write_ids(
    database: duckdb.DuckDBPyConnection, objects: Objects, key: str, days: Sequence[NamedDay], folder: Path
) -> None:
    """Store the table `ids` and the compacted days that hold the other ids of a run."""
    path = folder / "ids.parquet"
    text = _DAYS.dump_json(tuple(days)).decode().replace("'", "''")
    database.execute(_WRITE.format(path=path, metadata=f", kv_metadata {{compacted: '{text}'}}" if days else ""))
    objects.put(key, path.read_bytes(), content_type="application/vnd.apache.parquet")


def read_ids(
    database: duckdb.DuckDBPyConnection,
    objects: Objects,
    key: str,
    folder: Path,
    *,
    buckets: Sequence[int],
    is_there: bool,
    accounts: Sequence[str] = (),
    without: Container[str] = (),
) -> Select | None:
    """Return the query of a run's ids (identity, day, event, owner); None where it stored none.

    Of compacted days it has the ids of some `accounts`, or of everyone, `without` those of some objects. Ids of before
    have no event and owner. Raises ObjectUnreadable, where they are gone although the run has some (`is_there`), too.
    """
    path = folder / "ids.parquet"
    try:
        path.write_bytes(objects.get(key))
    except NotFound as error:
        if is_there:
            raise ObjectUnreadable(key) from error
        return None  # an aggregation of before wrote none
    file = {"file": str(path)}
    try:
        is_owned = ("owner",) in database.execute(_COLUMNS, file).fetchall()
    except duckdb.Error as error:
        raise ObjectUnreadable(key) from error
    texts = [(_JUDGED if is_owned else _OF_BEFORE).format(paths=listed([path]))]
    of_accounts = "account in (select unnest($accounts::varchar[]))" if accounts else "true"
    database.execute(_NO_LOST)
    for (text,) in database.execute(_METADATA, file).fetchall():
        days = [day for day in _DAYS.validate_json(text) if day.object not in without]
        texts += _named(database, objects, days, folder, buckets=buckets, of_accounts=of_accounts)
    return Select(" union all ".join(texts), {"accounts": list(accounts)} if accounts and len(texts) > 1 else {})


def _named(
    database: duckdb.DuckDBPyConnection,
    objects: Objects,
    days: Sequence[NamedDay],
    folder: Path,
    *,
    buckets: Sequence[int],
    of_accounts: str,
) -> list[str]:
    """Return the queries of the ids in some compacted days."""
    hashed: dict[str, list[Path]] = {}
    for day in days:
        path = folder / f"{day.day}.parquet"
        try:
            content = objects.get(day.object)
        except NotFound:
            content = b""
        if is_named_by(day.object, content):
            path.write_bytes(content)
            identities = "identity, event" if day.engine == duckdb.__version__ else f"source, id, {HASHED}"
            hashed.setdefault(identities, []).append(path)
        else:
            _judge_again(database, objects, day.day, folder, buckets=buckets)
    texts = [
        _NAMED.format(identities=identities, paths=listed(paths), of_accounts=of_accounts)
        for identities, paths in hashed.items()
    ]
    return [*texts, _FROM_LOST.format(of_accounts=of_accounts)]


def _judge_again(
    database: duckdb.DuckDBPyConnection, objects: Objects, day: str, folder: Path, *, buckets: Sequence[int]
) -> None:
    """Enter the ids of a day into the table `lost`, from its segments."""
    for keys in log.segments_of(objects, buckets, [day]):
        files = fetch_all(objects, keys, folder)
        load_copies(database, list(files.values()), Loading("", [], tells_segments=False))
        judge_copies(database, by_account=True, has_bounds=False)
        database.execute(_LOST)
