"""A month of a real size, and what people wait for: its run, its proof, a simulation; the command, and the demo."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from billproof.adapters.sharing import shared_sources
from billproof.masterdata.meters import Meter
from billproof.pipeline.simulating import simulate
from billproof.proof.service import prove_run
from billproof_ops.paths import ROOT
from tests.bench import month
from tests.bench.ratios import Measure
from tests.support.world import INC, JANUARY, World

RUN_GOAL, PROVE_GOAL, SIMULATE_GOAL = 180, 60, 30
HELP_GOAL, DEMO_GOAL, YEAR_GOAL = 0.2, 30, 180
HELPS = 7
COMMAND = (sys.executable, "-m", "billproof_ops")


def usual() -> list[Measure]:
    """Run, prove and simulate a month of 4,372 accounts and 19,928 events in memory, by one process."""
    accounts, events = month.USUAL
    world = month.month(accounts, events)
    started = time.perf_counter()
    statement = world.bill()
    ran = time.perf_counter() - started
    if statement.released != accounts:
        raise AssertionError(statement.findings)
    world.post_all()
    simulated = _simulated(world, accounts)
    started = time.perf_counter()
    proof = prove_run(f"{INC}-{JANUARY}-001", stores=world.stores())
    proved = time.perf_counter() - started
    if proof.differences:
        raise AssertionError(proof.differences[0])
    what = f"{accounts:,} accounts, {events:,} events, stores in memory, one process"
    named = (("run", ran, RUN_GOAL), ("run prove", proved, PROVE_GOAL), ("simulate", simulated, SIMULATE_GOAL))
    return [
        Measure(f"{name} of a usual month, seconds", round(took, 1), f"<= {goal}", took <= goal, what, headline=True)
        for name, took, goal in named
    ]


def _simulated(world: World, accounts: int) -> float:
    """Price the month under a new version of a meter, which concerns everybody."""
    meter = world.directory.meters()[0]
    changed = Meter.model_validate(meter.model_dump(mode="json") | {"version": meter.version + 1})
    started = time.perf_counter()
    simulation = simulate(
        legal_entity=INC,
        period=JANUARY,
        changes=[changed],
        sources=shared_sources(world.preview_sources()),
        now=world.now(),
    )
    if simulation.accounts != accounts:
        raise AssertionError(simulation)
    return time.perf_counter() - started


def command() -> Measure:
    """How long `billproof --help` takes, the least of some turns."""
    took = []
    for _ in range(HELPS):
        started = time.perf_counter()
        subprocess.run([*COMMAND, "--help"], check=True, capture_output=True, cwd=ROOT)
        took.append(time.perf_counter() - started)
    least = min(took)
    return Measure(
        "billproof --help, seconds",
        round(least, 3),
        f"<= {HELP_GOAL}",
        least <= HELP_GOAL,
        f"the least of {HELPS} turns",
        headline=True,
    )


def demo() -> list[Measure]:
    """How long the demo's month takes where everything is warm but the stack, and with YEAR=1 the year."""
    _played("2013-01")  # packages are compiled and cached
    measures = [_measured("the demo's month", "2013-01", DEMO_GOAL)]
    return measures + ([_measured("the demo's year", "2013", YEAR_GOAL)] if os.environ.get("YEAR") else [])


def _measured(name: str, period: str, goal: int) -> Measure:
    seconds, phases = _played(period)
    longest = sorted(phases.items(), key=lambda phase: -phase[1])[:5]
    detail = "a new stack, everything else warm; " + ", ".join(f"{phase} {took:.1f} s" for phase, took in longest)
    return Measure(f"{name}, seconds", round(seconds, 1), f"<= {goal}", seconds <= goal, detail, headline=True)


def _played(period: str) -> tuple[float, dict[str, float]]:
    """Play the demo in a folder of its own; return how long that took, and its phases."""
    with tempfile.TemporaryDirectory(prefix="billproof-bench-") as folder:
        environment = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
        environment["BILLPROOF_BUILD"] = folder
        started = time.perf_counter()
        subprocess.run(
            [*COMMAND, "demo", "--period", period], check=True, capture_output=True, cwd=ROOT, env=environment
        )
        took = time.perf_counter() - started
        phases: dict[str, float] = json.loads((Path(folder) / "demo" / "timings.json").read_text())
        return took, phases
