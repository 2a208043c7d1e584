"""The whole chain of a batch: priced, validated, taxed, drafted, released, and what is held raised; 1,000 invoices."""

import statistics

from billproof.pipeline.aggregating import aggregate_usage
from tests.bench import month
from tests.bench.ratios import Measure, cpu_seconds
from tests.support.world import World

INVOICES, EVENTS, ROUNDS = 1_000, 5_000, 3
GOAL = 2.0


def chain() -> Measure:
    """CPU of the steps of a run's batches, of a thousand invoices with four lines, stores in memory."""
    took = [_chain() for _ in range(ROUNDS)]
    seconds = statistics.median(took)
    return Measure(
        "the chain of 1,000 invoices, from priced to released, seconds of CPU",
        round(seconds, 2),
        f"<= {GOAL:g}",
        seconds <= GOAL,
        "4 lines each, batches of 100, the audit chain in it; stores in memory",
        headline=True,
    )


def _chain() -> float:
    world = month.month(INVOICES, EVENTS)
    run = world.start()
    plan = world.plan(run)
    for bucket in plan.buckets:
        aggregate_usage(run_id=run, bucket=bucket, objects=world.objects)
    world.check(run)
    seconds = cpu_seconds(lambda: _batches(world, run, plan.batches))
    if world.close(run).outcome != "closed":
        raise AssertionError(run)
    return seconds


def _batches(world: World, run: str, batches: tuple[str, ...]) -> None:
    for batch in batches:
        world.invoice_batch(run, batch)
