"""The keys of the usage log: value objects that print themselves and read themselves back.

usage/bucket=<NN>/day=<event day, UTC>/<digest>.ndjson.zst               a segment
compactions/bucket=<NN>/day=<day>/<segments>-<digest>.json.zst           which segments a compaction covers
compacted/bucket=<NN>/day=<day>/...                                      its Parquet
"""

import re
from typing import NamedTuple, Self

UNKNOWN_DAY = "unknown"
PARTITION = "/bucket=[0-9]{4,}/day=[0-9]{4}-[0-9]{2}-[0-9]{2}/"
_SEGMENT_KEY = re.compile(f"usage{PARTITION}[0-9a-f]{{40}}\\.ndjson\\.zst")
_COMPACTION_KEY = re.compile(f"compactions{PARTITION}[0-9]{{8,}}-[0-9a-f]{{40}}\\.json\\.zst")
_LIST = ".json.zst"


def bucket_name(bucket: int) -> str:
    """Return the bucket as keys write it; four digits leave room for 10,000 buckets."""
    return f"{bucket:04d}"


def day_of(time: str | None) -> str:
    """Return the day of an instant's text."""
    return time[:10] if time else UNKNOWN_DAY


def usage_prefix(bucket: int, day: str) -> str:
    """Return the prefix of one partition of the usage log, or of all days of a bucket."""
    return f"usage/bucket={bucket_name(bucket)}/" + (f"day={day}/" if day else "")


def compacted_prefix(bucket: int, day: str) -> str:
    """Return the prefix of the Parquet objects of a bucket and day, or of all its days."""
    return f"compacted/bucket={bucket_name(bucket)}/" + (f"day={day}/" if day else "")


def compaction_prefix(bucket: int, day: str) -> str:
    """Return what the keys of the compactions of a bucket and day begin with, or those of a month."""
    return f"compactions/bucket={bucket_name(bucket)}/day={day}"


class SegmentKey(NamedTuple):
    """A segment of the usage log: its bucket, the day of its events, and its name."""

    bucket: int
    day: str
    name: str

    def __str__(self) -> str:
        """Print it."""
        return usage_prefix(self.bucket, self.day) + self.name

    def name_in(self, bucket: int) -> str:
        """Name it in a list of what a bucket reads: where it lies in another one, with that."""
        return self.name if self.bucket == bucket else f"{bucket_name(self.bucket)}/{self.name}"

    @classmethod
    def named(cls, name: str, bucket: int, day: str) -> Self:
        """Return the segment that a list of what a bucket reads of a day names."""
        other, _, name = name.rpartition("/")
        return cls(int(other) if other else bucket, day, name)

    @staticmethod
    def is_key(key: str) -> bool:
        """Say whether a key has the form of a segment's: what nobody of ours put there is found by `audit verify`."""
        return bool(_SEGMENT_KEY.fullmatch(key))

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read a segment's key."""
        _usage, bucket, day, name = key.split("/")
        return cls(int(bucket.removeprefix("bucket=")), day.removeprefix("day="), name)


class CompactionKey(NamedTuple):
    """The key of a compaction: its bucket and day, how many segments it covers, and the digest of what it says."""

    bucket: int
    day: str
    segments: int
    digest: str

    def __str__(self) -> str:
        """Print it; with leading zeros, so that the last one of a day covers the most."""
        return compaction_prefix(self.bucket, self.day) + f"/{self.segments:08d}-{self.digest}{_LIST}"

    @staticmethod
    def is_key(key: str) -> bool:
        """Say whether a key has the form of a compaction's."""
        return bool(_COMPACTION_KEY.fullmatch(key))

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read it."""
        _compactions, bucket, day, name = key.split("/")
        segments, _, digest = name.removesuffix(_LIST).partition("-")
        return cls(int(bucket.removeprefix("bucket=")), day.removeprefix("day="), int(segments), digest)
