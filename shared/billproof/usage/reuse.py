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

from billproof.errors import ObjectUnreadable
from billproof.ports import Objects
from billproof.usage.id_lists import NamedDay, named_day, read_ids, write_ids
from billproof.usage.log import ids_key
from billproof.usage.model import AggregationPlan
from billproof.usage.plain_rows import PlainRows
from billproof.usage.property_roles import NO_ROLES
from billproof.usage.tallies import ReusedId

MAX_SHOWN = 20
"""Reused ids of a window that are named; the others are counted."""

_TABLES = """
create temp table ids (identity ubigint, day date, event ubigint, owner ubigint);
create temp table compacted_ids (identity ubigint, day date);
create temp table earlier (identity ubigint, day date);
create temp view own_ids as select identity, day from ids union all select identity, day from compacted_ids;
create temp view known as select identity, day from own_ids union all select identity, day from earlier
"""
_IDS = """
insert into ids select hash(account, source, id), day::date, hash(source, id), hash(account) from judged
where verdict = 'kept' and account in (select account from windows){standing}
"""
_STANDING = """ and not exists (
    select 1 from judged later where later.verdict = 'kept' and later.retracts = judged.id
        and later.source = judged.source and later.day = judged.day and later.account = judged.account)
"""
_PLAIN_IDS = """
insert into ids select identity, cast(time as date), event, hash(account) from ({plain})
where verdict = 'kept' and account in (select account from windows)
"""
_EARLIER = "insert into earlier select identity, day from ({ids})"
_COMPACTED_IDS = "insert into compacted_ids select identity, cast(time as date) from ({plain}) where verdict = 'kept'"
_PLAIN_MINE = """(
    select number, source, id, cast(cast(time as date) as varchar) as day, is_whole as counts, verdict
    from ({plain}) plain join spans on spans.account = plain.account where time >= start_at and time < end_at
)"""
# Two steps: nearly always no id occurs twice, and an earlier run knows many of the same days.
_CANDIDATES = """
create or replace temp table twice as select identity from known group by identity having count(*) > 1
"""
_REUSED = """
create or replace temp table reused as
select identity from known semi join twice using (identity) group by identity having min(day) != max(day)
"""
_FOUND = """
select mine.number, mine.source, mine.id, mine.day, min(known.day)::varchar
from {mine} mine join windows on mine.number = windows.number
join own_ids ids on ids.identity = hash(windows.account, mine.source, mine.id) and ids.day = mine.day::date
join known on known.identity = ids.identity and known.day != ids.day
where mine.counts and mine.verdict = 'kept' and ids.identity in (select identity from reused)
group by all order by all
"""


class Reuse:
    """Collects the ids of a plan's accounts while its chunks are judged, and finds those on more than one day."""

    def __init__(self, database: duckdb.DuckDBPyConnection, plan: AggregationPlan, objects: Objects) -> None:
        self._database = database
        self._plan = plan
        self._objects = objects
        self._named: list[NamedDay] = []
        self._found: dict[int, list[ReusedId]] = defaultdict(list)
        self.unreadable: tuple[str, ...] = ()
        if self._is_asked:
            database.execute(_TABLES)

    @property
    def _is_asked(self) -> bool:
        return self._plan.known_ids is not None

    def add(self, rows: PlainRows | None, *, is_corrected: bool) -> None:
        """Take in the ids of the chunk at hand: of the view `judged`, and of the plain rows of compacted days."""
        if not self._is_asked:
            return
        self._database.execute(_IDS.format(standing=_STANDING if is_corrected else ""))
        if rows is None:
            return
        for days, insert in ((rows.touched(), _PLAIN_IDS), (rows.untouched(), _COMPACTED_IDS)):
            if days:
                plain = days.select({}, NO_ROLES)
                self._database.execute(insert.format(plain=plain.text), plain.parameters)
        self._named += map(named_day, rows.untouched().compactions)

    @property
    def has_candidates(self) -> bool:
        """Whether an id is on more than one day, once all chunks were taken in."""
        if not self._is_asked:
            return False
        if self._plan.known_ids:
            self._read_earlier(self._plan.known_ids)
        self._database.execute(_CANDIDATES)
        if not self._database.execute("select 1 from twice limit 1").fetchall():
            return False
        self._database.execute(_REUSED)
        return bool(self._database.execute("select 1 from reused limit 1").fetchall())

    def _read_earlier(self, key: str) -> None:
        """Take in the ids of the run before, but those of compacted days that are at hand."""
        own = {day.object for day in self._named}
        with tempfile.TemporaryDirectory() as folder:
            try:
                ids = read_ids(
                    self._database,
                    self._objects,
                    key,
                    Path(folder),
                    buckets=self._plan.reads,
                    is_there=self._plan.has_known_ids,
                    without=own,
                )
                if ids is not None:
                    self._database.execute(_EARLIER.format(ids=ids.text), ids.parameters)
            except duckdb.Error:  # spoilt: the ids of this run are compared with each other
                self.unreadable = (key,)
            except ObjectUnreadable as error:
                self.unreadable = (error.key,)

    def find(self, rows: PlainRows | None = None) -> None:
        """Find the reused ids of the chunk at hand; the view `mine` must be there, for plain rows the table `spans`."""
        reused = self._database.execute(_FOUND.format(mine="mine")).fetchall()
        if rows is not None:
            plain = rows.select({}, NO_ROLES)
            mine = _PLAIN_MINE.format(plain=plain.text)
            reused += self._database.execute(_FOUND.format(mine=mine), plain.parameters).fetchall()
        for number, source, event, day, other in reused:
            self._found[number].append(ReusedId(source=source, id=event, day=day, other_day=other))

    def of(self, number: int) -> dict[str, object]:
        """Return what the usage of a window says of reused ids: how many, and the first of them."""
        ids = sorted(self._found.get(number, ()), key=lambda reused: (reused.day, reused.source, reused.id))
        return {"reused": len(ids), "reused_ids": tuple(ids[:MAX_SHOWN])} if ids else {}

    def write(self) -> None:
        """Store the ids of this run, for that of the next month."""
        if self._is_asked:
            key = ids_key(self._plan.run, self._plan.bucket)
            with tempfile.TemporaryDirectory() as folder:
                write_ids(self._database, self._objects, key, self._named, Path(folder))
