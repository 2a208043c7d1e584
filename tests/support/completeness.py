"""Runs up to the check of completeness, and what sources state."""

from typing import Any

from billproof.completeness.model import Completeness
from billproof.completeness.service import COMPLETENESS
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import Artefacts
from billproof.ports import Objects
from tests.support.world import INC, World

RUN = f"{INC}-2013-01-001"
HOUR = "2013-01-05T17:00:00Z"  # the hour of `flight`, in UTC


def control_total(count: int, *, meter: str = "flights_handled", total: str | None = None, **changes: Any) -> Any:
    return {
        "specversion": "1.0",
        "id": f"{meter}:{changes.get('time', HOUR)}:{count}",
        "source": "test/operations",
        "type": "billproof.control-total",
        "subject": meter,
        "time": HOUR,
        "data": {"count": str(count), **({"sum": total} if total is not None else {})},
        **changes,
    }


def check(world: World, run: str = RUN) -> Completeness:
    entity, period = run[:-12], run[-11:-4]
    world.start(entity, period)
    plan = world.plan(run, entity, period)
    for bucket in plan.buckets:
        aggregate_usage(run_id=run, bucket=bucket, objects=world.objects)
    world.check(run)
    return read_completeness(world.objects, run)


def read_completeness(objects: Objects, run: str) -> Completeness:
    return Artefacts(objects).read(COMPLETENESS, run)
