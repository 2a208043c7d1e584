"""`make bench`: measures, prints and writes build/bench.json."""

import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from rich.console import Console

from billproof_ops import tables
from billproof_ops.paths import BUILD
from tests.bench import clickhouse, compacted, cost, digests, http, imports, race, ratios


def main() -> int:
    """Measure everything; exit 0 whatever comes out: machines are noisy, and a goal that is missed is printed so."""
    console = Console()
    measures = []
    for what in (
        lambda: ratios.aggregation(500_000),
        lambda: digests.digests(500_000),
        lambda: clickhouse.deduplicating(500_000),
        lambda: compacted.compacted(1_000_000),
        lambda: ratios.ingest(200_000),
        lambda: ratios.invoice(500),
        ratios.peak_memory,
        ratios.growth,
        http.measure,
        imports.measure,
        race.race,
    ):
        found = what()
        measures += found if isinstance(found, list) else [found]
        console.print(f"{measures[-1].name}: {measures[-1].value}")
    priced, units = cost.measures()
    measures += priced
    table = tables.table("Measure", "Value", "Goal", "", "How", title="Bench", right=("Value",))
    for each in measures:
        table.add_row(each.name, f"{each.value:,}", each.goal, "yes" if each.reached else "no", each.detail)
    console.print(table)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    report: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, {memory / 2**30:.0f} GiB",
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "measures": [asdict(each) for each in measures],
    }
    measured = {"as_of": report["when"][:10], "machine": report["machine"], "how": "make bench", "parts": units}
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps(report, indent=1) + "\n")
    (BUILD / "measured.json").write_text(json.dumps(measured, indent=1) + "\n")
    console.print(f"Written: {BUILD / 'bench.json'}, and {BUILD / 'measured.json'} for billproof costs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
