"""Live usage of a bucket with ten million events in the month: `usage show` of some accounts, the newest events in it.

days 1 to 30 compacted | the last day: compacted once half of it was there, the rest in segments
"""

import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

from billproof.pipeline.exposure import exposure
from billproof.pipeline.live_usage import running_usage
from billproof.ports import Objects
from billproof.usage.compaction import compact_day
from billproof_ops.template import read_template
from tests.bench import load
from tests.bench.meter import WAITS
from tests.bench.ratios import Measure
from tests.support.world import INC, JANUARY, World

EVENTS = int(os.environ.get("LIVE_EVENTS", "10000000"))
ACCOUNTS = 1_000
SHOWN = 20
LAST_DAY = 31
P95_GOAL, FRESH_GOAL = 1.0, 300


class _Waiting:
    """Objects that take as long to answer as S3 is assumed to."""

    def __init__(self, below: Objects) -> None:
        self._below = below

    def get(self, key: str) -> bytes:
        """Return an object, after a while."""
        time.sleep(WAITS["s3"])
        return self._below.get(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield keys, after a while."""
        time.sleep(WAITS["s3"])
        yield from self._below.keys(prefix)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)


def live() -> list[Measure]:
    """Measure the 95th percentile of `usage show`, the exposure of all accounts, and how old what they show is."""
    world = load.world(accounts=ACCOUNTS)
    newer = _fill(world)
    waiting: Any = _Waiting(world.objects.below)
    world.objects.below = waiting
    what = f"{EVENTS:,} events of {ACCOUNTS:,} accounts in a bucket, {newer} segments newer than the last compaction"
    took = [_shown(world, number * ACCOUNTS // SHOWN) for number in range(SHOWN)]
    walls = sorted(wall for wall, _ in took)
    p95 = walls[int(0.95 * SHOWN) - 1]
    cpu = statistics.median(cpu for _, cpu in took)
    started = time.perf_counter()
    owed = exposure(legal_entity=INC, period=JANUARY, sources=world.preview_sources(), now=world.now())
    everyone = time.perf_counter() - started
    if len(owed.accounts) != ACCOUNTS:
        raise AssertionError(owed.unpriced)
    age = freshness_seconds()
    return [
        Measure(
            "usage show, seconds, 95th percentile",
            round(p95, 2),
            f"<= {P95_GOAL:g}",
            p95 <= P95_GOAL,
            f"{what}; each call of S3 waits {WAITS['s3'] * 1000:.0f} ms, as assumed for costs; in the middle "
            f"{statistics.median(walls):.2f} s, {cpu:.2f} s of CPU",
            headline=True,
        ),
        Measure(
            "usage exposure of 1,000 accounts, seconds",
            round(everyone, 2),
            "none",
            reached=True,
            detail=f"{what}; {owed.newer_segments} segments are said to be missing",
        ),
        Measure(
            "age of what usage show tells, seconds at most",
            age,
            f"<= {FRESH_GOAL}",
            age <= FRESH_GOAL,
            "the batching window and the longest call of ingest_usage in the template; what is ingested is read",
        ),
    ]


def _fill(world: World) -> int:
    """Ingest a month and compact its days; return how many segments of the last day no compaction covers."""
    meters = world.directory.meters()
    a_day = EVENTS // LAST_DAY
    calls = load.calls_one_by_one(EVENTS, accounts=ACCOUNTS)
    sent, is_half = 0, False
    for call in calls:
        load.ingest(world, [call])
        sent += len(call) * load.EVENTS_PER_MESSAGE
        if not is_half and sent >= a_day * (LAST_DAY - 0.5):
            is_half = True
            for day in range(1, LAST_DAY + 1):
                compact_day(0, f"2013-01-{day:02d}", objects=world.objects, meters=meters)
            before = len(list(world.objects.keys("usage/")))
    return len(list(world.objects.keys("usage/"))) - before


def _shown(world: World, number: int) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    usage = running_usage(
        legal_entity=INC,
        account=load.account_name(number),
        period=JANUARY,
        sources=world.preview_sources(),
        now=world.now(),
    )
    took = time.perf_counter() - wall, time.process_time() - cpu
    if usage.net is None or not usage.counts.metered:
        raise AssertionError(usage.findings)
    return took


def freshness_seconds() -> int:
    """Return how long an event waits at most before it is read: for its batch, and for the call that takes it."""
    resources = read_template()["Resources"]
    function = resources["IngestUsage"]["Properties"]
    (window,) = (
        event["Properties"]["MaximumBatchingWindowInSeconds"]
        for event in function["Events"].values()
        if "MaximumBatchingWindowInSeconds" in event["Properties"]
    )
    timeout = function.get("Timeout") or read_template()["Globals"]["Function"]["Timeout"]
    return int(window) + int(timeout)
