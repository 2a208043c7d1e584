"""build/demo/summary.json: what the demo came to. The schema beside this file is generated from these models.

Every amount and quantity is text.
"""

from typing import Literal

from billproof.invoicing.model import Invoice, InvoiceLine, Released
from billproof.invoicing.register import InvoiceFacts
from billproof.model import decimal_text
from billproof.runs.model import RunStatement
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
    currency: str
    lines: list[LineSummary]
    net: str
    tax: str
    total: str
    tax_reason: str
    sha256: str


class EventSummary(Shown):
    """Where the events went: received = accepted + quarantined, accepted = duplicate + conflicting + the rest."""

    received: int
    accepted: int
    duplicate: int
    conflicting: int
    quarantined: int
    billed: int
    excluded: int
    orphan: int


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


class Repeat(Shown):
    """What this demo changed against the books as it found them."""

    first_time: bool
    invoices_before: int
    new_invoices: int
    new_postings: int
    changed_invoices: int
    events_sent_again: int


class Summary(Shown):
    """The whole demo."""

    schema_version: Literal["billproof.demo-summary/1"] = "billproof.demo-summary/1"
    periods: list[str]
    runs: list[RunSummary]
    invoices: list[InvoiceSummary]
    reconciliations: list[ReconciliationSummary]
    proofs: list[ProofSummary]
    totals: dict[str, dict[str, str]]
    repeat: Repeat


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
        ),
        released=statement.released,
        already_released=statement.already_released,
        held=statement.held,
        findings=[f"{finding.code}: {finding.message}" for finding in statement.findings],
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
