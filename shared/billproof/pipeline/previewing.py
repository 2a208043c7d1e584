"""What invoices would say: a run of some accounts over stores that keep nothing, and two of them compared."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from billproof.approvals.governing import PolicyBook
from billproof.contracts.model import Contract
from billproof.errors import NotFound
from billproof.findings import Finding
from billproof.ids import shown
from billproof.invoicing.balance import BalanceChange
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.drafts import Draft
from billproof.invoicing.model import Invoice
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.model import AnyMasterData
from billproof.model import Model
from billproof.money import Money, total
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import DRAFTED, RUN_PLAN, Artefacts
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import RunSizes, plan_billing_run
from billproof.pipeline.steps.calculate_tax import calculate_tax
from billproof.pipeline.steps.draft_invoices import draft_invoices
from billproof.pipeline.steps.price_usage import price_usage
from billproof.pipeline.steps.validate_pricing import validate_pricing
from billproof.ports import Objects, Records
from billproof.tax.port import Engines

PREVIEW = "preview"
BATCH_SIZE = 100


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
    buckets: int
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
) -> list[Previewed]:
    """Draft the invoices of some accounts (none named: of all) as a run at this moment would, and write nothing.

    The period may still be under way: then it is what was used so far. `changes` are versions of master data that are
    taken as if they were published. Raises NotFound, InvalidPeriod, and Conflict where a change's version is taken.
    """
    directory, objects = Directory(sources.contracts, sources.policies), sources.objects
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
        directory=directory,
        register=register,
        objects=objects,
        runs=sources.runs,
        sizes=RunSizes(buckets=sources.buckets, batch_size=BATCH_SIZE, max_concurrency=1),
        now=now,
    )
    artefacts = Artefacts(objects)
    plan = artefacts.read(RUN_PLAN, PREVIEW)
    for bucket in plan.buckets:
        aggregate_usage(run_id=PREVIEW, bucket=bucket, objects=objects)
    invoices = []
    for batch in plan.batches:
        price_usage(run_id=PREVIEW, batch_id=batch, objects=objects)
        validate_pricing(run_id=PREVIEW, batch_id=batch, objects=objects)
        calculate_tax(run_id=PREVIEW, batch_id=batch, objects=objects, engines=sources.engines)
        draft_invoices(run_id=PREVIEW, batch_id=batch, objects=objects)
        drafts = artefacts.read(DRAFTED, PREVIEW, batch).drafts
        invoices += [_previewed(draft, register, objects, directory) for draft in drafts]
    return sorted(invoices, key=lambda invoice: invoice.account)


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


class LineChange(Model):
    """A line that would come to something else, in the currency of the books; null where there is no such line."""

    contract: str
    line: str
    before: Money | None
    after: Money | None


class AccountChange(Model):
    """An account whose invoice would come to something else: net amounts, and the lines that make the difference."""

    account: str
    before: Money
    after: Money
    difference: Money
    lines: tuple[LineChange, ...]
    findings: tuple[Finding, ...]


class Simulation(Model):
    """A period under changed terms, against the terms that are there: net of all accounts, and those that differ."""

    legal_entity: str
    period: str
    accounts: int
    before: Money
    after: Money
    difference: Money
    changes: tuple[AccountChange, ...]


def simulate(
    *,
    legal_entity: str,
    period: str,
    changes: Sequence[AnyMasterData],
    sources: Callable[[], PreviewSources],
    now: datetime,
) -> Simulation:
    """Price a whole period as it is and under changed terms, and compare line by line; nothing is written.

    Raises what `preview` raises, and NotFound where there is nothing to compare.
    """
    names = sorted({change.account for change in changes if isinstance(change, Contract)})
    others = [change for change in changes if not isinstance(change, Contract)]
    accounts = [] if others else names
    before = preview(legal_entity=legal_entity, period=period, accounts=accounts, sources=sources(), now=now)
    after = preview(
        legal_entity=legal_entity, period=period, accounts=accounts, sources=sources(), now=now, changes=changes
    )
    known = {invoice.account: invoice for invoice in before}
    currency = Directory(sources().contracts).legal_entity(legal_entity).currency
    compared = [_compare(known.get(invoice.account), invoice, currency) for invoice in after]
    if not compared:
        message = f"the changes affect no account of {shown(legal_entity)}"
        raise NotFound(message)
    sums = [
        total((getattr(change, name) for change in compared), currency) for name in ("before", "after", "difference")
    ]
    return Simulation(
        legal_entity=legal_entity,
        period=period,
        accounts=len(compared),
        before=sums[0],
        after=sums[1],
        difference=sums[2],
        changes=tuple(change for change in compared if change.lines or change.findings),
    )


def _compare(before: Previewed | None, after: Previewed, currency: str) -> AccountChange:
    was, now = _lines(before), _lines(after)
    lines = [
        LineChange(contract=key[0], line=key[1], before=was.get(key), after=now.get(key))
        for key in sorted(was.keys() | now.keys())
        if was.get(key) != now.get(key)
    ]
    net = [total(nets.values(), currency) for nets in (was, now)]
    known = set(before.findings) if before else set()
    return AccountChange(
        account=after.account,
        before=net[0],
        after=net[1],
        difference=net[1] - net[0],
        lines=tuple(lines),
        findings=tuple(finding for finding in after.findings if finding not in known),
    )


def _lines(previewed: Previewed | None) -> dict[tuple[str, str], Money]:
    if previewed is None or previewed.invoice is None:
        return {}
    nets: dict[tuple[str, str], Money] = {}
    for line in previewed.invoice.lines:  # old line ids may be alike
        key = (line.priced.explanation.contract, line.priced.id)
        nets[key] = nets[key] + line.in_books.net if key in nets else line.in_books.net
    return nets
