"""The usage log and the quarantine: immutable, content-addressed objects of compressed JSON lines.

    usage/bucket=<NN>/day=<event day, UTC>/<digest>.ndjson.zst
    quarantine/day=<event day, UTC, or unknown>/<digest>.ndjson.zst
    control-totals/day=<day, UTC>/<digest>.ndjson.zst                what sources say they sent
    late/bucket=<NN>/<account>/<month>/<instant written>    an event of that month was written after its cut-off
    late-written/<digest>                                   the instant after which some segments were there

A batch that is delivered twice writes the same bytes under the same key; a batch that is cut otherwise repeats events,
which aggregation finds by source and id.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple, Self

import msgspec
from backports import zstd

from billproof.errors import NotFound
from billproof.ids import digest, digest_bytes
from billproof.ports import NewObject, Objects
from billproof.usage.keys import SegmentKey, bucket_name, day_of, usage_prefix
from billproof.usage.model import ControlTotal, Quarantined, SegmentRow

COMPRESSION_LEVEL = 1
"""Level 3 makes a segment 6 % smaller and costs half as much time again."""

INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


_LATE_SEPARATORS = 4


class LateMark(NamedTuple):
    """An account, the month that late usage belongs to, and the instant after its writing, as text in UTC."""

    account: str
    month: str
    written_at: str

    def key(self, bucket: int) -> str:
        """Print it as a key of a bucket."""
        return late_prefix(bucket) + "/".join(self)

    @staticmethod
    def is_key(key: str) -> bool:
        """Say whether a key has the parts of a mark's."""
        return key.count("/") == _LATE_SEPARATORS

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read a mark's key."""
        _late, _bucket, account, month, written_at = key.split("/")
        return cls(account, month, written_at)


_ENCODER = msgspec.json.Encoder(order="deterministic")
_QUARANTINED = msgspec.json.Decoder(Quarantined)
_CONTROL_TOTAL = msgspec.json.Decoder(ControlTotal)
_ROW = msgspec.json.Decoder(SegmentRow)


def segments_of(objects: Objects, buckets: Sequence[int], days: Sequence[str]) -> Iterator[list[str]]:
    """Yield the segments that some buckets have of each of some days, day by day; one listing serves a whole month."""
    wanted = set(days)
    for month in sorted({day[:7] for day in days}):
        by_day: dict[str, list[str]] = {}
        for bucket in buckets:
            for key in filter(SegmentKey.is_key, objects.keys(usage_prefix(bucket, month).removesuffix("/"))):
                by_day.setdefault(SegmentKey.parse(key).day, []).append(key)
        yield from (by_day[day] for day in sorted(by_day.keys() & wanted))


def days_between(spans: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the days, in UTC, that hold an instant of some spans `[start, end]`, each once and in order."""
    days: set[str] = set()
    for start, end in {(start[:10], end[:10]) for start, end in spans}:
        day = date.fromisoformat(start)
        while day <= date.fromisoformat(end):
            days.add(day.isoformat())
            day += timedelta(days=1)
    return tuple(sorted(days))


def first_day(objects: Objects, buckets: Sequence[int]) -> str | None:
    """Return the first day that some buckets of the usage log have, or None where they are empty."""
    firsts = (next(filter(SegmentKey.is_key, objects.keys(usage_prefix(bucket, ""))), None) for bucket in buckets)
    return min((SegmentKey.parse(first).day for first in firsts if first), default=None)


def bucket_of_list(key: str) -> int:
    """Return the bucket that a list of segments is of, by its key (manifests.py)."""
    return int(key.rpartition("/")[2].partition("-")[0])


def ids_key(run: str, bucket: int) -> str:
    """Return where a run keeps the hashes of a bucket's ids."""
    return f"runs/{run}/ids/{bucket_name(bucket)}.parquet"


def quarantine_prefix(day: str) -> str:
    """Return the prefix of one day of the quarantine."""
    return f"quarantine/day={day}/"


def day_of_key(key: str) -> str:
    """Return the day of an object of the quarantine or of the control totals."""
    return key.split("/")[1].removeprefix("day=")


def control_prefix(day: str) -> str:
    """Return the prefix of one day of the control totals."""
    return f"control-totals/day={day}/"


def intact_control_totals(objects: Objects, key: str) -> list[ControlTotal] | None:
    """Return the control totals of one object; None where it is gone or no longer holds what named it."""
    return _intact(objects, key, _CONTROL_TOTAL)


def late_prefix(bucket: int) -> str:
    """Return the prefix of one bucket's marks of late events."""
    return f"late/bucket={bucket_name(bucket)}/"


def new_mark(bucket: int, mark: LateMark) -> NewObject:
    """Return the mark that an account has a late event: it is empty, never removed, and billings say what is billed."""
    return NewObject(mark.key(bucket), b"", content_type="text/plain")


def written_by(objects: Objects, segments: Iterable[str], now: str) -> str:
    """Return the instant by which some segments were written: the first one that was noted, at every later call.

    So a call that is made again leaves the marks that it left before, under the same keys.
    """
    key = f"late-written/{digest(sorted(segments))[:40]}"
    if objects.create(key, now.encode(), content_type="text/plain"):
        return now
    first = objects.get(key).decode(errors="replace")
    return first if INSTANT.fullmatch(first) else now  # what was spoilt stops no message: `audit verify` names it


def late_marks(objects: Objects, bucket: int) -> Iterator[LateMark]:
    """Yield the marks of a bucket, by account, month and instant."""
    yield from map(LateMark.parse, filter(LateMark.is_key, objects.keys(late_prefix(bucket))))


def partition_of(row: SegmentRow, bucket: int) -> str:
    """Return the partition that a row of a bucket's account belongs to: by its own day."""
    return usage_prefix(bucket, day_of(row.time))


def pack(lines: Sequence[msgspec.Struct]) -> tuple[str, bytes]:
    """Return an object's name and bytes: the lines, compressed, named by their content."""
    content = _ENCODER.encode_lines(lines)
    return content_name(content), zstd.compress(content, level=COMPRESSION_LEVEL)


def content_name(content: bytes) -> str:
    """Return the name of an object by what it holds before it is compressed."""
    return f"{digest_bytes(content)[:40]}.ndjson.zst"


def new_object(prefix: str, lines: Sequence[msgspec.Struct]) -> NewObject:
    """Return the object of some lines below a prefix."""
    name, data = pack(lines)
    return NewObject(prefix + name, data, content_type="application/zstd")


def write(objects: Objects, prefix: str, lines: Sequence[msgspec.Struct]) -> str:
    """Write one object below a prefix and return its key."""
    new = new_object(prefix, lines)
    objects.put(new.key, new.data, content_type=new.content_type)
    return new.key


def read_quarantine(objects: Objects, day: str) -> Iterator[Quarantined]:
    """Yield what was refused of one event day; an event that was delivered again is yielded once.

    Objects that no longer hold what named them are left out: runs, proofs and `audit verify` name them.
    """
    identities: set[tuple[str, int, str]] = set()
    for key in objects.keys(quarantine_prefix(day)):
        for refused in intact_quarantined(objects, key) or ():
            identity = (refused.message_id, refused.position, refused.reason)
            if identity not in identities:
                identities.add(identity)
                yield refused


def read_quarantined(objects: Objects, key: str) -> list[Quarantined]:
    """Return the lines of one object of the quarantine."""
    return [_QUARANTINED.decode(line) for line in zstd.decompress(objects.get(key)).splitlines()]


def intact_quarantined(objects: Objects, key: str) -> list[Quarantined] | None:
    """Return the lines of an object of the quarantine; None where it is gone or no longer holds what named it."""
    return _intact(objects, key, _QUARANTINED)


def is_intact(key: str, data: bytes) -> bool:
    """Say whether the bytes of an object hold the content that named it."""
    try:
        return key.endswith(f"/{content_name(zstd.decompress(data))}")
    except zstd.ZstdError:
        return False


def _intact[T](objects: Objects, key: str, decoder: msgspec.json.Decoder[T]) -> list[T] | None:
    try:
        content = zstd.decompress(objects.get(key))
        lines = [decoder.decode(line) for line in content.splitlines()]
    except (NotFound, zstd.ZstdError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return lines if key.endswith(content_name(content)) else None


def read_intact(objects: Objects, key: str) -> list[SegmentRow] | None:
    """Return the rows of one segment, or None where it is gone or no longer holds the content that named it."""
    return _intact(objects, key, _ROW)


def read_segment(objects: Objects, key: str) -> list[SegmentRow]:
    """Return the rows of one segment."""
    return [_ROW.decode(line) for line in zstd.decompress(objects.get(key)).splitlines()]
