"""`make scale`: what grows with the accounts of a legal entity, measured at some sizes, and what that makes of more.

What is measured: the peak and the CPU of planning, closing, reconciliation and proofs, each in a process of its own
(flat.py). What follows by arithmetic says so: from the measured CPU, from the calls that the cost meter counted
(measured.json), with AWS quotas beside it. Writes build/scale.json.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from billproof_ops import tables
from billproof_ops.costs.estimate import Measured
from billproof_ops.paths import BUILD, ROOT
from tests.bench import flat


def sizes(name: str, usual: str) -> tuple[int, ...]:
    """Return the sizes that are asked for; none, where what is known is only put together again."""
    return tuple(int(size) for size in os.environ.get(name, usual).split(",") if size)


SIZES = sizes("SIZES", "1000,10000,100000")
BILLED = sizes("BILLED", "1000,10000")
"""Of a month that is reconciled and proved: it is billed and posted first, which takes three times as long."""
FORECAST = (1_000_000, 10_000_000)
PEAK_GOAL, TIME_GOAL = 1.2, 1.2
FUNCTION_MEGABYTES = {"plan": 1_024, "close": 1_024, "reconcile": 1_024, "prove": 1_769}
MEGABYTES_A_VCPU = 1_769
CALL_SECONDS = 900
CALLS = {
    "plan": "seconds of all its parts together",
    "close": f"seconds of one call of {CALL_SECONDS}",
    "reconcile": "seconds of its 8 parts and what joins them, together",
    "prove": "seconds of one CPU; run prove takes as many as there are",
}
STAGES = ("run", "posting", "delivery", "reconciliation")
COUNTED = {
    "dynamodb write": "DynamoDB write units",
    "dynamodb read": "DynamoDB read units",
    "s3 put or list": "S3 PUTs",
    "s3 get": "S3 GETs",
    "states transition": "Step Functions transitions",
    "lambda request": "Lambda calls",
    "sqs request": "SQS requests",
    "cpu second": "CPU seconds",
}
"""What a month's run, posting, delivery and one reconciliation ask of AWS, by units of measured.json."""
KEPT = ROOT / "docs" / "scale.json"
"""What the pages show: a copy of build/scale.json."""
BATCH = 100
LEAST_SECONDS = 0.1
"""What takes less CPU is too short to be compared."""
HISTORY = 25_000
"""Events that the history of an execution may have."""
EVENTS_OF_A_TASK, EVENTS_OF_A_STATE = 5, 2
"""Entered and left; a task is scheduled, started and done between that."""


type Found = Mapping[str, Mapping[int, flat.Flatness]]


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
        f"seconds until Lambda has an environment for each batch of {BATCH}: 1,000 more every 10 seconds",
        100,
        1 / BATCH,
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
        1 / BATCH,
        "docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    ),
)


def history_of_a_batch() -> int:
    """Return the events of a batch's execution that passes all its states."""
    machine = json.loads((ROOT / "statemachines" / "billing_run.asl.json").read_text())
    states = machine["States"]["InvoiceBatches"]["ItemProcessor"]["States"].values()
    each = (EVENTS_OF_A_TASK if state["Type"] == "Task" else EVENTS_OF_A_STATE for state in states)
    return EVENTS_OF_A_STATE + sum(each)


SAME_FOR_ALL = (
    (
        f"events of the history of a batch's execution, of {HISTORY:,}; a run's own grows with no account",
        history_of_a_batch(),
        "docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    ),
    (
        "KB of a state's payload, of 256: references and counts; accounts are in objects on S3",
        1,
        "docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    ),
)


def main() -> int:
    """Measure, print and write; exit 0 whatever comes out: a goal that is missed is printed so."""
    console = Console()
    found = known()
    for size in BILLED:
        for step, flatness in flat.measured_of_billed(size).items():
            keep(found, step, size, flatness, console)
    for step in flat.STEPS:
        for size in SIZES:
            keep(found, step, size, flat.measured(step, size), console)
    console.print(measured_table(found))
    forecast = tables.table("By arithmetic", *(f"{size:,}" for size in FORECAST), "Source", title="Forecast")
    for row in forecast_rows(found):
        forecast.add_row(*row)
    console.print(forecast)
    return 0


def known() -> dict[str, dict[int, flat.Flatness]]:
    """Return what was measured before: what is measured anew takes its place."""
    found: dict[str, dict[int, flat.Flatness]] = {step: {} for step in CALLS}
    path = next((path for path in (BUILD / "scale.json", KEPT) if path.exists()), None)
    for step, sizes in json.loads(path.read_text())["measured"].items() if path else ():
        found[step] = {size: flat.Flatness(peak, seconds) for size, peak, seconds in sizes}
    return found


def keep(
    found: dict[str, dict[int, flat.Flatness]], step: str, size: int, flatness: flat.Flatness, console: Console
) -> None:
    """Keep what was measured, and write it down: the largest sizes take long."""
    console.print(f"{step} {size:,}: {flatness}")
    found[step] = dict(sorted((found[step] | {size: flatness}).items()))
    report = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "goals": {"peak": PEAK_GOAL, "time": TIME_GOAL},
        "growth": {step: growths(results) for step, results in found.items() if results},
        "measured": {
            step: [[size, each.peak, each.seconds] for size, each in results.items()] for step, results in found.items()
        },
        "forecast": {"accounts": FORECAST, "rows": forecast_rows(found)},
    }
    BUILD.mkdir(exist_ok=True)
    (BUILD / "scale.json").write_text(json.dumps(report, indent=1) + "\n")


def measured_table(found: Found) -> Table:
    """Return the table of what was measured, with what grows and what it may."""
    names = ("Step", "Accounts", "Peak MB", "CPU s", "Goal", "")
    table = tables.table(*names, title="Measured", right=("Accounts", "Peak MB", "CPU s"))
    for step, results in found.items():
        if not results:
            continue
        for size, result in results.items():
            table.add_row(step, f"{size:,}", f"{result.peak / 2**20:,.0f}", f"{result.seconds:,.1f}", "", "")
        peak, time = growths(results)
        reached = "yes" if peak <= PEAK_GOAL and time <= TIME_GOAL else "no"
        goal = f"<= {PEAK_GOAL}, {TIME_GOAL} an account"
        table.add_row(step, "growth", f"{peak:.2f}", f"{time:.2f}", goal, reached)
    return table


def forecast_rows(found: Found) -> list[list[str]]:
    """Return what follows by arithmetic: what, how much of it for each of FORECAST, and from what."""
    rows = [[f"{step}: {CALLS[step]}", *_seconds(step, results), "measured CPU"] for step, results in found.items()]
    parts = Measured.read().parts
    for unit, name in COUNTED.items():
        rows.append([name, *(f"{counted(parts, unit, size):,.0f}" for size in FORECAST), "counted calls"])
    rows += [[quota.what, *(f"{quota.needed(size):,.0f}" for size in FORECAST), quota.source] for quota in QUOTAS]
    return rows + [[what, *(f"{number:,}" for _ in FORECAST), source] for what, number, source in SAME_FOR_ALL]


def counted(parts: Mapping[str, Mapping[str, Mapping[str, float]]], unit: str, accounts: int) -> float:
    """Return how much of a unit a month of so many accounts asks for: an invoice of 4 lines each, batches of 100."""
    times = {"invoice": accounts, "line": 4 * accounts, "batch": accounts / BATCH}
    return sum(
        number * parts[stage].get(thing, {}).get(unit, 0.0) for stage in STAGES for thing, number in times.items()
    )


def growths(results: Mapping[int, flat.Flatness]) -> tuple[float, float]:
    """Return how the peak grows from the least to the most accounts, and the CPU of an account.

    The CPU is compared with that of the least size that takes long enough to be measured.
    """
    least, most = min(results), max(results)
    measurable = min((size for size, each in results.items() if each.seconds >= LEAST_SECONDS), default=most)
    of_an_account = [results[size].seconds / size for size in (most, measurable)]
    return results[most].peak / results[least].peak, of_an_account[0] / (of_an_account[1] or 1)


def _seconds(step: str, results: Mapping[int, flat.Flatness]) -> list[str]:
    """Return how long a step computes, at the share of a vCPU that its memory buys."""
    if not results:
        return ["" for _ in FORECAST]
    most = max(results)
    each = results[most].seconds / most / min(FUNCTION_MEGABYTES[step] / MEGABYTES_A_VCPU, 1)
    return [f"{size * each:,.0f}" for size in FORECAST]


if __name__ == "__main__":
    sys.exit(main())
