"""The files of whole days that are judged at once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from billproof.errors import NotFound, ObjectUnreadable
from billproof.ports import Objects
from billproof.usage.buckets import BucketSpread, whole
from billproof.usage.compacted import Compaction, is_intact
from billproof.usage.compacted_days import CompactedDays, CompactedFile
from billproof.usage.keys import SegmentKey
from billproof.usage.log import is_intact as is_intact_segment
from billproof.usage.model import AFTER_ALL
from billproof.usage.plain_rows import PlainRows
from billproof.usage.sql_texts import pointer

DOWNLOADS_AT_ONCE = 8
CHUNK_BYTES = 8 * 2**20
"""Compressed bytes of whole days that are loaded at once: enough to be worth a query, few enough for the memory."""
DAYS_AHEAD = 8
"""Days that are fetched side by side, in front of the one that is read: a store takes its time for each object."""
READ_IN_PLACE = 8
"""How many times as many bytes of compacted days are read at once: most of their rows are never loaded."""


def property_texts(names: Sequence[str]) -> list[str]:
    """Write the text of each property as SQL over `data`, which is read once for all; takes `pointers_to(names)`."""
    return [f"(data->>$pointers::varchar[])[{place}]" for place in range(1, len(names) + 1)]


def pointers_to(names: Sequence[str]) -> dict[str, list[str]]:
    """Return the parameter of the texts of some properties."""
    return {"pointers": [pointer(name) for name in names]} if names else {}


@dataclass(frozen=True, slots=True)
class Loading:
    """How segments are loaded: the columns of properties as SQL over `data`, which takes the pointers to `names`."""

    properties: str
    names: Sequence[str]
    received_before: str = AFTER_ALL
    by_account: bool = True
    tells_segments: bool = True
    spread: BucketSpread = field(default_factory=whole)

    @property
    def pointers(self) -> dict[str, list[str]]:
        """The parameter of the columns."""
        return pointers_to(self.names)


@dataclass(frozen=True, slots=True)
class FetchedDay:
    """A day in files: its compaction, if it is read as it was compacted, its other segments, and those not read."""

    compacted: tuple[Compaction, Path] | None
    files: dict[str, Path]
    unread: list[str]


class Chunk:
    """The files of some whole days: segments, and compacted days with the segments that are newer."""

    def __init__(
        self, objects: Objects, folder: Path, compacted: CompactedDays | None, note: Callable[[str], object]
    ) -> None:
        self._objects = objects
        self._folder = folder
        self._compacted = compacted
        self._note = note
        self.files: dict[str, Path] = {}
        self._days: list[tuple[Compaction, Path]] = []

    def days(self, listed: Iterable[Sequence[str]]) -> Iterator[FetchedDay]:
        """Fetch days whose segments are listed, some of them ahead, and yield them in order."""
        with ThreadPoolExecutor(DAYS_AHEAD) as pool:
            ahead = deque[Future[FetchedDay]]()
            for keys in listed:
                ahead.append(pool.submit(self._fetch_day, keys))
                if len(ahead) > DAYS_AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def add(self, day: FetchedDay) -> None:
        """Take a day in, and note what of it does not read."""
        for key in day.unread:
            self._note(key)
        if day.compacted is not None:
            self._days.append(day.compacted)
        self.files |= day.files

    def _fetch_day(self, keys: Sequence[str]) -> FetchedDay:
        """Fetch the segments of a day, or its compaction and the segments that it does not cover."""
        days = self._compacted
        compaction = days.of(SegmentKey.parse(keys[0]).day, keys) if days and keys else None
        path = self._fetched(compaction) if compaction is not None else None
        compacted = None
        if compaction is not None and path is not None:
            compacted = compaction, path
            keys = sorted(set(keys) - set(compaction.keys))
        unread = list[str]()
        return FetchedDay(compacted, fetch(self._objects, keys, self._folder, unread.append), unread)

    def _fetched(self, compaction: Compaction) -> Path | None:
        """Copy a compacted day into a file; None where it is not there, or other than it was written."""
        try:
            content = self._objects.get(compaction.object)
        except NotFound:
            return None
        if not is_intact(compaction, content):
            return None
        path = self._folder / compaction.object.replace("/", "-")
        path.write_bytes(content)
        return path

    @property
    def has_files(self) -> bool:
        """Whether there is anything to judge."""
        return bool(self.files or self._days)

    @property
    def is_full(self) -> bool:
        """Whether there is enough for a query."""
        raw = sum(file.stat().st_size for file in self.files.values())
        columns = sum(path.stat().st_size for _, path in self._days)
        return raw + columns // READ_IN_PLACE >= CHUNK_BYTES

    @property
    def covered(self) -> list[str]:
        """The segments that the compacted days cover, in the order of their numbers."""
        return [key for compaction, _ in self._days for key in compaction.keys]

    def enter_compacted(self, database: duckdb.DuckDBPyConnection, how: Loading) -> PlainRows | None:
        """Add the rows of the compacted days that are judged again to those of the segments; return the others."""
        if self._compacted is None or not self._days:
            return None
        files, first = [], len(self.files)
        for compaction, path in self._days:
            files.append(CompactedFile(compaction, path, first))
            first += len(compaction.segments)
        return self._compacted.enter(
            database,
            files,
            properties=how.properties,
            pointers=how.pointers,
            tells_segments=how.tells_segments,
        )

    def empty(self) -> None:
        """Remove the files."""
        for path in (*self.files.values(), *(path for _, path in self._days)):
            path.unlink()
        self.files = {}
        self._days = []


def fetch_all(objects: Objects, keys: Sequence[str], folder: Path) -> dict[str, Path]:
    """Copy some segments into files of a folder; raises ObjectUnreadable where one does not read."""

    def refuse(key: str) -> None:
        raise ObjectUnreadable(key)

    return fetch(objects, keys, folder, refuse)


def fetch(objects: Objects, keys: Sequence[str], folder: Path, note: Callable[[str], object]) -> dict[str, Path]:
    """Copy some segments into files of a folder, several at once; `note` is told of those that do not read.

    Such a segment is gone, or no longer holds the content that named it: a database may read the rest of it, or
    nothing, and say nothing.
    """

    def fetch_one(key: str) -> Path | None:
        try:
            data = objects.get(key)
        except NotFound:
            return None
        if not is_intact_segment(key, data):
            return None
        path = folder / key.replace("/", "-")
        path.write_bytes(data)
        return path

    if not keys:
        return {}
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        fetched = dict(zip(keys, pool.map(fetch_one, keys), strict=True))
    for key in keys:
        if fetched[key] is None:
            note(key)
    return {key: path for key, path in fetched.items() if path is not None}
