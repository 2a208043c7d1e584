"""Calling the API with schemathesis."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from billproof.access.scopes import Client, Scope
from billproof_ops.local.people import local_identity
from billproof_ops.openapi import FILE
from billproof_ops.paths import ROOT
from tests.support.fakes import MemoryCallLimits
from tests.support.gateway import Answer, Gateway, served
from tests.support.invoking import billed_world
from tests.support.webhooks import webhook_ports
from tests.support.world import EUROPE, INC, World

TOOL = ROOT / ".fuzz" / "bin" / "schemathesis"
WHERE = ROOT / "build" / "fuzz"
"""Where schemathesis keeps what it failed at, to try it again first."""
HERE = Path(__file__).parent
MACHINE = "fuzzer"
CHAINS = 24
"""How many chains are drawn for each of the EXAMPLES."""
_FOLLOWED = re.compile(r"API Links: +(\d+) covered")
Calls = Callable[..., Answer]


class EndlessCallLimits(MemoryCallLimits):
    """A caller may make as many calls as it likes."""

    burst = 100_000_000


def world() -> World:
    """A billed month of both companies; a system may do in both what no person has the scope for."""
    billed = billed_world()
    billed.call_limits = EndlessCallLimits()
    billed.__dict__.update(webhook_ports(billed))
    machine = Client(id=MACHINE, identities=(local_identity(MACHINE),), scopes=tuple(Scope), sources=())
    for entity in (INC, EUROPE):
        policy = billed.directory.policy(entity)
        billed.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": (machine,)}))
    billed.access._read_at = None
    return billed


def in_process() -> Calls:
    """Answer calls in this process, over a world in memory."""
    return Gateway(world(), MACHINE).answer


def single_requests(answer: Calls) -> subprocess.CompletedProcess[str]:
    """Make requests one by one, EXAMPLES of each route (5)."""
    return _run(answer, "schemathesis.toml", _examples(), "--phases", "examples,coverage,fuzzing")


def chains(answer: Calls) -> subprocess.CompletedProcess[str]:
    """Make chains of requests by the links of the document; they begin with sound values (sound.py)."""
    hooks = {"SCHEMATHESIS_HOOKS": str(HERE / "sound.py")}
    return _run(answer, "chains.toml", CHAINS * _examples(), "--phases", "stateful", environment=hooks)


def links_followed(result: subprocess.CompletedProcess[str]) -> int:
    """Return how many links of the document were followed with a value of the answer before."""
    return int(_FOLLOWED.findall(result.stdout)[-1])


def _examples() -> int:
    return int(os.environ.get("EXAMPLES", "5"))


def _run(
    answer: Calls, configuration: str, examples: int, *more: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run schemathesis against what answers, drawn with SEED."""
    with served(answer) as address:
        command = [
            *(os.environ.get("SCHEMATHESIS", str(TOOL)), "--config-file", str(HERE / configuration), "run", str(FILE)),
            *("--url", address, "--max-examples", str(examples), "--seed", os.environ.get("SEED", "1")),
            *("--workers", "1", "--no-color", "--continue-on-failure", *more),
        ]
        WHERE.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            command, cwd=WHERE, capture_output=True, text=True, check=False, env=os.environ | (environment or {})
        )
