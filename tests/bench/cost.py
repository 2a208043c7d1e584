"""What a month costs, by everything that AWS bills: months that differ in one thing are played, and compared.

base      20 accounts with 3 charges, one batch, one bucket, 4,000 events in one call of ingestion
the rest  each twice, five or eight times as much of one thing: what it adds is what that thing costs
"""

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import batched
from typing import Any

from billproof.callers import SCHEDULE
from billproof.pipeline.starting import start_billing_run
from billproof_ops.costs.estimate import Company, Measured, estimate
from billproof_ops.costs.prices import Prices
from functions.aggregate_usage import app as aggregate_usage
from functions.anchor_audit import app as anchor_audit
from functions.calculate_tax import app as calculate_tax
from functions.check_completeness import app as check_completeness
from functions.close_billing_run import app as close_billing_run
from functions.compact_usage import app as compact_usage
from functions.deliver_invoice import app as deliver_invoice
from functions.draft_invoices import app as draft_invoices
from functions.ingest_usage import app as ingest_usage
from functions.plan_billing_run import app as plan_billing_run
from functions.plan_compaction import app as plan_compaction
from functions.post_to_erp import app as post_to_erp
from functions.price_usage import app as price_usage
from functions.reconcile import app as reconcile
from functions.release_invoices import app as release_invoices
from functions.start_billing_runs import app as start_billing_runs
from functions.validate_pricing import app as validate_pricing
from tests.bench import load, looked, told
from tests.bench.deployed import AT_ONCE, Clocked, call, deployed, poll, publish, queued, stored
from tests.bench.meter import CHUNK, CostMeter
from tests.bench.ratios import Measure

GOAL = 0.03
RUN = "skymeter-inc-2013-01-001"
STATES_OF_A_BATCH = 9
"""Transitions of one item of InvoiceBatches: the start of its child execution, and eight states of that."""
STATES_OF_A_BUCKET = 2
STATES_OF_A_RUN = 9
STATES_OF_A_ROUND = 3
"""Transitions of a round of compaction that finds nothing to do: it plans, looks, and ends."""
PARTS = {
    "ingestion": ("ingest_usage",),
    "compaction": ("compact_usage",),
    "run": (
        "plan_billing_run",
        "aggregate_usage",
        "check_completeness",
        "price_usage",
        "validate_pricing",
        "calculate_tax",
        "draft_invoices",
        "release_invoices",
        "close_billing_run",
    ),
    "posting": ("post_to_erp",),
    "delivery": ("deliver_invoice",),
    "reconciliation": ("reconcile",),
    "hour": ("start_billing_runs", "plan_compaction"),
    "day": ("anchor_audit",),
    "events": ("publish_events",),
    "minute": (told.MINUTE,),
    "webhook": ("deliver_webhooks",),
    "metrics": ("publish_metrics",),
    "look": (looked.LOOK,),
    "measure": (looked.MEASURE,),
}
"""What a month is made of, and the functions that do it."""


@dataclass(frozen=True, slots=True)
class Month:
    """How much of everything a month has."""

    accounts: int = 20
    lines: int = 3
    events: int = 4_000
    events_a_call: int = 24_000
    buckets: int = 1
    batch_size: int = 100


VARIED = {
    "line": ("lines", 9),
    "invoice": ("accounts", 40),
    "event": ("events", 24_000),
    "call": ("events_a_call", 1_000),
    "bucket": ("buckets", 8),
    "batch": ("batch_size", 10),
}
"""What is varied, and to what."""


@dataclass
class Played:
    """A month that was played: units by stage, calls by operation, and how much of everything there was."""

    units: dict[str, dict[str, float]]
    calls: dict[str, int]
    of_audit: float
    counts: dict[str, int] = field(default_factory=dict)


def play(month: Month) -> Played:
    """Play a month through the handlers: ingestion, compaction, the run, posting, delivery, reconciliation."""
    with deployed(buckets=month.buckets, batch_size=month.batch_size) as (ports, meter):
        publish(ports, month.accounts, lines=month.lines)
        told.register(ports)
        call(ingest_usage, queued([]), ports, CostMeter())  # of a process that knows its buckets by now
        meter.clear()
        calls = _ingest(month, ports, meter)
        ports.moment = AT_ONCE + timedelta(days=40)
        _compact(ports, meter)
        counts = _bill(ports, meter)
        call(reconcile, {"legal_entity": "skymeter-inc", "period": "2013-01"}, ports, meter)
        call(start_billing_runs, {}, ports, CostMeter())  # the other legal entity's run, once
        call(start_billing_runs, {}, ports, meter)
        meter.note("start_billing_runs", "schedule", 2)
        call(anchor_audit, {}, ports, meter)
        told.tell(ports, meter)
        looked.look(ports, meter)
        counts |= {"call": calls, "event": month.events, "bucket": month.buckets}
        counts["line"] = counts["invoice"] * month.lines
        of_audit = meter.dollars_of_table("audit")
        return Played({name: dict(units) for name, units in meter.units.items()}, dict(meter.calls), of_audit, counts)


def _ingest(month: Month, ports: Clocked, meter: CostMeter) -> int:
    bodies = load.bodies(month.events, accounts=month.accounts, days=1)
    number = 0
    for chunk in batched(bodies, max(month.events_a_call // load.EVENTS_PER_MESSAGE, 1), strict=False):
        messages = list(chunk)
        sends = sum(max(math.ceil(len(body) / CHUNK), 1) for body in messages)
        meter.note("ingest_usage", "sqs request", sends, call="sqs SendMessage")
        poll("ingest_usage", meter, messages)
        call(ingest_usage, queued(messages), ports, meter)
        number += 1
    return number


def _compact(ports: Clocked, meter: CostMeter) -> None:
    planned = call(plan_compaction, {}, ports, CostMeter())
    items = stored(ports, planned["items_key"])
    for item in items:
        call(compact_usage, item, ports, meter)
    meter.note("compact_usage", "states transition", STATES_OF_A_BUCKET * len(items), call="states transition")
    call(plan_compaction, {}, ports, meter)  # finds nothing, as most rounds do
    meter.note("plan_compaction", "states transition", STATES_OF_A_ROUND, call="states transition")


def _bill(ports: Clocked, meter: CostMeter) -> dict[str, int]:
    start_billing_run(
        legal_entity="skymeter-inc",
        period="2013-01",
        records=ports.runs,
        workflows=ports.billing_runs,
        directory=ports.directory,
        now=ports.moment,
        grace=ports.settings.grace,
        requested_by=SCHEDULE,
    )
    event = {"run_id": RUN, "legal_entity": "skymeter-inc", "period": "2013-01", "requested_by": SCHEDULE}
    call(plan_billing_run, event, ports, meter)
    batches = stored(ports, f"runs/{RUN}/maps/batches.json")
    buckets = stored(ports, f"runs/{RUN}/maps/buckets.json")
    for item in buckets:
        call(aggregate_usage, item, ports, meter)
    call(check_completeness, {"run_id": RUN}, ports, meter)
    for item in batches:
        for step in (price_usage, validate_pricing, calculate_tax, draft_invoices, release_invoices):
            call(step, item, ports, meter)
    call(close_billing_run, {"run_id": RUN}, ports, meter)
    transitions = STATES_OF_A_RUN + STATES_OF_A_BUCKET * len(buckets) + STATES_OF_A_BATCH * len(batches)
    meter.note("close_billing_run", "states transition", transitions, call="states transition")
    invoices = ports.register.series("skymeter-inc", 2013)
    for queue, consumer in (("post_to_erp", post_to_erp), ("deliver_invoice", deliver_invoice)):
        _consume(queue, consumer, invoices, ports, meter)
    return {"invoice": len(invoices), "batch": len(batches), "run": 1}


def _consume(queue: str, consumer: Any, invoices: list[str], ports: Clocked, meter: CostMeter) -> None:
    for chunk in batched(invoices, 10, strict=False):
        bodies = [json.dumps({"invoice": name, "correlation_id": RUN}) for name in chunk]
        poll(queue, meter, bodies)
        answer = call(consumer, queued(bodies), ports, meter)
        if answer["batchItemFailures"]:
            message = f"{queue} failed"
            raise AssertionError(message)


def measured(base: Month) -> dict[str, dict[str, dict[str, float]]]:
    """Return the units of each part of a month by what they grow with; `base` is what is left of one month."""
    first = play(base)
    others = {thing: play(replace(base, **{name: value})) for thing, (name, value) in VARIED.items()}
    return {part: _grows(first, others, stages) for part, stages in PARTS.items()}


def _grows(first: Played, others: Mapping[str, Played], stages: tuple[str, ...]) -> dict[str, dict[str, float]]:
    before, result = _units_of(first, stages), dict[str, dict[str, float]]()
    left = dict(before)
    for thing, played in others.items():
        more, number = _units_of(played, stages), played.counts[thing] - first.counts[thing]
        adds = {unit: (value - before.get(unit, 0.0)) / number for unit, value in more.items()}
        if thing == "invoice":  # an invoice's own lines are counted as lines
            lines = first.counts["line"] / first.counts["invoice"]
            adds = {unit: value - lines * result["line"].get(unit, 0.0) for unit, value in adds.items()}
        result[thing] = {unit: value for unit, value in adds.items() if value > 0}
        for unit, value in result[thing].items():
            left[unit] = left.get(unit, 0.0) - value * first.counts[thing]
    result["base"] = {unit: value for unit, value in left.items() if value > 0}
    return result


def measures() -> tuple[list[Measure], dict[str, dict[str, dict[str, float]]]]:
    """Measure what a month's parts cost; return the measures and the units, which `billproof costs` multiplies."""
    parts = measured(Month())
    found = Measured(as_of="", machine="", how="", parts=parts)
    company = Company(events=100_000_000, accounts=10_000, invoices=10_000)
    everything = estimate(company, prices=Prices.read(), measured=found)
    events = float(everything.of_a_million_events or 0)
    invoices = float(everything.of_a_thousand_invoices or 0)
    detail = "all that AWS bills, data kept for 400 days; 5,000 events a call, 16 buckets"
    detail_of_run = "all that AWS bills, data kept for 400 days; batches of 100, without e-mail, with daily checks"
    return [
        Measure("dollars for a million events", round(events, 4), "<= 0.03", events <= GOAL, detail, headline=True),
        Measure(
            "dollars for a thousand invoices",
            round(invoices, 4),
            "<= 0.03",
            invoices <= GOAL,
            detail_of_run,
            headline=True,
        ),
    ], parts


def _units_of(played: Played, stages: tuple[str, ...]) -> dict[str, float]:
    units: dict[str, float] = defaultdict(float)
    for stage in stages:
        for unit, number in played.units.get(stage, {}).items():
            units[unit] += number
    return units
