"""The buckets of the usage log: how many there are now, and how many there were.

    BucketCount         4               then 16             then 64
    buckets             0000 to 0003    0004 to 0019        0020 to 0083
    of account UA       0001            0004 + 5            0020 + 37         its hash modulo the count
    what 0009 reads     -               0009, and of 0001 what belongs to 0009

    usage-buckets/0001.json    {"count":4}         each count, when ingestion meets it first
    usage-buckets/0002.json    {"count":16}

A bucket is never numbered again, so whatever names one (the plan of a run, a list of segments, a compaction) says what
it read, however the log grew since. What was written before stays where it is; compaction puts it into the new buckets,
too. A count that is no multiple of the last one, or not more, is not taken: an account's earlier events are in one
bucket of each count, then.
"""

import json
import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from pydantic import Field

from billproof.ids import canonical_json, shard_of
from billproof.masterdata.crosswalk_book import OwnedSpan
from billproof.model import Model
from billproof.ports import Objects

_FOLDER = "usage-buckets/"


class OwnedUsage(Model):
    """Events of an external id with times `[start, end)` and the account that they count for, known `since`.

    `system` is their source; "" is every source that has nothing of its own for the id.
    """

    system: str
    external_id: str
    start: str
    end: str
    account: str
    since: str


class OwnerSpan(Model):
    """Times `[start, end)` of events and the account that they count for; "" is the account of the id's own name."""

    start: str
    end: str
    account: str
    since: str


class OwnedIds(Model):
    """External ids of a system whose events count alike: each row of a crosswalk stands once, whatever names it."""

    system: str
    external_ids: tuple[str, ...]
    spans: tuple[OwnerSpan, ...]


class BucketSpread(Model):
    """Which part of what it reads is a bucket's own: accounts by their hash; `older` are the buckets of before.

    `owned` is whose the usage of ids in crosswalks is, as far as it concerns the bucket (plans of before have a row of
    `owners` for each id and span), and `others` are the buckets where such ids have theirs. As it stands by default the
    bucket reads itself alone, and all of it.
    """

    older: tuple[int, ...] = ()
    shard: int = Field(default=0, ge=0)
    count: int = Field(default=1, ge=1)
    others: tuple[int, ...] = Field(default=(), exclude_if=operator.not_)
    owners: tuple[OwnedUsage, ...] = Field(default=(), exclude_if=operator.not_)
    owned: tuple[OwnedIds, ...] = Field(default=(), exclude_if=operator.not_)

    @property
    def is_whole(self) -> bool:
        """Whether there is no account of another bucket in what is read."""
        return not (self.older or self.has_owners)

    @property
    def has_owners(self) -> bool:
        """Whether crosswalks say of any of its usage whose it is."""
        return bool(self.owners or self.owned)

    def spans(self) -> Iterator[OwnedSpan]:
        """Yield whose the usage of each id is, one by one."""
        for one in self.owners:
            yield OwnedSpan(one.system, one.external_id, one.start, one.end, one.account, one.since)
        for ids in self.owned:
            for external in ids.external_ids:
                for span in ids.spans:
                    account = span.account or external
                    yield OwnedSpan(ids.system, external, span.start, span.end, account, span.since)

    def holds(self, account: str) -> bool:
        """Say whether an account is of the bucket."""
        return shard_of(account, self.count) == self.shard


@cache
def whole() -> BucketSpread:
    """Return the spread of a bucket that reads itself alone."""
    return BucketSpread()


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of a usage log, by the counts that it had, the first one first."""

    counts: tuple[int, ...]

    @property
    def _starts(self) -> list[int]:
        return list(accumulate(self.counts, initial=0))[:-1]

    @property
    def current(self) -> range:
        """The buckets that are written to now; runs read by them."""
        return range(self._starts[-1], sum(self.counts))

    @property
    def every(self) -> range:
        """All buckets that there ever were."""
        return range(sum(self.counts))

    def of(self, account: str) -> int:
        """Return the bucket that an account's events are written to now."""
        return self._starts[-1] + shard_of(account, self.counts[-1])

    def holding(self, account: str) -> list[int]:
        """Return every bucket that may hold an account's events, the last one first."""
        pairs = zip(self._starts, self.counts, strict=True)
        return [start + shard_of(account, count) for start, count in pairs][::-1]

    def _start_of(self, bucket: int) -> tuple[int, int]:
        """Return the first bucket of the count that a bucket is of, and the count."""
        pairs = zip(self._starts[::-1], self.counts[::-1], strict=True)
        return next((start, count) for start, count in pairs if bucket >= start)

    def spread_of(self, bucket: int) -> BucketSpread:
        """Return what a bucket reads beside itself, and which accounts of that are its own."""
        start, count = self._start_of(bucket)
        shard = bucket - start
        pairs = zip(self._starts[::-1], self.counts[::-1], strict=True)
        older = [begin + shard % number for begin, number in pairs if begin < start]
        return BucketSpread(older=tuple(older), shard=shard, count=count) if older else whole()

    def spread_with(self, bucket: int, owners: Sequence[OwnedSpan]) -> BucketSpread:
        """Return what a bucket reads beside itself, given whose the usage of ids in crosswalks is."""
        spread = self.spread_of(bucket)
        start, count = self._start_of(bucket)
        own = spread.model_copy(update={"shard": bucket - start, "count": count})
        reads = {bucket, *spread.older}
        coming = {one.external_id for one in owners if own.holds(one.account)}
        going = {one.external_id for one in owners if reads & set(self.holding(one.external_id))}
        mine = _alike(one for one in owners if one.external_id in coming | going)
        if not mine:
            return spread
        others = {one for external in coming for one in self.holding(external)} - reads
        return own.model_copy(update={"others": tuple(sorted(others)), "owned": mine})

    def reading(self, bucket: int) -> list[int]:
        """Return the buckets that read some bucket: itself, and newer ones."""
        return [one for one in self.every if one == bucket or bucket in self.spread_of(one).older]

    def grown_to(self, count: int) -> "Buckets":
        """Return the buckets with another count, where that is taken."""
        last = self.counts[-1]
        return Buckets((*self.counts, count)) if count > last and count % last == 0 else self


def _alike(spans: Iterable[OwnedSpan]) -> tuple[OwnedIds, ...]:
    """Put ids together whose events count alike."""
    by_id: dict[tuple[str, str], list[tuple[str, str, str, str]]] = {}
    for one in spans:
        account = "" if one.account == one.external_id else one.account
        by_id.setdefault((one.system, one.external_id), []).append((one.start, one.end, account, one.since))
    ids: dict[tuple[str, tuple[tuple[str, str, str, str], ...]], list[str]] = {}
    for (system, external), rows in sorted(by_id.items()):
        ids.setdefault((system, tuple(rows)), []).append(external)
    return tuple(
        OwnedIds(
            system=system,
            external_ids=tuple(names),
            spans=tuple(
                OwnerSpan(start=start, end=end, account=account, since=since) for start, end, account, since in rows
            ),
        )
        for (system, rows), names in ids.items()
    )


def read_buckets(objects: Objects, count: int) -> Buckets:
    """Return the buckets in force: those that were recorded; before that the log is of the configured count."""
    return Buckets(_recorded(objects) or (count,))


def record_buckets(objects: Objects, count: int) -> Buckets:
    """Return the buckets in force for who writes: a greater multiple of the last count is recorded, and in force then.

    It is recorded before anything is written to one of them, so who reads finds every bucket that holds something. Two
    that meet a new count at once record one and the same: the second reads what the first one wrote.
    """
    recorded = _recorded(objects)
    buckets = Buckets(recorded).grown_to(count) if recorded else Buckets((count,))
    if buckets.counts == recorded:
        return buckets
    key = f"{_FOLDER}{len(buckets.counts):04d}.json"
    if not objects.create(key, canonical_json({"count": buckets.counts[-1]})):
        return read_buckets(objects, count)
    return buckets


def newer_buckets(objects: Objects, bucket: int) -> list[int]:
    """Return the buckets that events of a bucket's accounts are written to since the log has grown, if it has."""
    counts = _recorded(objects)
    return [reader for reader in Buckets(counts).reading(bucket) if reader != bucket] if counts else []


def _recorded(objects: Objects) -> tuple[int, ...]:
    return tuple(json.loads(objects.get(key))["count"] for key in objects.keys(_FOLDER))
