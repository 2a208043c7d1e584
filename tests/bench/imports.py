"""What a cold start pays before its handler runs: CPU and memory of importing each function, in its own process."""

import json
import os
import subprocess
import sys
from typing import Any

from billproof_ops.paths import ROOT
from tests.bench.ratios import Measure

FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
TURNS = 5
GOAL_MILLISECONDS, GOAL_MEGABYTES = 350, 60
HTTP_GOAL_MILLISECONDS = 250
"""A person waits for the functions of the API."""
HTTP = {name for name in FUNCTIONS if "@api_call(" in (ROOT / "functions" / name / "app.py").read_text()}
HEAVY = {"aggregate_usage", "deliver_invoice"}
"""Aggregation and documents may take more memory: DuckDB and typst are what they do."""
HEAVY_PACKAGES = ["duckdb", "boto3", "typst", "stripe", "babel"]

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


def imported(function: str) -> dict[str, Any]:
    """Import a function's entry file as Lambda does, in a process of its own, and say what that took."""
    path = os.pathsep.join((str(ROOT / "shared"), str(ROOT / "functions" / function)))
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SCRIPT],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


def measure() -> list[Measure]:
    """Measure every function: the least of several turns, which other work on the machine disturbs least."""
    measures = []
    for function in FUNCTIONS:
        turns = [imported(function) for _ in range(TURNS)]
        milliseconds = min(turn["milliseconds"] for turn in turns)
        megabytes = max(turn["megabytes"] for turn in turns)
        most = HTTP_GOAL_MILLISECONDS if function in HTTP else GOAL_MILLISECONDS
        reached = milliseconds <= most and (megabytes <= GOAL_MEGABYTES or function in HEAVY)
        detail = f"{megabytes} MB; {', '.join(turns[0]['heavy']) or 'nothing heavy'}"
        goal = f"<= {most}, {GOAL_MEGABYTES} MB"
        measures.append(Measure(f"import of {function}, ms of user CPU", milliseconds, goal, reached, detail))
    return measures
