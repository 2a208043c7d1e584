"""Calling the API with schemathesis."""

import os
import subprocess
from pathlib import Path

from billproof.access.scopes import Client, Scope
from billproof_ops.local.people import local_identity
from billproof_ops.openapi import FILE
from billproof_ops.paths import ROOT
from tests.support.fakes import MemoryCallLimits
from tests.support.gateway import Gateway, served
from tests.support.invoking import billed_world
from tests.support.webhooks import webhook_ports
from tests.support.world import EUROPE, INC, World

TOOL = ROOT / ".fuzz" / "bin" / "schemathesis"
WHERE = ROOT / "build" / "fuzz"
"""Where schemathesis keeps what it failed at, to try it again first."""
MACHINE = "fuzzer"


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


def call(configuration: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run schemathesis against a served world: EXAMPLES of each route (5), drawn with SEED."""
    file = Path(__file__).with_name(configuration)
    examples, seed = os.environ.get("EXAMPLES", "5"), os.environ.get("SEED", "1")
    with served(Gateway(world(), MACHINE).answer) as address:
        command = [
            *(os.environ.get("SCHEMATHESIS", str(TOOL)), "--config-file", str(file), "run", str(FILE)),
            *("--url", address, "--max-examples", examples, "--seed", seed, "--workers", "1", "--no-color", *more),
        ]
        WHERE.mkdir(parents=True, exist_ok=True)
        return subprocess.run(command, cwd=WHERE, capture_output=True, text=True, check=False)
