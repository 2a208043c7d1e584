"""`make scale`: what grows with the accounts of a legal entity, measured at some sizes, and what that makes of more.

What is measured: the peak and the CPU of planning and closing, each in a process of its own (flat.py). What follows
by arithmetic says so, with the AWS quota beside it. Writes build/scale.json.
"""

import json
import os
import sys
from dataclasses import dataclass

from rich.console import Console

from billproof_ops import tables
from billproof_ops.paths import BUILD
from tests.bench import flat

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "1000,10000").split(","))
FORECAST = (1_000_000, 10_000_000)
PEAK_GOAL, TIME_GOAL = 1.2, 1.2
FUNCTION_MEGABYTES = {"plan": 1_024, "close": 1_024}
DIVIDED = {"plan": "in parts of 5,000"}
MEGABYTES_A_VCPU = 1_769
CALL_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Quota:
    """A published quota of AWS that a month of many accounts meets, and how many there are for some accounts."""

    what: str
    limit: int
    each_account: float
    source: str

    def needed(self, accounts: int) -> float:
        """Return how many seconds, calls or events so many accounts take of it."""
        return accounts * self.each_account / self.limit


QUOTAS = (
    Quota(
        "seconds of releases: 4 write units each, 8 partitions of 1,000 a second",
        8_000,
        4,
        "docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
    ),
    Quota(
        "seconds of releases on a new table: 4,000 write units a second unless warm throughput is bought",
        4_000,
        4,
        "docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html",
    ),
    Quota(
        "seconds until Lambda has an environment for each batch of 100: 1,000 more every 10 seconds",
        100,
        0.01,
        "docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html",
    ),
    Quota(
        "seconds of PUTs of documents under one prefix: 3,500 a second",
        3_500,
        1,
        "docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html",
    ),
    Quota(
        "rounds of the map of batches: 10,000 child executions at once",
        10_000,
        0.01,
        "docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    ),
)


def main() -> int:
    """Measure, print and write; exit 0 whatever comes out: a goal that is missed is printed so."""
    console = Console()
    report = {step: [flat.measured(step, size) for size in SIZES] for step in flat.STEPS}
    measured = tables.table(
        "Step", "Accounts", "Peak MB", "CPU s", "Goal", title="Measured", right=("Peak MB", "CPU s")
    )
    for step, results in report.items():
        for size, result in zip(SIZES, results, strict=True):
            measured.add_row(step, f"{size:,}", f"{result.peak / 2**20:,.0f}", f"{result.seconds:,.1f}", "")
        measured.add_row(
            step, "growth", *(f"{growth:.2f}" for growth in growths(results)), f"<= {PEAK_GOAL}, {TIME_GOAL}"
        )
    console.print(measured)
    forecast = tables.table("By arithmetic", *(f"{size:,}" for size in FORECAST), "Source", title="Forecast")
    for step, results in report.items():
        forecast.add_row(f"{step}: seconds of one call of {CALL_SECONDS}", *_seconds(step, results), "measured CPU")
    for quota in QUOTAS:
        forecast.add_row(quota.what, *(f"{quota.needed(size):,.0f}" for size in FORECAST), quota.source)
    console.print(forecast)
    BUILD.mkdir(exist_ok=True)
    content = {step: [[result.peak, result.seconds] for result in results] for step, results in report.items()}
    (BUILD / "scale.json").write_text(json.dumps({"sizes": SIZES, "measured": content}, indent=1) + "\n")
    return 0


def growths(results: list[flat.Flatness]) -> tuple[float, float]:
    """Return how the peak grows from the least to the most accounts, and the CPU of an account."""
    first, last = results[0], results[-1]
    return last.peak / first.peak, (last.seconds / SIZES[-1]) / (first.seconds / SIZES[0])


def _seconds(step: str, results: list[flat.Flatness]) -> list[str]:
    """Return how long one call computes, at the share of a vCPU that its memory buys."""
    each = results[-1].seconds / SIZES[-1] / (FUNCTION_MEGABYTES[step] / MEGABYTES_A_VCPU)
    return [f"{size * each:,.0f}" for size in FORECAST]


if __name__ == "__main__":
    sys.exit(main())
