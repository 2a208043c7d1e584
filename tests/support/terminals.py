"""A newcomer's terminal: the command on its path, a folder of its own, and the pages whose commands are typed there."""

import os
import subprocess
import sys
from pathlib import Path

from billproof_ops.paths import ROOT
from tests.support.pages import commands_of

SET_UP = ("make setup", "export PATH=")
"""What made the environment that these tests run in."""


class Terminal:
    """A shell in a folder with the examples of the repository, which knows `billproof` and no AWS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = folder / "bin" / "billproof"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m billproof_ops "$@"\n')
        command.chmod(0o755)
        (folder / "examples").symlink_to(ROOT / "examples")
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
            "PATH": f"{command.parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT / 'ops'}",
            "BILLPROOF_BUILD": str(folder / "build"),
            "COLUMNS": "200",
            "SFN_WAIT_SCALE": "0.1",
        }

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command line."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def play(self, page: str) -> int:
        """Run every command of a page of docs, and say how many; each ends well and prints what the page shows."""
        commands = [shown for shown in commands_of(ROOT / "docs" / page) if not shown.command.startswith(SET_UP)]
        for shown in commands:
            done = self.run(shown.command)
            printed = done.stdout + done.stderr
            assert done.returncode == 0, f"{shown.command}: {printed}"
            assert shown.missing(printed) == [], f"{shown.command}: {printed}"
        return len(commands)
