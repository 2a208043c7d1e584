"""Ids that an account's source used on more than one day: two events, where the source meant one or made a mistake.

    January    5th: id 7        20th: id 7        found by the run of January
    February   3rd: id 7                          found by the run of February: it knows the ids of January

Copies of an event are compared within their day, so the same id on another day is another event: it counts, and the
invoice is held, unless one of both is retracted. The ids of a run are kept as hashes of account, source and id, with
their days. The same id of another account is another event: once all buckets are counted, shared_ids.py reports it.
"""

import tempfile
from collections import defaultdict
from pathlib import Path

import duckdb

from billproof.errors import NotFound
from billproof.ports import Objects
from billproof.usage.log import ids_key
from billproof.usage.model import AggregationPlan, ReusedId
from billproof.usage.plain_rows import Select

MAX_SHOWN = 20
"""Reused ids of a window that are named; the others are counted."""

_TABLES = """
create temp table ids (identity ubigint, day date, event ubigint, owner ubigint);
create temp table earlier (identity ubigint, day date)
"""
_IDS = """
insert into ids select distinct hash(account, source, id), day::date, hash(source, id), hash(account) from judged
where verdict = 'kept' and account in (select account from windows) and not exists (
    select 1 from judged later where later.verdict = 'kept' and later.retracts = judged.id
        and later.source = judged.source and later.day = judged.day and later.account = judged.account)
"""
_PLAIN_IDS = """
insert into ids select identity, cast(time as date), event, hash(account) from ({plain})
where verdict = 'kept' and account in (select account from windows)
"""
_PLAIN_MINE = """(
    select number, source, id, cast(cast(time as date) as varchar) as day, is_whole as counts, verdict
    from ({plain}) plain join spans on spans.account = plain.account where time >= start_at and time < end_at
)"""
_CANDIDATES = """
create or replace temp table reused as
with known as (select identity, day from ids union all select * from earlier)
select identity from known group by identity having count(*) > 1
"""
_FOUND = """
select mine.number, mine.source, mine.id, mine.day, min(known.day)::varchar
from {mine} mine join windows on mine.number = windows.number
join ids on ids.identity = hash(windows.account, mine.source, mine.id) and ids.day = mine.day::date
join (select identity, day from ids union all select * from earlier) known
    on known.identity = ids.identity and known.day != ids.day
where mine.counts and mine.verdict = 'kept' and ids.identity in (select identity from reused)
group by all order by all
"""
_WRITE = "copy (select distinct identity, day, event, owner from ids order by all) to '{path}' (format parquet)"


class Reuse:
    """Collects the ids of a plan's accounts while its chunks are judged, and finds those on more than one day."""

    def __init__(self, database: duckdb.DuckDBPyConnection, plan: AggregationPlan, objects: Objects) -> None:
        self._database = database
        self._plan = plan
        self._objects = objects
        self._found: dict[int, list[ReusedId]] = defaultdict(list)
        if self._is_asked:
            database.execute(_TABLES)
            self._read_earlier()

    @property
    def _is_asked(self) -> bool:
        return self._plan.known_ids is not None

    def _read_earlier(self) -> None:
        if not self._plan.known_ids:
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ids.parquet"
            try:
                path.write_bytes(self._objects.get(self._plan.known_ids))
            except NotFound:  # an aggregation of before wrote none
                return
            self._database.execute("insert into earlier select identity, day from read_parquet(?)", [str(path)])

    def add(self, plain: Select | None = None) -> None:
        """Take in the ids of the chunk at hand: of the view `judged`, and of the plain rows of compacted days."""
        if self._is_asked:
            self._database.execute(_IDS)
            if plain is not None:
                self._database.execute(_PLAIN_IDS.format(plain=plain.text), plain.parameters)

    @property
    def has_candidates(self) -> bool:
        """Whether an id is on more than one day, once all chunks were taken in."""
        if not self._is_asked:
            return False
        self._database.execute(_CANDIDATES)
        return bool(self._database.execute("select 1 from reused limit 1").fetchall())

    def find(self, plain: Select | None = None) -> None:
        """Find the reused ids of the chunk at hand; the view `mine` must be there, for plain rows the table `spans`."""
        rows = self._database.execute(_FOUND.format(mine="mine")).fetchall()
        if plain is not None:
            mine = _PLAIN_MINE.format(plain=plain.text)
            rows += self._database.execute(_FOUND.format(mine=mine), plain.parameters).fetchall()
        for number, source, event, day, other in rows:
            self._found[number].append(ReusedId(source=source, id=event, day=day, other_day=other))

    def of(self, number: int) -> dict[str, object]:
        """Return what the usage of a window says of reused ids: how many, and the first of them."""
        ids = sorted(self._found.get(number, ()), key=lambda reused: (reused.day, reused.source, reused.id))
        return {"reused": len(ids), "reused_ids": tuple(ids[:MAX_SHOWN])} if ids else {}

    def write(self) -> None:
        """Store the ids of this run, for that of the next month."""
        if not self._is_asked:
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ids.parquet"
            self._database.execute(_WRITE.format(path=path))
            key = ids_key(self._plan.run, self._plan.bucket)
            self._objects.put(key, path.read_bytes(), content_type="application/vnd.apache.parquet")
