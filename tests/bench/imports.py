"""What a cold start pays before its handler runs: CPU and memory of importing each function, in its own process.

The layers ship bytecode, so a first turn writes it and is not counted. A machine that does other work takes up to three
times as long: what a function of the API adds is compared with the libraries that it cannot do without, in turns.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from billproof_ops.paths import ROOT
from tests.bench.ratios import Measure

FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
TURNS = 5
GOAL_MILLISECONDS, GOAL_MEGABYTES = 350, 60
HTTP_GOAL = 1.5
"""A person waits for the functions of the API: at most so many times the CPU of the libraries alone. Where those take
165 ms, a function takes 250."""
HTTP = {name for name in FUNCTIONS if "from billproof.api." in (ROOT / "functions" / name / "app.py").read_text()}
HEAVY = {"aggregate_usage", "deliver_einvoice", "deliver_invoice"}
"""Aggregation and documents may take more memory: DuckDB and typst are what they do."""
HEAVY_PACKAGES = ["duckdb", "boto3", "typst", "stripe", "babel", "segno", "facturx", "lxml", "pypdf", "saxonche"]

LIBRARIES = """
import aws_lambda_powertools.metrics, botocore.session
from pydantic import BaseModel

class Any(BaseModel):
    field: str
"""
"""What no function can do without: pydantic with a model, powertools' logs and metrics, and botocore."""

_SCRIPT = f"""
import json, re, resource, sys
from pathlib import Path
start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
import app
used = resource.getrusage(resource.RUSAGE_SELF).ru_utime - start
status = Path("/proc/self/status").read_text()  # ru_maxrss would be that of the process that started this one
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) // 1024
heavy = [name for name in {HEAVY_PACKAGES} if name in sys.modules]
print(json.dumps({{"milliseconds": round(used * 1000), "megabytes": peak, "heavy": heavy}}))
"""


def imported(folder: Path, bytecode: Path) -> dict[str, Any]:
    """Import the entry file in a folder as Lambda does, in a process of its own, and say what that took."""
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SCRIPT],
        env={
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": os.pathsep.join((str(ROOT / "shared"), str(folder))),
            "PYTHONPYCACHEPREFIX": str(bytecode),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


def measure() -> list[Measure]:
    """Measure every function: the least of several turns, which other work on the machine disturbs least."""
    with tempfile.TemporaryDirectory() as folder:
        return [_measured(function, Path(folder)) for function in FUNCTIONS]


def _measured(function: str, folder: Path) -> Measure:
    (folder / "app.py").write_text(LIBRARIES)
    bytecode = folder / "bytecode"
    ours = ROOT / "functions" / function
    pairs = [(imported(ours, bytecode), imported(folder, bytecode)) for _ in range(1 + TURNS)][1:]
    turns = [turn for turn, _ in pairs]
    milliseconds = min(turn["milliseconds"] for turn in turns)
    megabytes = max(turn["megabytes"] for turn in turns)
    ratio = statistics.median(turn["milliseconds"] / bare["milliseconds"] for turn, bare in pairs)
    detail = f"{milliseconds} ms, {megabytes} MB; {', '.join(turns[0]['heavy']) or 'nothing heavy'}"
    if function in HTTP:
        name, goal = f"import of {function}, of its libraries' CPU", f"<= {HTTP_GOAL}, {GOAL_MEGABYTES} MB"
        return Measure(name, round(ratio, 2), goal, ratio <= HTTP_GOAL and megabytes <= GOAL_MEGABYTES, detail)
    reached = milliseconds <= GOAL_MILLISECONDS and (megabytes <= GOAL_MEGABYTES or function in HEAVY)
    goal = f"<= {GOAL_MILLISECONDS}, {GOAL_MEGABYTES} MB"
    return Measure(f"import of {function}, ms of user CPU", milliseconds, goal, reached, detail)
