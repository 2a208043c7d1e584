"""`make bench`: measures, prints and writes build/bench.json; ONLY=race,live measures these suites anew.

What is not measured anew stays in the file as it was, with the day of its own.
"""

import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from billproof_ops import tables
from billproof_ops.paths import BUILD, ROOT
from tests.bench import chain, clickhouse, compacted, cost, digests, drawn, http, imports, live, race, ratios, usual
from tests.bench.ratios import Measure

KEPT = ROOT / "docs" / "bench.json"
"""What the pages show: `make docs` writes their tables from it. A copy of build/bench.json."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _cost() -> list[Measure]:
    """Measure what a month costs, and write the units for `billproof costs`."""
    measures, units = cost.measures()
    BUILD.mkdir(exist_ok=True)
    measured = {"as_of": _now()[:10], "machine": platform.machine(), "how": "make bench", "parts": units}
    (BUILD / "measured.json").write_text(json.dumps(measured, indent=1) + "\n")
    return measures


SUITES: dict[str, Callable[[], Measure | list[Measure]]] = {
    "aggregation": lambda: ratios.aggregation(500_000),
    "digests": lambda: digests.digests(500_000),
    "clickhouse": lambda: clickhouse.deduplicating(500_000),
    "compacted": lambda: compacted.compacted(1_000_000),
    "live": live.live,
    "ingest": lambda: ratios.ingest(200_000),
    "invoice": lambda: ratios.invoice(500),
    "drawn": drawn.drawn,
    "chain": chain.chain,
    "memory": ratios.peak_memory,
    "growth": ratios.growth,
    "http": http.measure,
    "imports": imports.measure,
    "race": race.race,
    "usual": usual.usual,
    "command": usual.command,
    "demo": usual.demo,
    "cost": _cost,
}


def main() -> int:
    """Measure everything; exit 0 whatever comes out: machines are noisy, and a goal that is missed is printed so."""
    console = Console()
    wanted = os.environ.get("ONLY")
    names = wanted.split(",") if wanted else list(SUITES)
    if unknown := set(names) - SUITES.keys():
        console.print(f"there is no {', '.join(sorted(unknown))}: {', '.join(SUITES)}")
        return 2
    BUILD.mkdir(exist_ok=True)
    suites: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        found = SUITES[name]()
        measures = found if isinstance(found, list) else [found]
        suites[name] = [asdict(each) | {"when": _now()[:10]} for each in measures]
        for each in measures:
            console.print(f"{each.name}: {each.value:,} ({each.goal}{'' if each.reached else ', missed'})")
        report = merged(suites)  # written each time: measuring all takes long
        (BUILD / "bench.json").write_text(json.dumps(report, indent=1) + "\n")
    _show(report["suites"], console)
    console.print(f"Written: {BUILD / 'bench.json'}; copied to {KEPT}, 'make docs' puts it into the pages")
    return 0


def merged(suites: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Return a report with what was measured, and what is known of the suites that were not."""
    known = next((_suites(path) for path in (BUILD / "bench.json", KEPT) if path.exists()), {})
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "when": _now(),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, {memory / 2**30:.0f} GiB",
        "load": round(os.getloadavg()[2], 1),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "suites": {name: suites.get(name) or known[name] for name in SUITES if name in suites or name in known},
    }


def _suites(path: Path) -> dict[str, Any]:
    suites: dict[str, Any] = json.loads(path.read_text()).get("suites", {})
    return suites


def _show(suites: Mapping[str, Sequence[Mapping[str, Any]]], console: Console) -> None:
    table = tables.table("Measure", "Value", "Goal", "", "On", "How", title="Bench", right=("Value",))
    for each in (measure for suite in suites.values() for measure in suite):
        verdict = "yes" if each["reached"] else "no"
        table.add_row(each["name"], f"{each['value']:,}", each["goal"], verdict, each["when"], each["detail"])
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
