"""A month of a real size, and what people wait for: its run, its proof, a simulation; the command, and the demo."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from billproof.adapters.sharing import shared_sources
from billproof.crews import Alone, Crew
from billproof.masterdata.meters import Meter
from billproof.pipeline.simulating import PartSources, Simulation, simulate
from billproof.proof.reading import RunReads
from billproof.proof.service import prove_run
from billproof_ops.paths import ROOT
from billproof_ops.processes import crew
from billproof_ops.progressing import HowFar
from tests.bench import filed, load, month
from tests.bench.ratios import Measure
from tests.support.world import INC, JANUARY, World

RUN = f"{INC}-{JANUARY}-001"
RUN_GOAL, PROVE_GOAL, SIMULATE_GOAL = 180, 60, 30
HELP_GOAL, DEMO_GOAL, YEAR_GOAL = 0.2, 30, 180
HELPS = 7
COMMAND = (sys.executable, "-m", "billproof_ops")


def usual() -> list[Measure]:
    """Run, prove and simulate a month of 4,372 accounts and 19,928 events, by as many processes as there are CPUs."""
    accounts, events = month.USUAL
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        world = filed.world(path)
        load.fill(world, accounts)
        load.ingest(world, load.calls(events, accounts=accounts, days=30, first=2))
        statement, ran = _timed(world.bill)
        if statement.released != accounts:
            raise AssertionError(statement.findings)
        world.post_all()
        simulation, simulated = _timed(lambda: _simulation(world, path))
        if simulation.accounts != accounts:
            raise AssertionError(simulation)
        crews = partial(_proving, folder=path)
        proof, proved = _timed(lambda: prove_run(RUN, stores=world.stores(), crews=crews))
        if proof.differences:
            raise AssertionError(proof.differences[0])
    what = f"{accounts:,} accounts, {events:,} events, stores in files"
    named = (("run", ran, RUN_GOAL), ("run prove", proved, PROVE_GOAL), ("simulate", simulated, SIMULATE_GOAL))
    return [
        Measure(
            f"{name} of a usual month, seconds",
            round(took, 1),
            f"<= {goal}",
            took <= goal,
            f"{what}, {'one process' if name == 'run' else f'{os.process_cpu_count()} processes'}",
            headline=True,
        )
        for name, took, goal in named
    ]


def _timed[T](work: Callable[[], T]) -> tuple[T, float]:
    """Return what some work returns, and the seconds that it took."""
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def _simulation(world: World, folder: Path) -> Simulation:
    """Price the month under a new version of a meter, which concerns everybody, as `billproof simulate` does."""
    meter = world.directory.meters()[0]
    changed = Meter.model_validate(meter.model_dump(mode="json") | {"version": meter.version + 1})
    sources = shared_sources(world.preview_sources())
    with crew(Alone(lambda: sources), _sources, folder, most=filed.BUCKETS, how_far=HowFar()) as gathered:
        return simulate(
            legal_entity=INC, period=JANUARY, changes=[changed], sources=sources, now=world.now(), crew=gathered
        )


def _sources(folder: Path) -> PartSources:
    world = filed.world(folder)
    return lambda: shared_sources(world.preview_sources())


@contextmanager
def _proving(reads: RunReads, at_hand: Path, *, folder: Path) -> Iterator[Crew[RunReads]]:
    """Gather a crew for a proof, as `billproof run prove` does."""
    most = len(reads.plan.batches)
    with crew(Alone(reads), _reads, folder, at_hand, most=most, how_far=HowFar()) as gathered:
        yield gathered


def _reads(folder: Path, at_hand: Path) -> RunReads:
    return RunReads.in_another_process(RUN, filed.world(folder).stores(), at_hand)


def command() -> Measure:
    """How long `billproof --help` takes, the least of some turns."""
    took = []
    for _ in range(HELPS):
        started = time.perf_counter()
        subprocess.run([*COMMAND, "--help"], check=True, capture_output=True, cwd=ROOT)
        took.append(time.perf_counter() - started)
    least = min(took)
    return Measure(
        "the help text of the command, seconds",
        round(least, 3),
        f"<= {HELP_GOAL}",
        least <= HELP_GOAL,
        f"the least of {HELPS} turns",
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
