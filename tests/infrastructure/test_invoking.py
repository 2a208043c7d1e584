"""Who waits for a function waits longer than it may take, and nobody but invoking.py waits for one."""

import re
from pathlib import Path

from billproof_ops.invoking import functions
from billproof_ops.paths import ROOT
from billproof_ops.template import read_template

_WAITING = re.compile(r"\.invoke\((?![^)]*InvocationType=\"Event\")[^)]*FunctionName")


def test_no_function_takes_longer_than_its_caller_waits() -> None:
    template = read_template()
    seconds = [
        resource["Properties"].get("Timeout", template["Globals"]["Function"]["Timeout"])
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    assert len(seconds) > 50
    assert functions().meta.config.read_timeout > max(seconds)


def test_functions_are_waited_for_in_one_place() -> None:
    paths = [path for folder in ("shared", "ops", "demo", "functions") for path in (ROOT / folder).rglob("*.py")]
    assert [path.name for path in paths if _waits(path)] == ["invoking.py"]


def _waits(path: Path) -> bool:
    return bool(_WAITING.search(path.read_text(encoding="utf-8")))
