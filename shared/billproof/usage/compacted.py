"""Compacted days of the usage log: the copies of a bucket and day in one Parquet object, and what says so.

    compacted/bucket=<NN>/day=<day>/<digest>.parquet                   named by its content
    compacted/bucket=<NN>/day=<day>/_<digest>.rollup                   the same added up by account: rollups.py
    compactions/bucket=<NN>/day=<day>/<segments>-<digest>.json.zst     names the object and the segments that it covers

    segments      A B C            A B C D E
    compactions       00000003-..           00000005-..        the last one, by its name, covers the most

Nothing is overwritten or removed: a run names the compactions that it reads in its own list (manifests.py). Segments
stay what is proved, and what is read of a day that has no compaction.
"""

import operator
import re
from collections.abc import Iterator, Sequence

from backports import zstd
from pydantic import Field

from billproof.errors import NotFound
from billproof.ids import digest_bytes
from billproof.model import Model, canonical_model
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.keys import PARTITION, CompactionKey, SegmentKey, compacted_prefix, compaction_prefix

PARQUET = "application/vnd.apache.parquet"
_OBJECT_KEY = re.compile(f"compacted{PARTITION}([0-9a-f]{{40}}\\.parquet|_[0-9a-f]{{40}}\\.rollup)")


class PropertyColumns(Model):
    """The columns of a property: of its text, of its quantity, or both; empty where there is none.

    The quantities are `complete` where every text was one; else a text that is none has no quantity. They are `strict`
    where they are what ingestion accepts: days of before, which also hold `-5` as one, are read by their texts.
    """

    name: str
    text: str
    quantity: str
    complete: bool
    strict: bool = Field(default=False, exclude_if=operator.not_)

    @property
    def read_quantity(self) -> str:
        """The column of its quantity that is read; empty where there is none."""
        return self.quantity if self.strict else ""


class Compaction(Model):
    """What a Parquet object holds: the copies of the events in some segments of a bucket and day, each judged.

    A segment's name is the digest of its content, after its bucket if that is an older one; a copy has the place of its
    segment in `segments`. `engine` is the version of DuckDB whose hashes of ids the object holds. `settled` is false
    where a row of some account has to be judged with its others: the account corrects, retracts or contradicts an event
    of the day. `rollup` is the object that adds it up by account and hour (rollups.py); empty in compactions of before,
    and where a sum is out of range.
    """

    bucket: int
    day: str
    object: str
    segments: tuple[str, ...]
    copies: int
    events: int
    engine: str
    settled: bool
    properties: tuple[PropertyColumns, ...]
    rollup: str = Field(default="", exclude_if=operator.not_)

    @property
    def keys(self) -> list[str]:
        """The keys of the segments, in their places."""
        return [str(SegmentKey.named(name, self.bucket, self.day)) for name in self.segments]


def object_key(bucket: int, day: str, content: bytes) -> str:
    """Return the key of a Parquet object, named by its content."""
    return compacted_prefix(bucket, day) + f"{digest_bytes(content)[:40]}.parquet"


def is_compacted_key(key: str) -> bool:
    """Say whether a key has the form of a compacted day's object: its Parquet, or the roll-up of it."""
    return bool(_OBJECT_KEY.fullmatch(key))


def write_compaction(objects: Objects, compaction: Compaction) -> str:
    """Store what a Parquet object holds and return the key: from now on the day is compacted."""
    data = canonical_model(compaction)
    key = CompactionKey(compaction.bucket, compaction.day, len(compaction.segments), digest_bytes(data)[:40])
    objects.put(str(key), zstd.compress(data, level=log.COMPRESSION_LEVEL), content_type="application/zstd")
    return str(key)


def read_compaction(objects: Objects, key: str) -> Compaction:
    """Return a compaction; raises NotFound where it is not there, or no longer holds what named it."""
    try:
        data = zstd.decompress(objects.get(key))
    except zstd.ZstdError:
        data = b""
    if digest_bytes(data)[:40] != CompactionKey.parse(key).digest:
        message = f"{key} is not what named it"
        raise NotFound(message)
    return Compaction.model_validate_json(data)


def is_intact(compaction: Compaction, content: bytes) -> bool:
    """Say whether an object's content is what the compaction names."""
    return is_named_by(compaction.object, content)


def is_named_by(key: str, content: bytes) -> bool:
    """Say whether an object's content is what its key names."""
    return is_named_with(key, digest_bytes(content))


def is_named_with(key: str, digest: str) -> bool:
    """Say whether the key of an object names content of a digest."""
    return key.endswith(f"/{digest[:40]}.parquet")


def last_compactions(objects: Objects, bucket: int, days: Sequence[str]) -> dict[str, str]:
    """Return the key of the compaction of each of some days that covers the most; one listing serves a whole month."""
    wanted = set(days)
    return {key.day: str(key) for key in _keys(objects, bucket, days) if key.day in wanted}


def _keys(objects: Objects, bucket: int, days: Sequence[str]) -> Iterator[CompactionKey]:
    for month in sorted({day[:7] for day in days}):
        keys = filter(CompactionKey.is_key, objects.keys(compaction_prefix(bucket, month)))
        yield from map(CompactionKey.parse, keys)
