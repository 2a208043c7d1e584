"""Unbilled exposure: what all accounts of a legal entity owe so far for a month that is not billed yet.

It is priced by the code of a run from the roll-ups that compaction leaves, so it grows with the accounts and hours, not
with the events. Accounts that roll-ups say too little of are counted from the rows of their days, as a run counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from billproof.identities import InvoiceId
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.money import Money
from billproof.periods import instant_text
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, PRICED, RUN_PLAN, USAGE, Artefacts
from billproof.pipeline.earlier_levels import earlier_levels
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import plan_billing_run
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes
from billproof.pipeline.previewing import PREVIEW, PreviewSources
from billproof.pipeline.steps.price_usage import price_usage
from billproof.pipeline.usages import usage_part
from billproof.ports import Objects
from billproof.pricing.model import AccountPricing
from billproof.pricing.reading import Read
from billproof.readings import Reading
from billproof.usage.keys import bucket_name
from billproof.usage.log import days_between
from billproof.usage.model import AccountUsage, AccountWindow, AggregationPlan, BatchUsage

BATCH_SIZE = 100


class ExposedAccount(Model):
    """What an account owes so far, before tax; null where its findings keep it from being priced."""

    account: str
    net: Money | None
    events: int
    findings: tuple[str, ...] = ()


class Exposure(Model):
    """What all accounts owe so far for a month, by currency and by account; and what is not in it.

    `rolled_up` accounts were read from roll-ups alone, `counted` ones from the rows of their days. `newer_segments`
    came after the last compaction of their day: roll-ups do not hold them. `released` accounts have their invoice.
    """

    legal_entity: str
    period: str
    at: str
    totals: tuple[Money, ...]
    accounts: tuple[ExposedAccount, ...]
    rolled_up: int
    counted: int
    released: int
    newer_segments: int

    @property
    def unpriced(self) -> tuple[ExposedAccount, ...]:
        """The accounts of which it is not known what they owe."""
        return tuple(account for account in self.accounts if account.net is None)


def exposure(
    *, legal_entity: str, period: str, sources: PreviewSources, now: datetime, is_fresh: bool = False
) -> Exposure:
    """Return what all accounts owe so far; nothing is kept. Raises NotFound and InvalidPeriod as a preview does.

    What `is_fresh` holds what came after the last compactions, too: accounts with such events are counted from rows.
    """
    directory, register = Directory(sources.contracts, sources.policies), Register(sources.invoices)
    plan_billing_run(
        PlanRequest(run_id=PREVIEW, legal_entity=legal_entity, period=period, requested_by=PREVIEW),
        ports=PlanPorts(directory, register, sources.objects, sources.runs),
        sizes=RunSizes(buckets=sources.buckets, batch_size=BATCH_SIZE, max_concurrency=1),
        now=now,
        counts_everyone=False,
    )
    artefacts = Artefacts(sources.objects)
    plan = artefacts.read(RUN_PLAN, PREVIEW)
    readings = _readings(artefacts, plan.batches)
    counts = [_count(sources.objects, bucket, readings, is_fresh=is_fresh) for bucket in plan.buckets]
    accounts, released = [], 0
    for batch in plan.batches:
        price_usage(run_id=PREVIEW, batch_id=batch, objects=sources.objects)
        for pricing in artefacts.read(PRICED, PREVIEW, batch).accounts:
            invoice = InvoiceId(legal_entity, period, pricing.usage.account)
            if register.released(str(invoice)) is None:
                accounts.append(_exposed(pricing))
            else:
                released += 1
    return Exposure(
        legal_entity=legal_entity,
        period=period,
        at=instant_text(now),
        totals=tuple(_totals(accounts)),
        accounts=tuple(sorted(accounts, key=lambda account: account.account)),
        rolled_up=sum(count.rolled_up for count in counts),
        counted=sum(count.counted for count in counts),
        released=released,
        newer_segments=sum(count.newer for count in counts),
    )


class _BucketCount(Model):
    """How many accounts of a bucket were read in which way, and how many segments are in no roll-up."""

    rolled_up: int
    counted: int
    newer: int


def _readings(artefacts: Artefacts, batches: Iterable[str]) -> Mapping[str, Collection[Reading]]:
    """Return what is read of the usage of each account, its own terms and those of its parent together."""
    by_account: dict[str, set[Reading]] = defaultdict(set)
    for batch in batches:
        plan = artefacts.read(BATCH_PLAN, PREVIEW, batch)
        for terms in plan.accounts:
            read = Read.of(terms.contracts, plan.period).readings
            for member in terms.members:
                by_account[member.id] |= read
    return by_account


def _count(
    objects: Objects, bucket: int, readings: Mapping[str, Collection[Reading]], *, is_fresh: bool
) -> _BucketCount:
    """Write what the accounts of a bucket used: from its roll-ups where they say it, else from its rows."""
    from billproof.usage.rolled_up_usage import read_rollups  # DuckDB is loaded where something is read by it

    artefacts = Artefacts(objects)
    plan = artefacts.read(AGGREGATION_PLAN, PREVIEW, bucket_name(bucket))
    rolled_up = read_rollups(plan, readings, objects, is_fresh=is_fresh)
    usages = [*rolled_up.usages, *_counted(plan, rolled_up.others, artefacts, objects)]
    _write(artefacts, bucket, {window.account: window.batch for window in plan.windows}, usages)
    counted = sum(window.period == plan.period for window in rolled_up.others)
    return _BucketCount(rolled_up=len(rolled_up.usages), counted=counted, newer=rolled_up.newer)


def _counted(
    plan: AggregationPlan, windows: Sequence[AccountWindow], artefacts: Artefacts, objects: Objects
) -> list[AccountUsage]:
    """Count some windows from the rows of their days, as a run does: those of an earlier month have few."""
    from billproof.usage.aggregation import aggregate  # DuckDB is loaded where something is aggregated

    if not windows:
        return []
    days = set(days_between([(window.start, window.end) for window in windows]))
    rest = plan.model_copy(update={"windows": tuple(windows), "days": tuple(day for day in plan.days if day in days)})
    return aggregate(rest, objects=objects, earlier=earlier_levels(artefacts, plan.reads), reads_compacted=True)


def _write(artefacts: Artefacts, bucket: int, batch_of: Mapping[str, str], usages: Iterable[AccountUsage]) -> None:
    by_batch: dict[str, list[AccountUsage]] = defaultdict(list)
    for usage in usages:
        by_batch[batch_of[usage.account]].append(usage)
    for batch, mine in by_batch.items():
        content = BatchUsage(run=PREVIEW, batch=batch, bucket=bucket, accounts=tuple(mine))
        artefacts.write(USAGE, PREVIEW, content, part=usage_part(batch, bucket))


def _exposed(pricing: AccountPricing) -> ExposedAccount:
    priced = pricing.priced
    net = None if priced is None else Money.zero(priced.currency).plus(line.net for line in priced.lines)
    return ExposedAccount(
        account=pricing.usage.account,
        net=net,
        events=sum(usage.counts.distinct for usage in pricing.own),
        findings=tuple(sorted({finding.code for finding in pricing.findings})) if net is None else (),
    )


def _totals(accounts: Iterable[ExposedAccount]) -> Iterable[Money]:
    by_currency: dict[str, list[Money]] = defaultdict(list)
    for account in accounts:
        if account.net is not None:
            by_currency[account.net.currency].append(account.net)
    return (Money.zero(currency).plus(by_currency[currency]) for currency in sorted(by_currency))
