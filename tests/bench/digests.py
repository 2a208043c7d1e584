"""What it costs to compare each segment with the digest in its name before it is read (decision 24)."""

from unittest.mock import patch

from billproof.usage.aggregation import aggregate
from tests.bench import load
from tests.bench.ratios import Measure, measured


def digests(events: int) -> Measure:
    """Guarded aggregation against the same one that believes the names of segments."""
    world = load.world()
    load.ingest(world, load.calls(events))
    plan = load.aggregation_plan(world, "skymeter-inc-2013-01-001")

    def believing() -> None:
        with patch("billproof.usage.chunks.is_intact_segment", return_value=True):
            aggregate(plan, objects=world.objects)

    name = "guarded aggregation / the same without comparing digests of segments"
    return measured(name, 1.1, lambda: aggregate(plan, objects=world.objects), believing, f"{events:,} events")
