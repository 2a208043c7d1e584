"""How fresh usage is: of each source the newest event in the log, and when the last one of it came.

    bucket 0    2013-02-28   3 segments that no compaction covers    read one by one
                2013-02-27   compacted                               read from its Parquet, two columns
                ...          MOST_DAYS back, or until the bucket's share of MOST_READ is read

The newest days are read first, so what is not read of a large log can only be older than what is shown of a source, or
as new. A source that is not listed sent nothing in these days.
"""

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate

from billproof.errors import NotFound
from billproof.model import Model
from billproof.periods import instant_text
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.compacted import Compaction, is_intact, last_compactions, read_compaction
from billproof.usage.keys import SegmentKey
from billproof.usage.sql_texts import as_text
from billproof.usage.validation import MAX_AHEAD

MOST_DAYS = 40
"""Days of events that are looked at: a month, and some days."""
MOST_READ = 4_000
"""Objects that one look reads, some seconds of it; what is left is counted as unread."""
LEAST_READ = 8
"""Objects of a bucket that are read, however many buckets there are."""
BUCKETS_AT_ONCE = 8
MOST_CHARACTERS = 500_000
"""Characters of what is listed, with `_OF_TIMES` for the rest of each source: 3 MB if every one is escaped."""
_OF_TIMES = 100

_OF_COMPACTED = f"""
select source, {as_text("max(time)")}, {as_text("max(received_at)")} from read_parquet(?) group by source
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


def arrivals(
    objects: Objects, buckets: Sequence[int], *, now: datetime, hidden: Collection[str] = frozenset()
) -> Arrivals:
    """Look at the newest days of the usage log, and say what came last of each source but the hidden ones."""
    days = log.days_between([((now - timedelta(days=MOST_DAYS)).isoformat(), (now + MAX_AHEAD).isoformat())])
    most = max(MOST_READ // max(len(buckets), 1), LEAST_READ)
    newest: _Moments = {}
    unread = 0
    with ThreadPoolExecutor(BUCKETS_AT_ONCE) as pool:
        for moments, left in pool.map(lambda bucket: _of_bucket(objects, bucket, days, most), buckets):
            unread += left
            _keep_later(newest, moments)
    sources = [
        SourceArrival(source=name, newest_event=time, received_at=at)
        for name, (time, at) in newest.items()
        if name not in hidden
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


def _of_bucket(objects: Objects, bucket: int, days: Sequence[str], most: int) -> tuple[_Moments, int]:
    """Read some objects of a bucket at most, the newest days first; return how many were not read, too."""
    newest: _Moments = {}
    compactions = last_compactions(objects, bucket, days)
    read = unread = 0
    by_day = {SegmentKey.parse(segments[0]).day: segments for segments in log.segments_of(objects, [bucket], days)}
    for day in sorted({*by_day, *compactions}, reverse=True):
        segments = by_day.get(day, [])
        if read >= most:
            unread += len(segments) or 1
            continue
        for look in _looks(objects, segments, compactions.get(day)):
            moments = look() if read < most else None
            read += 1
            unread += moments is None
            _keep_later(newest, moments or {})
    return newest, unread


def _looks(
    objects: Objects, segments: Sequence[str], compaction_key: str | None
) -> Iterator[Callable[[], _Moments | None]]:
    """Yield what reads each object of a day: its Parquet, and each segment that this does not cover.

    Where the Parquet is gone, or not as it was written, that is all segments, also those that are no longer there.
    """
    covered: frozenset[str] = frozenset()
    if compaction_key is not None:
        try:
            compaction = read_compaction(objects, compaction_key)
        except NotFound:
            yield lambda: None  # what it covers is not known: it may be no longer there
        else:
            content = _content(objects, compaction)
            if content is None:
                segments = sorted({*segments, *compaction.keys})
            else:
                covered = frozenset(compaction.keys)
                yield partial(_in_compacted, content)
    yield from (partial(_in_segment, objects, segment) for segment in segments if segment not in covered)


def _content(objects: Objects, compaction: Compaction) -> bytes | None:
    """Return the Parquet of a compaction; None where it is gone, or not as it was written."""
    try:
        content = objects.get(compaction.object)
    except NotFound:
        return None
    return content if is_intact(compaction, content) else None


def _in_segment(objects: Objects, key: str) -> _Moments | None:
    """Return what a segment has of each source; None where it is gone, or not as it was written."""
    rows = log.read_intact(objects, key)
    if rows is None:
        return None
    newest: _Moments = {}
    for row in rows:
        _keep_later(newest, {row.source: (row.time, row.received_at)})
    return newest


def _in_compacted(content: bytes) -> _Moments:
    """Return what a compacted day has of each source."""
    import duckdb  # it is loaded where something is compacted

    with tempfile.NamedTemporaryFile(suffix=".parquet") as file, duckdb.connect() as database:
        file.write(content)
        file.flush()
        database.execute("set threads = 1")
        return {source: (time, at) for source, time, at in database.execute(_OF_COMPACTED, [file.name]).fetchall()}


def _keep_later(newest: _Moments, moments: _Moments) -> None:
    for source, (time, received_at) in moments.items():
        known_time, known_at = newest.get(source, ("", ""))
        newest[source] = max(known_time, time), max(known_at, received_at)
