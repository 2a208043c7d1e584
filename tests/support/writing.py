"""A month with something to write of: a contract that changes, a dispute, a variance, a close."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof_ops import cli
from billproof_ops.target import Target
from tests.support.world import World


def on(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Let the command work on a world in memory."""
    target = SimpleNamespace(ports=world)
    monkeypatch.setattr(Target, "find", lambda: target)
    return world


def write(*words: str) -> tuple[int, str]:
    """Run `billproof write`, and return the exit code and all that it printed."""
    result = CliRunner().invoke(cli.app, ("write", *words), env={"COLUMNS": "160", "TERM": "dumb"})
    return result.exit_code, f"{result.output}{result.exception or ''}"
