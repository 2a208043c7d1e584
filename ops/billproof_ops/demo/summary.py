"""build/demo/summary.json: the results of the demo. The schema beside this file is generated from these models.

Every amount and quantity is text.
"""

from typing import Literal

from billproof.approvals.model import ExceptionState
from billproof.conservation.model import ConservationStatement
from billproof.invoicing.facts import InvoiceFacts, Sent
from billproof.invoicing.model import Invoice, InvoiceLine, Released
from billproof.model import decimal_text
from billproof.pipeline.model import RunStatement
from billproof.reconciliation.model import Reconciliation
from billproof_ops.demo.cash_summary import CashSummary
from billproof_ops.demo.equations import EquationSummary, equation_summary
from billproof_ops.model import Shown


class LineSummary(Shown):
    """A line of an invoice."""

    id: str
    kind: str
    charge: str
    description: str
    meter: str | None
    dimension: dict[str, str]
    service_period: tuple[str, str]
    price_model: str
    quantity: str
    included_quantity: str
    amount: str
    tax: str
    total: str


class InvoiceSummary(Shown):
    """An account's invoice of a month; `number` is null while it is held."""

    account: str
    account_name: str
    legal_entity: str
    period: str
    invoice_id: str
    number: str | None
    status: str
    delivered: bool
    sent: Sent
    currency: str
    lines: list[LineSummary]
    net: str
    tax: str
    total: str
    tax_reason: str
    sha256: str


class EventSummary(Shown):
    """Where the events went: received = accepted + quarantined, accepted = the rest."""

    received: int
    accepted: int
    duplicate: int
    conflicting: int
    quarantined: int
    billed: int
    excluded: int
    orphan: int
    late: int
    corrected: int


class RunSummary(Shown):
    """A run of a legal entity and month."""

    run_id: str
    legal_entity: str
    period: str
    accounts: int
    events: EventSummary
    released: int
    already_released: int
    held: int
    findings: list[str]


class ReconciliationSummary(Shown):
    """Invoices against postings."""

    legal_entity: str
    period: str
    currency: str
    invoices: int
    postings: int
    invoiced: str
    posted: str
    variances: list[str]


class ProofSummary(Shown):
    """A run, computed again: what was checked, and what differed."""

    run_id: str
    checked: dict[str, int]
    differences: list[str]


class DecisionSummary(Shown):
    """An exception, who decided it and what became of it."""

    exception: str
    amount: str
    findings: list[str]
    verdict: str
    decided_by: str
    reason: str
    number: str


class BalanceSummary(Shown):
    """A run's conservation statement."""

    run_id: str
    balances: bool
    equations: list[EquationSummary]


class Repeat(Shown):
    """What this demo changed against the books as it found them."""

    first_time: bool
    invoices_before: int
    new_invoices: int
    new_postings: int
    changed_invoices: int
    events_sent_again: int
    new_receipts: int = 0


class Summary(Shown):
    """The whole demo."""

    schema_version: Literal["billproof.demo-summary/1"] = "billproof.demo-summary/1"
    periods: list[str]
    runs: list[RunSummary]
    invoices: list[InvoiceSummary]
    reconciliations: list[ReconciliationSummary]
    proofs: list[ProofSummary]
    decisions: list[DecisionSummary]
    balances: list[BalanceSummary]
    totals: dict[str, dict[str, str]]
    repeat: Repeat
    cash: CashSummary | None = None


def run_summary(statement: RunStatement) -> RunSummary:
    """Shorten a run's statement."""
    events = statement.events
    return RunSummary(
        run_id=statement.run,
        legal_entity=statement.legal_entity,
        period=statement.period.name,
        accounts=statement.accounts,
        events=EventSummary(
            received=events.copies + statement.quarantined,
            accepted=events.copies,
            duplicate=events.duplicate,
            conflicting=events.conflicting,
            quarantined=statement.quarantined,
            billed=events.metered,
            excluded=events.excluded,
            orphan=events.orphan,
            late=events.late,
            corrected=events.corrected + events.retraction + events.unmatched,
        ),
        released=statement.released,
        already_released=statement.already_released,
        held=statement.held,
        findings=[f"{finding.code}: {finding.message}" for finding in statement.findings],
    )


def decision_summary(state: ExceptionState, number: str) -> DecisionSummary:
    """Shorten a decided exception."""
    taken = state.decision
    return DecisionSummary(
        exception=state.opened.id,
        amount=str(state.opened.amount),
        findings=[f"{finding.code}: {finding.message}" for finding in state.opened.findings],
        verdict=state.status,
        decided_by=taken.decided_by if taken else "",
        reason=taken.reason if taken else "",
        number=number,
    )


def balance_summary(statement: ConservationStatement) -> BalanceSummary:
    """Shorten a conservation statement to that of the run."""
    return BalanceSummary(
        run_id=statement.run,
        balances=statement.balances,
        equations=[equation_summary(equation) for equation in statement.equations],
    )


def invoice_summary(facts: InvoiceFacts, released: Released | None, invoice: Invoice, digest: str) -> InvoiceSummary:
    """Shorten an invoice."""
    return InvoiceSummary(
        account=invoice.buyer.id,
        account_name=invoice.buyer.name,
        legal_entity=invoice.seller.id,
        period=invoice.period.name,
        invoice_id=invoice.id,
        number=released.number if released else None,
        status=facts.status.value,
        delivered=facts.is_delivered,
        sent=facts.sent,
        currency=invoice.currency,
        lines=[_line(line) for line in invoice.lines],
        net=invoice.totals.net.text,
        tax=invoice.totals.tax.text,
        total=invoice.totals.gross.text,
        tax_reason="; ".join(
            f"{group.jurisdiction} {group.percent} %: {group.reason}" for group in invoice.tax_summary
        ),
        sha256=digest,
    )


def _line(line: InvoiceLine) -> LineSummary:
    priced = line.priced
    return LineSummary(
        id=priced.id,
        kind=priced.kind.value,
        charge=priced.charge,
        description=priced.description,
        meter=priced.meter,
        dimension=priced.dimension,
        service_period=(priced.service_period.start.isoformat(), priced.service_period.end.isoformat()),
        price_model=priced.explanation.price_model,
        quantity=decimal_text(priced.quantity),
        included_quantity=decimal_text(priced.included_quantity),
        amount=line.amounts.net.text,
        tax=line.amounts.tax.text,
        total=line.amounts.gross.text,
    )


def reconciliation_summary(report: Reconciliation) -> ReconciliationSummary:
    """Return what a reconciliation compared, and what differs."""
    return ReconciliationSummary(
        legal_entity=report.legal_entity,
        period=report.period,
        currency=report.currency,
        invoices=report.invoices,
        postings=report.postings,
        invoiced=report.invoiced.gross.text,
        posted=report.posted_receivable.text,
        variances=[
            f"{variance.cause}: {variance.invoice} {variance.invoiced} / {variance.posted}"
            for variance in report.variances
        ],
    )
