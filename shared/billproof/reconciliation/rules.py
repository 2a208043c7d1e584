"""What differs between a released invoice and its posting."""

from collections.abc import Sequence

from billproof.erp.port import PostedDocument
from billproof.findings import Owner
from billproof.invoicing.model import Released
from billproof.masterdata.parties import ChartOfAccounts
from billproof.money import Money, total
from billproof.reconciliation.model import Cause, Variance

_CORRECT = "correct the ledger by a new entry; the invoice is immutable"
_REMEDIES: dict[Cause, tuple[Owner, str]] = {
    Cause.NOT_POSTED: (
        Owner.BILLING,
        "look in the erp-postings dead-letter queue, remove the cause, run the period again",
    ),
    Cause.UNCONFIRMED: (Owner.BILLING, "run the period again: it finds the posting and confirms it"),
    Cause.AMOUNT_DIFFERS: (Owner.BILLING, _CORRECT),
    Cause.TAX_DIFFERS: (Owner.TAX, _CORRECT),
    Cause.DATE_DIFFERS: (Owner.BILLING, "reverse it and post it on the invoice's date, or document why it moved"),
    Cause.CURRENCY_DIFFERS: (Owner.BILLING, "reverse it; post it in the currency of the legal entity's books"),
    Cause.POSTED_TWICE: (Owner.BILLING, "reverse all postings but one"),
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
    released: Released, documents: Sequence[PostedDocument], *, is_confirmed: bool, chart: ChartOfAccounts
) -> list[Variance]:
    """Return what differs between a released invoice and what is posted under its number."""
    totals = released.document.in_books
    books = totals.gross.currency

    def differs(cause: Cause, invoiced: Money, posted: Money) -> Variance:
        return variance(cause, invoice=released.invoice, reference=released.number, invoiced=invoiced, posted=posted)

    if not documents:
        nothing_due = totals.gross.is_zero and totals.net.is_zero
        return [] if is_confirmed and nothing_due else [differs(Cause.NOT_POSTED, totals.gross, Money.zero(books))]
    receivables = [document.on(chart.receivable) for document in documents]
    for document, receivable in zip(documents, receivables, strict=True):
        if document.currency != books:
            return [differs(Cause.CURRENCY_DIFFERS, totals.gross, receivable)]
    if len(documents) > 1:
        return [differs(Cause.POSTED_TWICE, totals.gross, total(receivables, books))]
    (document,), (receivable,) = documents, receivables
    tax = -document.on(chart.tax_payable)
    variances = []
    if receivable != totals.gross:
        variances.append(differs(Cause.AMOUNT_DIFFERS, totals.gross, receivable))
    if tax != totals.tax:
        variances.append(differs(Cause.TAX_DIFFERS, totals.tax, tax))
    if document.document_date != released.issue_date:
        variances.append(differs(Cause.DATE_DIFFERS, totals.gross, receivable))
    if not variances and not is_confirmed:
        variances.append(differs(Cause.UNCONFIRMED, totals.gross, receivable))
    return variances
