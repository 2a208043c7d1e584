"""The Python client is typed for who installs it: their type checker reads its types, and finds a wrong call."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from billproof_ops.paths import ROOT

RIGHT = """
from billproof_client import Refusal, UsageClient, bearer

def keep(refusal: Refusal) -> None:
    print(refusal.event["id"], refusal.code)

with UsageClient("https://api.example", authorize=bearer("t"), on_refused=keep) as usage:
    usage.send({"specversion": "1.0", "id": "41"})
"""
WRONG = """
from billproof_client import UsageClient

UsageClient(7).send("41")
"""


def test_a_strict_type_checker_takes_a_users_program_and_finds_a_wrong_call(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    shutil.copytree(ROOT / "clients" / "python" / "billproof_client", packages / "billproof_client")
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-executable"]
    checked = subprocess.run(
        [*command, str(tmp_path / "venv" / "bin" / "python"), "right.py", "wrong.py"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    said = checked.stdout.splitlines()
    assert [line for line in said if not line.startswith(("wrong.py:", "Found "))] == [], checked.stderr
    errors = [line.rpartition("[")[2] for line in said if ": error: " in line]
    assert errors == ["call-arg]", "arg-type]", "arg-type]"]
