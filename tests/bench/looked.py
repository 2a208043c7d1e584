"""What metrics cost: a call that follows a month, one without anything new, and one that measures unbilled usage."""

from datetime import timedelta

from functions.publish_metrics import app as publish_metrics
from tests.bench.deployed import Clocked, call
from tests.bench.meter import CostMeter

LOOK, MEASURE = "look", "measure"
"""The stages of a call that measures nothing, and of what measuring adds to it."""
REQUEST = {"legal_entity": "skymeter-inc"}


def look(ports: Clocked, meter: CostMeter) -> None:
    """Follow a month, look once more when there is nothing new, and once when unbilled usage is measured, too."""
    call(publish_metrics, REQUEST, ports, meter)
    ports.moment += timedelta(days=1)  # the day is kept
    call(publish_metrics, REQUEST, ports, meter)
    followed = dict(meter.units["publish_metrics"])
    ports.moment += timedelta(minutes=4)
    call(publish_metrics, REQUEST, ports, meter)
    idle = _since(meter, followed)
    before = dict(meter.units["publish_metrics"])
    ports.moment += timedelta(hours=2)
    call(publish_metrics, REQUEST, ports, meter)
    both = _since(meter, before)
    for unit, number in idle.items():
        meter.note(LOOK, unit, number)
    for unit, number in both.items():
        meter.note(MEASURE, unit, max(number - idle.get(unit, 0.0), 0.0))
    meter.note(LOOK, "schedule", 1)
    meter.units["publish_metrics"].clear()
    meter.units["publish_metrics"].update(followed)


def _since(meter: CostMeter, before: dict[str, float]) -> dict[str, float]:
    return {unit: number - before.get(unit, 0.0) for unit, number in meter.units["publish_metrics"].items()}
