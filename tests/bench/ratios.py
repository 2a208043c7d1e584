"""The ratios: each measures ours and the bare thing in turns, and takes the median of five."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Annotated

import duckdb
import msgspec

from billproof.invoicing.drafting import draft_account
from billproof.pipeline.artefacts import BATCH_PLAN, Artefacts
from billproof.pricing.service import price_terms
from billproof.tax.service import tax_account
from billproof.usage.aggregation import aggregate
from billproof.usage.model import AggregationPlan
from billproof.usage.windows import by_window
from billproof_ops.paths import ROOT
from tests.bench import load
from tests.support.audited import AuditedMemoryObjects
from tests.support.world import World

ROUNDS = 5
INVOICE_RATIO_GOAL, INVOICE_MILLISECONDS_GOAL = 50, 0.5
PUBLISHED = {"Lago": 10_000, "Stripe": 10_000, "Metronome": 110_000}
"""Events a second that others say they take; Stripe says 1,000, and 10,000 for those who ask."""
LAMBDAS_AT_ONCE = 1_000
"""Calls at once that an account of AWS may have without asking."""


@dataclass(frozen=True)
class Measure:
    """One measured number and what it is to be."""

    name: str
    value: float
    goal: str
    reached: bool
    detail: str
    headline: bool = False
    """Whether README's table has it."""


def cpu_seconds(work: Callable[[], object]) -> float:
    """Measure the CPU time of all threads, in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def side_by_side(ours: Callable[[], object], bare: Callable[[], object]) -> tuple[float, float, float]:
    """Take turns and return the median ratio and both medians; the first turn only warms up."""
    ours()
    bare()
    pairs = [(cpu_seconds(ours), cpu_seconds(bare)) for _ in range(ROUNDS)]
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    return ratio, statistics.median(mine for mine, _ in pairs), statistics.median(theirs for _, theirs in pairs)


def measured(
    name: str,
    goal: float,
    ours: Callable[[], object],
    bare: Callable[[], object],
    what: str,
    *,
    headline: bool = False,
) -> Measure:
    """Measure ours against the bare thing."""
    ratio, mine, theirs = side_by_side(ours, bare)
    detail = f"{what}: {mine:.2f} s of CPU against {theirs:.2f} s"
    return Measure(name, round(ratio, 2), f"<= {goal:g}", ratio <= goal, detail, headline)


def bare_sum(files: Sequence[str]) -> None:
    """Sum and count by account what some segments hold, as DuckDB does it without a guard."""
    with duckdb.connect() as database:
        database.execute("set enable_progress_bar = false")
        database.execute(
            "select subject, sum(cast(data->>'distance' as decimal(38, 15))), count(*) from read_json($files, "
            "columns = {subject: 'VARCHAR', data: 'JSON'}, format = 'newline_delimited', "
            "compression = 'zstd') group by all",
            {"files": files},
        ).fetchall()


def segments_in(folder: Path, world: World) -> list[str]:
    """Write the segments of a world into files."""
    files = []
    for number, key in enumerate(world.objects.keys("usage/")):
        path = folder / f"{number}.ndjson.zst"
        path.write_bytes(world.objects.get(key))
        files.append(str(path))
    return files


def aggregation(events: int) -> Measure:
    """Guarded aggregation against the bare sum that DuckDB makes of the same segments."""
    world = load.world()
    load.ingest(world, load.calls(events))
    plan = load.aggregation_plan(world, "skymeter-inc-2013-01-001")
    with tempfile.TemporaryDirectory() as folder:
        files = segments_in(Path(folder), world)
        return measured(
            "guarded aggregation / bare DuckDB sum",
            1.6,
            lambda: aggregate(plan, objects=world.objects),
            lambda: bare_sum(files),
            f"{events:,} events, {len(files)} segments",
        )


class _Bare(msgspec.Struct):
    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    data: dict[str, str]


def ingest(events: int) -> list[Measure]:
    """From bytes to written segments, against decoding the same bytes into structs, and against json.loads."""
    world = load.world()
    batches = load.calls(events)
    texts = [message.body for batch in batches for message in batch]
    decoder = msgspec.json.Decoder(list[_Bare])

    def ours() -> None:
        world.objects = AuditedMemoryObjects(world.chain)
        load.ingest(world, batches)

    def structs() -> None:
        for text in texts:
            decoder.decode(text)

    def loads() -> None:
        for text in texts:
            json.loads(text)

    what = f"{events:,} events in calls of 5,000"
    return [
        measured("ingest, from bytes to written segments / decoding into msgspec structs", 3.5, ours, structs, what),
        measured("ingest, from bytes to written segments / json.loads", 2.0, ours, loads, what, headline=True),
        _a_second(events, statistics.median(cpu_seconds(ours) for _ in range(ROUNDS))),
    ]


def _a_second(events: int, seconds: float) -> Measure:
    """Events a second of one call of ingest_usage with one CPU, and how many calls at once others' figures take."""
    each = events / seconds
    needed = {name: max(round(number / each + 0.5), 1) for name, number in PUBLISHED.items()}
    calls = ", ".join(f"{needed[name]} for {name}'s {number:,}" for name, number in PUBLISHED.items())
    return Measure(
        f"events a second by ingest_usage, {LAMBDAS_AT_ONCE:,} calls at once, by arithmetic",
        round(each * LAMBDAS_AT_ONCE),
        f">= {max(PUBLISHED.values()):,}",
        each * LAMBDAS_AT_ONCE >= max(PUBLISHED.values()),
        f"one call with one CPU takes {each:,.0f} a second; calls at once: {calls}; calls of 5,000 events",
    )


def invoice(number: int) -> list[Measure]:
    """A priced, taxed and drafted invoice against its bare Decimal arithmetic, and in milliseconds."""
    world = load.world()
    load.ingest(world, load.calls(20_000))
    run = "skymeter-inc-2013-01-001"
    usages = by_window(aggregate(load.aggregation_plan(world, run), objects=world.objects))
    plan = Artefacts(world.objects).read(BATCH_PLAN, run, "0000-0000")
    terms = plan.accounts[0]
    flights, miles = (quantity.quantity for quantity in usages[terms.account.id, plan.period.name].quantities)
    cent = Decimal("0.01")

    def ours() -> None:
        for _ in range(number):
            pricing = price_terms(terms, plan=plan, usages=usages)
            tax = tax_account(terms, pricing.priced, plan=plan)
            draft_account(terms, pricing, tax, (), plan=plan)

    def bare() -> None:
        for _ in range(number):
            nets = [Decimal(2500), Decimal(2500)]
            tiers = ((Decimal(0), Decimal(1000), "1.20", "0"), (Decimal(1000), Decimal(3000), "0.95", "0"))
            total = Decimal(0)
            for low, high, price, fee in (*tiers, (Decimal(3000), flights, "0.70", "100")):
                if flights > low:
                    total += (min(flights, high) - low) * Decimal(price) + Decimal(fee)
            nets.append(total)
            nets.append(miles * Decimal("0.0004125"))
            rounded = [net.quantize(cent, rounding=ROUND_HALF_UP) for net in nets]
            taxes = [(net * Decimal(0) / 100).quantize(cent, rounding=ROUND_HALF_UP) for net in rounded]
            _ = sum(rounded) + sum(taxes)

    return _invoice_measures(number, *side_by_side(ours, bare))


def _invoice_measures(number: int, ratio: float, mine: float, theirs: float) -> list[Measure]:
    detail = f"{number:,} invoices of 4 lines: {mine:.2f} s of CPU against {theirs:.4f} s"
    return [
        Measure(name, round(value, places), f"<= {goal:g}", value <= goal, detail)
        for name, value, places, goal in (
            ("a priced, taxed and drafted invoice / its bare Decimal arithmetic", ratio, 1, INVOICE_RATIO_GOAL),
            ("a priced, taxed and drafted invoice, ms of CPU", mine / number * 1_000, 2, INVOICE_MILLISECONDS_GOAL),
        )
    ]


def peak_memory() -> Measure:
    """Bytes of memory that each further distinct event of one bucket and day costs at the peak."""
    sizes = (200_000, 1_000_000)
    peaks = [_peak(size) for size in sizes]
    each = (peaks[1] - peaks[0]) / (sizes[1] - sizes[0])
    detail = (
        f"one bucket and day: {peaks[0] / 2**20:.0f} MB for {sizes[0]:,}, {peaks[1] / 2**20:.0f} MB for {sizes[1]:,}"
    )
    return Measure("peak bytes for each distinct event", round(each), "<= 250", each <= 250, detail)


def _peak(events: int) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.memory", str(events)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return int(done.stdout)


def growth() -> list[Measure]:
    """CPU time for ten times the events, and for ten times the accounts, over ten: 1 is linear."""
    measures = []
    for name, small, large in (
        ("events", (100_000, 20), (1_000_000, 20)),
        ("accounts", (20_000, 100), (20_000, 1_000)),
    ):
        work = [_month(*size, whole=name == "accounts") for size in (small, large)]
        seconds = [statistics.median(cpu_seconds(each) for _ in range(3)) for each in work]
        factor = seconds[1] / seconds[0] / 10
        detail = f"{seconds[0]:.2f} s and {seconds[1]:.2f} s of CPU"
        title = f"growth from 1x to 10x {name}, over ten"
        measures.append(Measure(title, round(factor, 2), "<= 1.2 (linear)", factor <= 1.2, detail))
    return measures


def _month(events: int, accounts: int, *, whole: bool) -> Callable[[], object]:
    world = load.world(accounts=accounts)
    load.ingest(world, load.calls(events, accounts=accounts))
    run = "skymeter-inc-2013-01-001"
    plan: AggregationPlan = load.aggregation_plan(world, run)
    if not whole:
        return lambda: aggregate(plan, objects=world.objects)
    usages = by_window(aggregate(plan, objects=world.objects))
    artefacts = Artefacts(world.objects)
    batches = [artefacts.read(BATCH_PLAN, run, batch) for batch in artefacts.parts(BATCH_PLAN, run)]

    def invoices() -> None:
        for batch in batches:
            for terms in batch.accounts:
                pricing = price_terms(terms, plan=batch, usages=usages)
                draft_account(terms, pricing, tax_account(terms, pricing.priced, plan=batch), (), plan=batch)

    return invoices
