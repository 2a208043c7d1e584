"""Which buckets and days are to be compacted, and whether they were: the work of one round.

A day is compacted once it is over (UTC) and has a segment that its last compaction does not cover; a day that is under
way once it has twice the segments that are covered, LEAST_SEGMENTS at least. So whatever comes late costs its own day
again, and a day under way is written a few times, not every hour.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import Field, TypeAdapter

from billproof.ids import canonical_json, digest_bytes
from billproof.model import Model
from billproof.periods import Period
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.buckets import Buckets, BucketSpread, whole
from billproof.usage.compacted import last_compactions
from billproof.usage.keys import CompactionKey, SegmentKey

LEAST_SEGMENTS = 20
"""Segments that a day under way has before it is compacted: fewer are read as fast as they are."""
MONTHS = 3
"""Months that a round looks at, unless it is told which: this one and those before it."""
MOST_MONTHS = 120


class CompactionRequest(Model):
    """Which months to look at, as `YYYY-MM`; or, after a round, the key of its items: which of them are compacted."""

    months: tuple[str, ...] = Field(default=(), max_length=MOST_MONTHS)
    items_key: str = ""


class CompactionItem(Model):
    """A bucket and day to compact, how many segments it held, and which older buckets are read beside it."""

    bucket: int
    day: str
    segments: int
    spread: BucketSpread = Field(default_factory=whole)


class RoundOutcome(StrEnum):
    """What is to be done in a round, and whether it was."""

    PLANNED = "planned"
    NOTHING = "nothing"
    COMPACTED = "compacted"
    INCOMPLETE = "incomplete"


class CompactionRound(Model):
    """What is to be done; after the round, whether it was: how many days, and where they are listed."""

    outcome: RoundOutcome
    days: int
    items_key: str


_ITEMS = TypeAdapter(tuple[CompactionItem, ...])


def plan_compaction(
    request: CompactionRequest, *, objects: Objects, buckets: Buckets, now: datetime
) -> CompactionRound:
    """Write down the buckets and days to compact, or say which of those are not; raises InvalidPeriod, NotFound."""
    if request.items_key:
        return _checked(request.items_key, objects)
    months = request.months or tuple(_recent(now.date()))
    days = [day.isoformat() for month in months for day in _days(month)]
    today = now.date().isoformat()
    spreads = ((bucket, buckets.spread_of(bucket)) for bucket in buckets.current)
    items = [item for bucket, spread in spreads for item in _due(bucket, spread, days, objects, today=today)]
    if not items:
        return CompactionRound(outcome=RoundOutcome.NOTHING, days=0, items_key="")
    data = canonical_json([item.model_dump() for item in items])
    key = f"compactions/rounds/{digest_bytes(data)[:40]}.json"
    objects.put(key, data)
    return CompactionRound(outcome=RoundOutcome.PLANNED, days=len(items), items_key=key)


def _due(
    bucket: int, spread: BucketSpread, days: Sequence[str], objects: Objects, *, today: str
) -> Iterator[CompactionItem]:
    covered = _covered(bucket, days, objects)
    for keys in log.segments_of(objects, (bucket, *spread.older), days):
        day, segments = SegmentKey.parse(keys[0]).day, len(keys)
        new = segments - covered.get(day, 0)
        if new >= (1 if day < today else max(LEAST_SEGMENTS, covered.get(day, 0))):
            yield CompactionItem(bucket=bucket, day=day, segments=segments, spread=spread)


def _covered(bucket: int, days: Sequence[str], objects: Objects) -> dict[str, int]:
    """Return how many segments the last compaction of each day covers."""
    return {day: CompactionKey.parse(key).segments for day, key in last_compactions(objects, bucket, days).items()}


def _checked(items_key: str, objects: Objects) -> CompactionRound:
    items = _ITEMS.validate_python(json.loads(objects.get(items_key)))
    by_bucket: dict[int, list[CompactionItem]] = {}
    for item in items:
        by_bucket.setdefault(item.bucket, []).append(item)
    missing = 0
    for bucket, mine in by_bucket.items():
        covered = _covered(bucket, [item.day for item in mine], objects)
        missing += sum(covered.get(item.day, 0) < item.segments for item in mine)
    outcome = RoundOutcome.INCOMPLETE if missing else RoundOutcome.COMPACTED
    return CompactionRound(outcome=outcome, days=missing, items_key=items_key)


def _recent(today: date) -> Iterator[str]:
    month = today.replace(day=1)
    for _ in range(MONTHS):
        yield month.strftime("%Y-%m")
        month = (month - timedelta(days=1)).replace(day=1)


def _days(month: str) -> Iterator[date]:
    period = Period.month(month)
    day = period.start
    while day < period.end:
        yield day
        day += timedelta(days=1)
