"""The ratios of compaction: what it costs, and what a month and one account's month cost from compacted days."""

import statistics
import tempfile
from pathlib import Path

from billproof.usage.aggregation import aggregate
from billproof.usage.compaction import compact_day
from billproof.usage.keys import SegmentKey
from tests.bench import load
from tests.bench.ratios import ROUNDS, Measure, bare_sum, cpu_seconds, measured, segments_in

MOST_SECONDS = 0.1


def compacted(events: int) -> list[Measure]:
    """Compact a month of one bucket and read it: against the bare sum of its segments, and in seconds."""
    world = load.world()
    load.ingest(world, load.calls(events))
    days = sorted({SegmentKey.parse(key).day for key in world.objects.keys("usage/")})
    meters = world.directory.meters()

    def compact() -> None:
        for day in days:
            compact_day(0, day, objects=world.objects, meters=meters)

    compact()
    plan = load.aggregation_plan(world, "skymeter-inc-2013-01-001")
    whole = aggregate(plan, objects=world.objects)
    if aggregate(plan, objects=world.objects, reads_compacted=True) != whole:
        message = "compacted days come to something else than their segments"
        raise AssertionError(message)
    alone = plan.model_copy(update={"windows": plan.windows[:1]})
    with tempfile.TemporaryDirectory() as folder:
        files = segments_in(Path(folder), world)
        what = f"{events:,} events, {len(files)} segments, {len(days)} days"
        measures = [
            measured("compaction / bare DuckDB sum", 4.0, compact, lambda: bare_sum(files), what),
            measured(
                "guarded aggregation of compacted days, with the list of ids / bare DuckDB sum of their segments",
                0.25,
                lambda: aggregate(plan, objects=world.objects, reads_compacted=True, writes_lists=True),
                lambda: bare_sum(files),
                what,
                headline=True,
            ),
        ]
    seconds = statistics.median(
        cpu_seconds(lambda: aggregate(alone, objects=world.objects, reads_compacted=True)) for _ in range(ROUNDS)
    )
    name = "seconds of CPU for one account's month of compacted days"
    return [*measures, Measure(name, round(seconds, 3), f"<= {MOST_SECONDS}", seconds <= MOST_SECONDS, what)]
