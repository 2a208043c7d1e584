"""docs/first-hour.md as a newcomer plays it: every command as it stands there, on a stack that the page starts."""

import os
import subprocess
import sys
from pathlib import Path

from billproof_ops.paths import ROOT
from tests.support.pages import commands_of

PAGE = ROOT / "docs" / "first-hour.md"
SET_UP = ("make setup", "export PATH=")
"""What made the environment that this test runs in."""


def test_the_first_hour_runs_as_it_is_written(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "billproof"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m billproof_ops "$@"\n')
    command.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "PATH": f"{command.parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT / 'ops'}",
        "BILLPROOF_BUILD": str(tmp_path / "build"),
        "COLUMNS": "200",
        "SFN_WAIT_SCALE": "0.1",
    }
    try:
        for shown in commands_of(PAGE):
            if shown.command.startswith(SET_UP):
                continue
            words = ["bash", "-c", shown.command]
            done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            printed = done.stdout + done.stderr
            assert done.returncode == 0, f"{shown.command}: {printed}"
            assert shown.missing(printed) == [], f"{shown.command}: {printed}"
    finally:
        subprocess.run(["billproof", "local", "down"], env=environment, check=False, capture_output=True)
