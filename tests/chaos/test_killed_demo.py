"""`make demo` is killed several times in a row, from the first one on; the next ends as if nobody had disturbed it.

empty folder -> killed -> killed -> killed -> played to its end = the demo of another empty folder
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from billproof_ops.local import server
from billproof_ops.paths import ROOT
from tests.support.levels import LEVEL, SEED

COMMAND = [sys.executable, "-m", "billproof_ops", "demo"]
LONGEST_SECONDS = 600
KILLS_IN_A_ROW = 3


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT / 'ops'}", "BILLPROOF_BUILD": str(folder)}


def demo(folder: Path) -> dict[str, Any]:
    """Play the demo to its end and return what lasts: invoices, decisions, balances, postings, proofs."""
    done = subprocess.run(
        COMMAND, check=False, cwd=ROOT, env=environment(folder), timeout=LONGEST_SECONDS, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    summary = json.loads((folder / "demo" / "summary.json").read_text())
    kept = {name: summary[name] for name in ("invoices", "decisions", "reconciliations", "totals")}
    assert all(balance["balances"] for balance in summary["balances"])
    assert all(not proof["differences"] for proof in summary["proofs"])
    return kept


def kill(folder: Path, seconds: float) -> None:
    """Start the demo and kill it after a while; its stack lives on, as after a closed terminal."""
    killed = subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    if killed.poll() is None:
        os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], float]:
    started = time.monotonic()
    return demo(tmp_path_factory.mktemp("undisturbed")), time.monotonic() - started


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    server.stop(tmp_path / "local")


def moments() -> list[list[float]]:
    """Return N rounds of parts of the demo's time at which it is killed."""
    generator = random.Random(SEED)
    return [[generator.random() for _ in range(KILLS_IN_A_ROW)] for _ in range(LEVEL)]


def named(parts: list[float]) -> str:
    return f"{'-'.join(f'{part:.0%}' for part in parts)}-seed-{SEED}"


@pytest.mark.parametrize("parts", moments(), ids=named)
def test_a_demo_that_was_killed_again_and_again_ends_like_one_that_was_not(
    parts: list[float], undisturbed: tuple[dict[str, Any], float], folder: Path
) -> None:
    expected, seconds = undisturbed
    for part in parts:
        kill(folder, part * seconds)
    assert demo(folder) == expected
