"""What invoices would say: a run of some accounts over stores that keep nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from billproof.approvals.governing import PolicyBook
from billproof.errors import InvalidPeriod
from billproof.findings import Finding
from billproof.invoicing.balance import BalanceChange
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.drafts import Draft
from billproof.invoicing.model import Invoice
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.model import AnyMasterData
from billproof.model import Model
from billproof.periods import Period
from billproof.pipeline.artefacts import AGGREGATION_PLAN, DRAFTED, RUN_PLAN, USAGE, Artefacts
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import plan_billing_run
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes
from billproof.pipeline.steps.calculate_tax import calculate_tax
from billproof.pipeline.steps.draft_invoices import draft_invoices
from billproof.pipeline.steps.price_usage import price_usage
from billproof.pipeline.steps.validate_pricing import validate_pricing
from billproof.pipeline.usages import usage_part
from billproof.ports import Objects, Records
from billproof.tax.port import Engines
from billproof.usage.buckets import Buckets
from billproof.usage.keys import bucket_name
from billproof.usage.model import AggregationPlan

PREVIEW = "preview"
BATCH_SIZE = 100
MOST_YEARS_AHEAD = 10
"""How far ahead a month may be previewed: each month of a contract until then is worked out."""


@dataclass(frozen=True, slots=True)
class PreviewSources:
    """What a preview reads: contracts, invoices, runs, the usage log; over how many buckets it is spread; whom it asks.

    What a preview writes to `contracts` and `objects` must reach nobody: composition gives each preview its overlays.
    """

    contracts: Records
    policies: PolicyBook
    invoices: Records
    runs: Records
    objects: Objects
    buckets: Buckets
    engines: Engines = field(default_factory=dict)


class Previewed(Model):
    """What an account's invoice would say now; without an invoice where none could be drafted, and why.

    `balance` is what it would draw of the customer's balance or leave to it; of a released one, what it did.
    """

    account: str
    outcome: str
    number: str | None
    invoice: Invoice | None
    findings: tuple[Finding, ...]
    balance: BalanceChange | None = None


def preview(
    *,
    legal_entity: str,
    period: str,
    accounts: Sequence[str],
    sources: PreviewSources,
    now: datetime,
    changes: Iterable[AnyMasterData] = (),
    counted: Objects | None = None,
) -> list[Previewed]:
    """Draft the invoices of some accounts (none named: of all) as a run at this moment would, and write nothing.

    The period may still be under way: then it is what was used so far. `changes` are versions of master data that are
    taken as if they were published. Usage that another preview `counted` by the same plan is not counted again.
    Raises NotFound, InvalidPeriod, also for a month that is far ahead, and Conflict where a change's version is taken.
    """
    directory, objects = Directory(sources.contracts, sources.policies), sources.objects
    _refuse_far(period, now)
    for change in changes:
        directory.add(change)
    register = Register(sources.invoices)
    plan_billing_run(
        PlanRequest(
            run_id=PREVIEW,
            legal_entity=legal_entity,
            period=period,
            requested_by=PREVIEW,
            only_accounts=tuple(accounts),
        ),
        ports=PlanPorts(directory, register, objects, sources.runs),
        sizes=RunSizes(buckets=sources.buckets, batch_size=BATCH_SIZE, max_concurrency=1),
        now=now,
        counts_everyone=False,
    )
    artefacts = Artefacts(objects)
    plan = artefacts.read(RUN_PLAN, PREVIEW)
    _count_usage(plan.buckets, counted, objects)
    invoices = []
    for batch in plan.batches:
        price_usage(run_id=PREVIEW, batch_id=batch, objects=objects)
        validate_pricing(run_id=PREVIEW, batch_id=batch, objects=objects)
        calculate_tax(run_id=PREVIEW, batch_id=batch, objects=objects, engines=sources.engines)
        draft_invoices(run_id=PREVIEW, batch_id=batch, objects=objects)
        drafts = artefacts.read(DRAFTED, PREVIEW, batch).drafts
        invoices += [_previewed(draft, register, objects, directory) for draft in drafts]
    return sorted(invoices, key=lambda invoice: invoice.account)


def _refuse_far(period: str, now: datetime) -> None:
    if Period.month(period).start.year - now.year > MOST_YEARS_AHEAD:
        message = f"this month is more than {MOST_YEARS_AHEAD} years ahead"
        raise InvalidPeriod(message)


def _count_usage(buckets: Iterable[int], counted: Objects | None, objects: Objects) -> None:
    from billproof.pipeline.aggregating import aggregate_usage  # DuckDB is loaded where something is aggregated

    for bucket in buckets:
        if counted is None or not _copy_usage(bucket, counted, objects):
            aggregate_usage(run_id=PREVIEW, bucket=bucket, objects=objects)


def _copy_usage(bucket: int, counted: Objects, objects: Objects) -> bool:
    """Copy what was counted in a bucket by the same plan; False where that is another one."""
    key = AGGREGATION_PLAN.key(PREVIEW, bucket_name(bucket))
    plan = objects.get(key)
    if next(iter(counted.keys(key)), None) != key or counted.get(key) != plan:
        return False
    windows = AggregationPlan.model_validate_json(plan).windows
    for batch in {window.batch for window in windows}:
        usage = USAGE.key(PREVIEW, usage_part(batch, bucket))
        objects.put(usage, counted.get(usage))
    return True


def _previewed(draft: Draft, register: Register, objects: Objects, directory: Directory) -> Previewed:
    released = register.released(draft.invoice)
    change = None
    if released is not None:
        change = released.balance
    elif draft.document is not None:
        change = _balance_change(Candidate(draft.invoice, draft.document), register, directory)
    return Previewed(
        account=draft.account,
        outcome=draft.outcome.value,
        number=released.number if released else None,
        invoice=read_invoice(objects, draft.document) if draft.document else None,
        findings=draft.findings,
        balance=change,
    )


def _balance_change(candidate: Candidate, register: Register, directory: Directory) -> BalanceChange | None:
    """Return what a draft would change of its customer's balance; nothing is left where customers have none."""
    change = register.balance_change(candidate)
    chart = directory.legal_entity(candidate.id.legal_entity).chart_of_accounts
    return None if change is not None and change.left.amount and chart.customer_balance is None else change
