"""`make demo` is killed at N random moments; the next one ends in the state of a demo that nobody disturbed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from billproof_ops.local import server
from billproof_ops.paths import DEMO, ROOT

SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))
COMMAND = [sys.executable, "-m", "billproof_ops", "demo"]
LONGEST_SECONDS = 600


@pytest.fixture(autouse=True)
def _nobodys_stack() -> None:
    found = server.running()
    assert found is None or found.owner == server.DEMO, "a person's stack is up: 'make down' first"


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT / 'ops'}"}


def demo() -> dict[str, Any]:
    """Play the demo to its end and return what lasts: invoices, decisions, balances, postings, proofs."""
    subprocess.run(COMMAND, check=True, cwd=ROOT, env=environment(), timeout=LONGEST_SECONDS, capture_output=True)
    summary = json.loads((DEMO / "summary.json").read_text())
    kept = {name: summary[name] for name in ("invoices", "decisions", "reconciliations", "totals")}
    assert all(balance["balances"] for balance in summary["balances"])
    assert all(not proof["differences"] for proof in summary["proofs"])
    return kept


@pytest.fixture(scope="module")
def undisturbed() -> tuple[dict[str, Any], float]:
    started = time.monotonic()
    return demo(), time.monotonic() - started


def moments() -> list[float]:
    generator = random.Random(SEED)
    return [generator.random() for _ in range(int(os.environ.get("N", "1")))]


@pytest.mark.parametrize("moment", moments(), ids=lambda moment: f"{moment:.0%}-seed-{SEED}")
def test_a_killed_demo_leaves_nothing_that_the_next_one_does_not_complete(
    moment: float, undisturbed: tuple[dict[str, Any], float]
) -> None:
    expected, seconds = undisturbed
    killed = subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(moment * seconds)
    if killed.poll() is None:
        os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert demo() == expected
