"""Reconciling invoices with postings, document by document and in both directions."""

from collections.abc import Iterator
from datetime import datetime

from billproof.erp.port import Erp
from billproof.errors import ImmutableDocument, NotFound
from billproof.ids import canonical_json
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import Invoice, Released
from billproof.invoicing.register import POSTED, Register
from billproof.ledger.model import EntryKind, JournalEntry
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.money import Money, Taxed, total
from billproof.periods import Period
from billproof.ports import Objects
from billproof.reconciliation.model import Cause, Reconciliation, Variance
from billproof.reconciliation.rules import compare, variance


def reconcile(
    *, legal_entity: str, period: str, directory: Directory, register: Register, erp: Erp, objects: Objects
) -> Reconciliation:
    """Compare every released invoice of the period with the ERP, and every posting with the invoices; keep the result.

    Every invoice document is read and its digest compared, so a changed document is a variance too.
    """
    entity = directory.legal_entity(legal_entity)
    zero = Money.zero(entity.currency)
    entries = {
        entry.external_reference: entry
        for entry in erp.of_period(legal_entity, period)
        if entry.kind is EntryKind.DOCUMENT
    }
    variances: list[Variance] = []
    numbers: set[str] = set()
    totals: list[Taxed] = []
    for facts in register.of_period(legal_entity, period):
        released = facts.released
        if released is None:
            continue
        numbers.add(released.number)
        totals.append(released.document.in_books)
        variances += _document_variances(objects, released)
        variances += compare(
            released,
            entries.get(released.number),
            is_confirmed=POSTED in facts.facts,
            chart=entity.chart_of_accounts,
        )
    variances += _not_invoiced(entries, numbers)
    result = Reconciliation(
        legal_entity=legal_entity,
        period=period,
        currency=entity.currency,
        invoices=len(totals),
        postings=len(entries),
        invoiced=Taxed.total(totals, entity.currency),
        posted_receivable=total(
            (entry.on(entity.chart_of_accounts.receivable) for entry in entries.values()), zero.currency
        ),
        variances=tuple(variances),
    )
    objects.put(report_key(legal_entity, period), canonical_json(result.model_dump(mode="json")))
    return result


class ReconciliationResult(Model):
    """What a call of reconcile returns to the workflow."""

    outcome: str
    reconciled: tuple[str, ...]
    invoices: int
    postings: int
    variances: int


def reconcile_all(
    *,
    legal_entity: str | None,
    period: str | None,
    now: datetime,
    directory: Directory,
    register: Register,
    erp: Erp,
    objects: Objects,
) -> ReconciliationResult:
    """Reconcile one legal entity or all, for one month or the last whole one in each entity's time zone."""
    entities = [directory.legal_entity(legal_entity)] if legal_entity else directory.legal_entities()
    results = [
        reconcile(
            legal_entity=entity.id,
            period=Period.month(period).name if period else Period.month_before(now, entity.time_zone).name,
            directory=directory,
            register=register,
            erp=erp,
            objects=objects,
        )
        for entity in entities
    ]
    variances = sum(len(result.variances) for result in results)
    return ReconciliationResult(
        outcome="variances" if variances else "balanced",
        reconciled=tuple(f"{result.legal_entity}.{result.period}" for result in results),
        invoices=sum(result.invoices for result in results),
        postings=sum(result.postings for result in results),
        variances=variances,
    )


def report_key(legal_entity: str, period: str) -> str:
    """Return where the latest reconciliation of a legal entity and period is."""
    return f"reconciliation/{legal_entity}/{period}.json"


def _document_variances(objects: Objects, released: Released) -> Iterator[Variance]:
    try:
        stored: Invoice | None = read_invoice(objects, released.document)
    except (ImmutableDocument, NotFound):
        stored = None
    if stored is None or stored.in_books != released.document.in_books:
        gross = released.document.in_books.gross
        yield variance(
            Cause.DOCUMENT_CHANGED,
            invoice=released.invoice,
            reference=released.number,
            invoiced=gross,
            posted=stored.in_books.gross if stored else Money.zero(gross.currency),
        )


def _not_invoiced(entries: dict[str, JournalEntry], numbers: set[str]) -> Iterator[Variance]:
    for reference, entry in sorted(entries.items()):
        if reference not in numbers:
            yield variance(
                Cause.NOT_INVOICED,
                invoice=entry.invoice,
                reference=reference,
                invoiced=Money.zero(entry.currency),
                posted=entry.debits,
            )
