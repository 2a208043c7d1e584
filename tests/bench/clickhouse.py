"""Guarded aggregation beside ClickHouse (chDB): the same segments with copies, and each event is to count once."""

import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from billproof.usage.aggregation import aggregate
from billproof.usage.model import AccountUsage
from billproof_ops.paths import ROOT
from tests.bench import load
from tests.bench.ratios import Measure, cpu_seconds, segments_in

ROUNDS = 3
PEER = ROOT / ".bench" / "bin" / "python"
METER = "miles_tracked"
SENT_TWICE = 50
"""Every so manieth event is the one before it again."""


def deduplicating(events: int, python: Path = PEER) -> Measure:
    """Compare the CPU of ours with ClickHouse's; raises AssertionError where either counts an event not once."""
    world = load.world()
    load.ingest(world, load.calls(events))
    plan = load.aggregation_plan(world, "skymeter-inc-2013-01-001")
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        files = segments_in(Path(folder), world)
        for _ in range(ROUNDS):
            ours.append(cpu_seconds(lambda: aggregate(plan, objects=world.objects)))
            peer = _peer(python, Path(folder))
            theirs.append(float(peer["seconds"]))
    _compare(_sums(aggregate(plan, objects=world.objects)), peer["sums"], events - events // SENT_TWICE)
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    times = f"{statistics.median(ours):.2f} s of CPU against {statistics.median(theirs):.2f} s"
    detail = f"{events:,} events, every fiftieth a copy, {len(files)} segments: {times}; both totals are right"
    return Measure("guarded aggregation / ClickHouse, each event once", round(ratio, 2), "<= 1.0", ratio <= 1, detail)


def _peer(python: Path, folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [python, ROOT / "tests" / "bench" / "clickhouse_peer.py", f"{folder}/*.zst"],
        check=True,
        capture_output=True,
        text=True,
        env={},
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _sums(usages: Iterable[AccountUsage]) -> dict[str, tuple[Decimal, int]]:
    """Add the windows of each account up: the month, and what of the days at its edge is of the one before."""
    sums: dict[str, tuple[Decimal, int]] = {}
    for usage in usages:
        for quantity in (quantity for quantity in usage.quantities if quantity.meter == METER):
            distance, events = sums.get(usage.account, (Decimal(0), 0))
            sums[usage.account] = (distance + quantity.quantity, events + quantity.events)
    return sums


def _compare(ours: dict[str, tuple[Decimal, int]], theirs: list[dict[str, Any]], events: int) -> None:
    sums = {row["account"]: (Decimal(str(row["distance"])), int(row["events"])) for row in theirs}
    if ours != sums or sum(number for _, number in ours.values()) != events:
        message = f"{events} events: ours are {sum(number for _, number in ours.values())}, ClickHouse's {sums}"
        raise AssertionError(message)
