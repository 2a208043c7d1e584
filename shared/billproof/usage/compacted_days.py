"""Reading compacted days in place of their segments: which days, and whose rows have to be judged again.

    the list of a run        compacted with A B C        newer: D, with events of account y
    rows of x                taken as they were judged
    rows of y                loaded from both, and judged together, as from segments

Judged again are, of each day, the accounts in newer segments, those that correct, retract or contradict an event, and
those whose windows an earlier run bounds: what such an account's copies come to depends on more than the day holds.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from billproof.errors import NotFound
from billproof.ports import Objects
from billproof.usage.compacted import Compaction, read_compaction
from billproof.usage.manifests import compacted_in
from billproof.usage.model import AFTER_ALL, AccountWindow, AggregationPlan
from billproof.usage.plain_rows import PlainRows
from billproof.usage.sql_texts import TIME_LETTERS, as_text, listed

READ_AT_ONCE = 16
"""Compactions that are read side by side: each is small, and a store takes its time for it."""

_COMPACTED = """
create or replace temp table compacted as
select unnest($paths::varchar[]) as path, cast(unnest($days::varchar[]) as date) as day,
    unnest($firsts::integer[]) as first
"""

_TOUCHED = """
create or replace temp table touched as
select distinct account, cast(day as date) as day from copies where cast(day as date) in (select day from compacted)
union select distinct account, compacted.day from compacted, (select unnest($bounded::varchar[]) as account)
"""
_MIXED = """
insert into touched
select distinct account, cast(time as date) from read_parquet({paths}) where not is_plain
"""

_AGAIN = """
insert into copies by name
select source, id, type, account, {time} as time, {received_at} as received_at, position, corrects, retracts,
    strftime(cast(time as date), '%Y-%m-%d') as day,
    hash(source, id, strftime(cast(time as date), '%Y-%m-%d'), account) as identity,
    hash(type, account, {time}, data, corrects, retracts) as content, {segment} as segment{properties}
from read_parquet({paths}, union_by_name = true, filename = true) rows join compacted on path = filename
where exists (select 1 from touched where touched.account = rows.account and touched.day = compacted.day)
"""


@dataclass(frozen=True, slots=True)
class CompactedFile:
    """A compacted day in a file, and the number of its first segment."""

    compaction: Compaction
    path: Path
    first: int


class CompactedDays:
    """The days of a plan that are read as they were compacted; none in plans of before, which judge otherwise.

    None either where crosswalks say whose usage is: compaction judged it by the ids that it came with.
    """

    def __init__(self, plan: AggregationPlan, objects: Objects) -> None:
        self._keys: Mapping[str, str] = {}
        if plan.manifest and plan.known_ids is not None and not plan.spread.has_owners and _have_instants(plan):
            self._keys = compacted_in(objects, plan.manifest)
        self._read = _read_all({day: self._keys[day] for day in plan.days if day in self._keys}, objects)
        self._accounts = sorted({window.account for window in plan.windows})
        self._bounded = sorted({window.account for window in plan.windows if is_bounded(window)})

    def __bool__(self) -> bool:
        """Say whether any day is compacted."""
        return bool(self._keys)

    def of(self, day: str, segments: Sequence[str]) -> Compaction | None:
        """Return the compaction of a day that covers no segment but those listed; None: read its segments."""
        compaction = self._read.get(day)
        return compaction if compaction is not None and set(compaction.keys) <= set(segments) else None

    def enter(
        self,
        database: duckdb.DuckDBPyConnection,
        files: Sequence[CompactedFile],
        *,
        properties: str,
        pointers: Mapping[str, Sequence[str]],
        tells_segments: bool,
    ) -> PlainRows:
        """Add to the table `copies` the rows of some days that are judged again, and return the others."""
        paths, days, firsts = zip(*((str(file.path), file.compaction.day, file.first) for file in files), strict=True)
        database.execute(_COMPACTED, {"paths": list(paths), "days": list(days), "firsts": list(firsts)})
        database.execute(_TOUCHED, {"bounded": self._bounded})
        mixed = [file.path for file in files if not file.compaction.settled]
        if mixed:
            database.execute(_MIXED.format(paths=listed(mixed)))
        touched = {day.isoformat() for (day,) in database.execute("select distinct day from touched").fetchall()}
        if touched:
            again = _AGAIN.format(
                paths=listed([file.path for file in files]),
                properties=properties,
                segment="compacted.first + segment" if tells_segments else "0",
                time=as_text("time"),
                received_at=as_text("received_at"),
            )
            parameters: dict[str, Any] = dict(pointers)
            database.execute(again, parameters)
        return PlainRows([(file.compaction, file.path) for file in files], self._accounts, touched=touched)


def _read_all(keys: Mapping[str, str], objects: Objects) -> dict[str, Compaction | None]:
    """Read the compactions of some days side by side; None for one that is not there, or not as it was written."""

    def read(key: str) -> Compaction | None:
        try:
            return read_compaction(objects, key)
        except NotFound:
            return None

    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        return dict(zip(keys, pool.map(read, keys.values()), strict=True))


def is_bounded(window: AccountWindow) -> bool:
    """Say whether an earlier run, or an instant of receipt, bounds what counts in a window."""
    after = window.after_manifest or window.after
    before = window.before_manifest or window.before
    return bool(after) or before not in {"", AFTER_ALL}


def _have_instants(plan: AggregationPlan) -> bool:
    edges = [edge for window in plan.windows for edge in (window.start, window.end)]
    edges += [
        edge
        for window in plan.windows
        for part in window.parts
        for edge in (part.start, part.end, *(edge for gap in part.gaps for edge in (gap.start, gap.end)))
    ]
    return all(len(edge) == TIME_LETTERS for edge in edges)
