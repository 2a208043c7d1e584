"""What differs between a released invoice and its posting."""

from billproof.findings import Owner
from billproof.invoicing.model import Released
from billproof.ledger.model import JournalEntry
from billproof.masterdata.parties import ChartOfAccounts
from billproof.money import Money
from billproof.reconciliation.model import Cause, Variance

_REMEDIES: dict[Cause, tuple[Owner, str]] = {
    Cause.NOT_POSTED: (
        Owner.BILLING,
        "look in the erp-postings dead-letter queue, remove the cause, run the period again",
    ),
    Cause.UNCONFIRMED: (Owner.BILLING, "run the period again: it finds the posting and confirms it"),
    Cause.AMOUNT_DIFFERS: (Owner.BILLING, "correct the ledger by a new entry; the invoice is immutable"),
    Cause.TAX_DIFFERS: (Owner.TAX, "correct the ledger by a new entry; the invoice is immutable"),
    Cause.DOCUMENT_CHANGED: (Owner.ENGINEERING, "restore the document's version whose digest the release names"),
    Cause.NOT_INVOICED: (Owner.BILLING, "find who posted it; reverse it by a new entry"),
}


def variance(cause: Cause, *, invoice: str, reference: str, invoiced: Money, posted: Money) -> Variance:
    """Name a difference, with its owner and remedy."""
    owner, remedy = _REMEDIES[cause]
    return Variance(
        cause=cause,
        invoice=invoice,
        external_reference=reference,
        invoiced=invoiced,
        posted=posted,
        owner=owner,
        remedy=remedy,
    )


def compare(
    released: Released, entry: JournalEntry | None, *, is_confirmed: bool, chart: ChartOfAccounts
) -> list[Variance]:
    """Return what differs between a released invoice and the entry under its number (None: there is none)."""
    totals = released.document.in_books
    zero = Money.zero(totals.gross.currency)

    def found(cause: Cause, invoiced: Money, posted: Money) -> Variance:
        return variance(cause, invoice=released.invoice, reference=released.number, invoiced=invoiced, posted=posted)

    if entry is None:
        nothing_due = totals.gross.is_zero and totals.net.is_zero
        return [] if is_confirmed and nothing_due else [found(Cause.NOT_POSTED, totals.gross, zero)]
    variances = []
    receivable, tax = entry.on(chart.receivable), -entry.on(chart.tax_payable)
    if receivable != totals.gross:
        variances.append(found(Cause.AMOUNT_DIFFERS, totals.gross, receivable))
    if tax != totals.tax:
        variances.append(found(Cause.TAX_DIFFERS, totals.tax, tax))
    if not variances and not is_confirmed:
        variances.append(found(Cause.UNCONFIRMED, totals.gross, receivable))
    return variances
