"""`make lab`: plays every cause at every strength, mixtures, and clean populations; writes build/lab and docs/lab.json.

PROCESSES=2 play at once. CAUSES=lost_on_the_way,paid_short plays these alone, and writes build/lab only.
"""

import gc
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lab.clean import clean_population
from lab.injectors.registered import CAUSES
from lab.judging import judge, judge_mixture
from lab.page import page
from lab.playing import clean_company
from lab.scene import Strength
from lab.table import TABLE, write_tables
from tests.lives.in_process import in_one_process

FOLDER = Path("build/lab")
FAILED = "failed"
MIXTURES = 8
WORLDS, ACCOUNTS_OF_A_WORLD = 8, 250
"""The large company: 2,000 accounts, in worlds that are played side by side, each with a seed of its own."""

type Task = tuple[str, Any]


def tasks(names: list[str]) -> Iterator[Task]:
    """Yield everything that is to be played."""
    yield from (("leak", (name, strength)) for name in names for strength in Strength)
    if set(names) == set(CAUSES):
        yield "clean", ("flights", {})
        for number in range(WORLDS):
            yield "clean", ("company", {"accounts": ACCOUNTS_OF_A_WORLD, "seed": 1000 + number})
        yield from (("mixture", number) for number in range(MIXTURES))


def played(task: Task) -> tuple[str, list[dict[str, Any]]]:
    """Play a task in this process, and return what came of it as JSON has it."""
    logging.disable(logging.CRITICAL)
    try:
        with in_one_process():
            results = list(_played(*task))
    except Exception as error:  # noqa: BLE001 - one that cannot be played is told of at the end, with the others' results
        return FAILED, [{"task": str(task), "error": repr(error)}]
    gc.collect()
    return task[0], results


def _played(kind: str, arguments: Any) -> Iterator[dict[str, Any]]:
    match kind:
        case "clean":
            yield asdict(clean_population(*arguments))
        case "mixture":
            yield from (result.as_json() for result in judge_mixture(arguments, clean_company()))
        case _:
            name, strength = arguments
            yield judge(name, strength, clean_company()).as_json()


def main() -> int:
    """Play, report, and return 0, or 1 where something could not be played; a goal that is missed is no failure."""
    names = [name for name in os.environ.get("CAUSES", "").split(",") if name] or list(CAUSES)
    processes, started = int(os.environ.get("PROCESSES", "2")), time.monotonic()
    results: dict[str, list[dict[str, Any]]] = {"clean": [], "mixture": [], "leak": [], FAILED: []}
    todo = list(tasks(names))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with get_context("spawn").Pool(processes) as pool, (FOLDER / "results.jsonl").open("w", buffering=1) as log:
        for number, (kind, came) in enumerate(pool.imap_unordered(played, todo), start=1):
            results[kind] += came
            log.writelines(f"{json.dumps({'kind': kind, **one})}\n" for one in came)
            sys.stderr.write(f"\r{number} of {len(todo)}")
    order = list(CAUSES)
    for kind in ("leak", "mixture"):
        results[kind].sort(key=lambda one: (order.index(one["cause"]), list(Strength).index(one["strength"])))
    results["clean"].sort(key=lambda one: (one["population"], one["invoices"]))
    failed = results.pop(FAILED)
    text = json.dumps(results, indent=1) + "\n"
    (FOLDER / "report.json").write_text(text)
    (FOLDER / "report.html").write_text(page(results))
    if set(names) == set(CAUSES) and not failed:
        TABLE.write_text(text)
        write_tables()
    sys.stderr.write(f"\n{FOLDER}/report.html, {time.monotonic() - started:.0f} s\n")
    sys.stderr.writelines(f"{one['task']}: {one['error']}\n" for one in failed)
    return 1 if failed else 0
