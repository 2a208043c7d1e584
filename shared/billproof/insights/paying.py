"""The day on which nothing was open of an invoice any more."""

from collections.abc import Iterable
from datetime import date

from billproof.receivables.history import DocumentHistory


def paid_days(documents: Iterable[DocumentHistory], today: date) -> dict[str, date]:
    """Return, by invoice, the first day since which nothing is open of it.

    Those of which something is open are left out, and so are those that came to nothing.
    """
    billed = [document for document in documents if not document.released.document.totals.gross.is_zero]
    days = ((document.released.invoice, _paid_on(document, today)) for document in billed)
    return {invoice: day for invoice, day in days if day is not None}


def _paid_on(document: DocumentHistory, today: date) -> date | None:
    changes = {document.released.issue_date, *(released.issue_date for released, _ in document.corrections)}
    changes |= {entry.day for entry in document.entries if any(entry.parts_of(document.released.invoice))}
    first: date | None = None
    for day in sorted(change for change in changes if change <= today):
        is_settled = document.on(day).open.amount.is_zero
        first = (first or day) if is_settled else None
    return first
