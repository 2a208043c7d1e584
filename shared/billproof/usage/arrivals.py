"""How fresh usage is: of each source the newest event in the log, and when the last one of it came.

    bucket 0    2013-02-28   3 segments that no compaction covers    read one by one
                2013-02-27   compacted                               copied to a file, of which three columns are read
                ...          MOST_DAYS back, or until the bucket's share of MOST_READ or of MOST_BYTES is read

The newest days are read first, so what is not read of a large log can only be older than what is shown of a source, or
as new. A source that is not listed sent nothing in these days. A million copies are a file of 51 MB, of which DuckDB
reads the columns in 0.1 s (measured): it is copied a part at a time, so memory does not grow with it.
"""

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import file_digest
from itertools import accumulate
from threading import BoundedSemaphore, Lock

from billproof.errors import NotFound
from billproof.model import Model
from billproof.periods import instant_text
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.compacted import Compaction, is_named_with, last_compactions, read_compaction
from billproof.usage.keys import CompactionKey, SegmentKey
from billproof.usage.sql_texts import as_text
from billproof.usage.validation import MAX_AHEAD

MOST_DAYS = 40
"""Days of events that are looked at: a month, and some days."""
MOST_READ = 4_000
"""Objects that one look reads, some seconds of it; what is left is counted as unread."""
LEAST_READ = 8
"""Objects of a bucket that are read, however many buckets there are."""
BUCKETS_AT_ONCE = 8
MOST_FILE_BYTES = 100_000_000
"""Bytes of one compacted day that is read: two million copies."""
FILES_AT_ONCE = 3
"""Compacted days that lie in files at once: 300 MB of the 512 that a function has for files."""
MOST_BYTES = 1_000_000_000
"""Bytes of compacted days that one look reads: twenty million copies, some 15 s where S3 gives 75 MB/s."""
MOST_MEMORY = "64MB"
"""What DuckDB may take for one compacted day; three columns of two million copies take less."""
MOST_SOURCES = 50_000
"""Sources that one look tells apart; an object that names more of them counts as unread."""
MOST_CHARACTERS = 500_000
"""Characters of what is listed, with `_OF_TIMES` for the rest of each source: 3 MB if every one is escaped."""
_OF_TIMES = 100

_OF_COMPACTED = f"""
select source, {as_text("max(time)")}, {as_text("max(received_at)")} from read_parquet(?) group by source
limit {MOST_SOURCES + 1}
"""  # noqa: S608 - of our own texts


class SourceArrival(Model):
    """The newest event of a source, by its own time, and when the event that came last was received."""

    source: str
    newest_event: str
    received_at: str


class Arrivals(Model):
    """What came of each source since a day (UTC), the one that is silent longest first.

    `unread` objects of the log were not looked at, or not as they were written: a source may have sent more. `unlisted`
    sources sent something, later than those that are listed, and are not: an answer has room for some thousands.
    """

    at: str
    since: str
    sources: tuple[SourceArrival, ...]
    unread: int
    unlisted: int


type _Moments = dict[str, tuple[str, str]]
"""Of each source the newest time of an event, and the last moment of receipt."""


type _Look = Callable[[], _Moments | None]
"""Reads an object; None where it is gone, not as it was written, or too much."""


class _Room:
    """How many bytes of files may still be read: half of MOST_BYTES in equal shares, and half by whoever needs more."""

    def __init__(self, buckets: int) -> None:
        self._shares = dict.fromkeys(range(buckets), MOST_BYTES // 2 // max(buckets, 1))
        self._left = MOST_BYTES // 2
        self._one_at_a_time = Lock()

    def takes(self, bucket: int, number: int) -> bool:
        """Take the room of a file, if there is as much; `bucket` is its place among those that are looked at."""
        with self._one_at_a_time:
            own = min(self._shares[bucket], number)
            if number > MOST_FILE_BYTES or number - own > self._left:
                return False
            self._shares[bucket] -= own
            self._left -= number - own
        return True


@dataclass(frozen=True)
class _Log:
    """The log that is looked at, and what one look may read of it."""

    objects: Objects
    days: Sequence[str]
    objects_of_a_bucket: int
    room: _Room
    files: BoundedSemaphore


def arrivals(
    objects: Objects, buckets: Sequence[int], *, now: datetime, shown: Collection[str] | None = None
) -> Arrivals:
    """Look at the newest days of the usage log, and say what came last of each source, or of those that are shown."""
    days = log.days_between([((now - timedelta(days=MOST_DAYS)).isoformat(), (now + MAX_AHEAD).isoformat())])
    most = max(MOST_READ // max(len(buckets), 1), LEAST_READ)
    looked_at = _Log(objects, days, most, _Room(len(buckets)), BoundedSemaphore(FILES_AT_ONCE))
    newest: _Moments = {}
    unread = 0
    with ThreadPoolExecutor(BUCKETS_AT_ONCE) as pool:
        for moments, left in pool.map(partial(_of_bucket, looked_at), range(len(buckets)), buckets):
            unread += left + (not _keep(newest, moments))
    sources = [
        SourceArrival(source=name, newest_event=time, received_at=at)
        for name, (time, at) in newest.items()
        if shown is None or name in shown
    ]
    sources.sort(key=lambda arrival: (arrival.received_at, arrival.source))
    ends = accumulate(len(arrival.source) + _OF_TIMES for arrival in sources)
    listed = sum(end <= MOST_CHARACTERS for end in ends)
    return Arrivals(
        at=instant_text(now),
        since=days[0],
        sources=tuple(sources[:listed]),
        unread=unread,
        unlisted=len(sources) - listed,
    )


def _of_bucket(looked_at: _Log, place: int, bucket: int) -> tuple[_Moments, int]:
    """Read some objects of a bucket at most, the newest days first; return how many were not read, too."""
    newest: _Moments = {}
    compactions = last_compactions(looked_at.objects, bucket, looked_at.days)
    read = unread = 0
    by_day = {
        SegmentKey.parse(segments[0]).day: segments
        for segments in log.segments_of(looked_at.objects, [bucket], looked_at.days)
    }
    for day in sorted({*by_day, *compactions}, reverse=True):
        segments = by_day.get(day, [])
        if read >= looked_at.objects_of_a_bucket:
            unread += _number_of_objects(segments, compactions.get(day))
            continue
        for look in _looks(looked_at, place, segments, compactions.get(day)):
            moments = look() if read < looked_at.objects_of_a_bucket else None
            read += 1
            unread += moments is None or not _keep(newest, moments)
    return newest, unread


def _number_of_objects(segments: Sequence[str], compaction_key: str | None) -> int:
    """Return how many objects of a day would be read: its Parquet, and the segments that this does not cover."""
    if compaction_key is None:
        return len(segments)
    return 1 + max(len(segments) - CompactionKey.parse(compaction_key).segments, 0)


def _looks(looked_at: _Log, place: int, segments: Sequence[str], compaction_key: str | None) -> Iterator[_Look]:
    """Yield what reads each object of a day: its Parquet, and each segment that this does not cover.

    Where the Parquet is gone, or not as it was written, that is all segments, also those that are no longer there.
    Where it is too large, it is not read, and nor are the segments that it covers.
    """
    objects, covered = looked_at.objects, frozenset[str]()
    if compaction_key is not None:
        try:
            compaction = read_compaction(objects, compaction_key)
        except NotFound:
            yield lambda: None  # what it covers is not known: it may be no longer there
        else:
            try:
                moments = _in_compacted(looked_at, place, compaction)
            except NotFound:
                segments = sorted({*segments, *compaction.keys})
            else:
                covered = frozenset(compaction.keys)
                yield lambda: moments
    yield from (partial(_in_segment, objects, segment) for segment in segments if segment not in covered)


def _in_segment(objects: Objects, key: str) -> _Moments | None:
    """Return what a segment has of each source; None where it is gone, or not as it was written."""
    rows = log.read_intact(objects, key)
    if rows is None:
        return None
    newest: _Moments = {}
    for row in rows:
        _keep_later(newest, {row.source: (row.time, row.received_at)})
    return newest


def _in_compacted(looked_at: _Log, place: int, compaction: Compaction) -> _Moments | None:
    """Return what a compacted day has of each source, or None where it is too much.

    Raises NotFound where it is gone, or not as it was written.
    """
    import duckdb  # it is loaded where something is compacted

    with looked_at.files, tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        if not looked_at.objects.copy_to(file, compaction.object, fits=partial(looked_at.room.takes, place)):
            return None
        file.seek(0)
        if not is_named_with(compaction.object, file_digest(file, "sha256").hexdigest()):
            message = f"{compaction.object} is not what named it"
            raise NotFound(message)
        with duckdb.connect(config={"threads": 1, "memory_limit": MOST_MEMORY}) as database:
            try:
                rows = database.execute(_OF_COMPACTED, [file.name]).fetchall()
            except duckdb.OutOfMemoryException:
                return None
    return {source: (time, at) for source, time, at in rows} if len(rows) <= MOST_SOURCES else None


def _keep(newest: _Moments, moments: _Moments) -> bool:
    """Keep what is later of each source; False, and nothing, where that were too many sources."""
    if len(newest) + sum(name not in newest for name in moments) > MOST_SOURCES:
        return False
    _keep_later(newest, moments)
    return True


def _keep_later(newest: _Moments, moments: _Moments) -> None:
    for source, (time, received_at) in moments.items():
        known_time, known_at = newest.get(source, ("", ""))
        newest[source] = max(known_time, time), max(known_at, received_at)
