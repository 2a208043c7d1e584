"""Comparing the entries of receipts with the ERP: each that was written down, and each that should have been."""

from collections.abc import Callable, Iterator
from itertools import chain

from billproof.erp.lookup import PostedDocuments, Reference
from billproof.erp.port import PostedDocument
from billproof.ledger.model import JournalEntry
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.cash import ReceiptState
from billproof.payments.decision_book import ReceiptDecisions
from billproof.payments.entries import entries_of
from billproof.periods import Period, month_name
from billproof.reconciliation.model import Cause, Variance
from billproof.reconciliation.rules import compare_revenue, variance

type InNet = Callable[[str, Callable[[], list[Variance]]], list[Variance]]
"""Does the work of one receipt or entry; what that raises is its own variance."""


class CashComparison:
    """Compares a legal entity's entries of receipts with its ERPs."""

    def __init__(
        self,
        entity: LegalEntity,
        book: CashBook,
        decisions: ReceiptDecisions,
        lookup: PostedDocuments,
        in_net: InNet,
    ) -> None:
        self._entity = entity
        self._book = book
        self._decisions = decisions
        self._lookup = lookup
        self._in_net = in_net

    def of_month(self, month: Period, left: dict[Reference, list[PostedDocument]]) -> Iterator[Variance]:
        """Yield what differs of the entries that are dated in a month, and take them from what is left of it.

        One that is dated in the month and that nobody wrote down is not posted, either: of a receipt that was booked in
        it, or to which something happened.
        """
        for posting in self._book.intended(self._entity.id, month.name):
            entry = posting.entry
            reference = self._lookup.reference(posting.erp, entry.external_reference)
            posted = left.pop(reference, []) or self._lookup.under(posting.erp, entry.external_reference)
            if posted:
                yield from compare_revenue(entry.external_reference, posted, [entry])
            else:
                yield _not_posted(entry)
        states = chain(self._book.received(self._entity.id, month.name), self._book.used(self._entity.id, month.name))
        for state in {state.receipt.id: state for state in states}.values():
            yield from self._in_net(state.receipt.id, lambda state=state: list(self._of_receipt(state, month)))  # type: ignore[misc]

    def _of_receipt(self, state: ReceiptState, month: Period) -> Iterator[Variance]:
        """Yield what was not written down of a receipt, and what happened in the month that nobody decided."""
        yield from self._unwritten(state, month)
        for use in self._decisions.undecided(state):
            if month_name(use.day) == month.name:
                yield variance(
                    Cause.NOT_DECIDED,
                    invoice="",
                    reference=f"{state.receipt.id}-{use.ordinal}",
                    invoiced=Money.zero(state.receipt.amount.currency),
                    posted=state.receipt.amount,
                    since=use.day,
                    billing_account=use.account or "",
                )

    def _unwritten(self, state: ReceiptState, month: Period) -> Iterator[Variance]:
        for entry in entries_of(state, self._entity):
            if entry.period != month.name or not entry.lines:
                continue
            if self._book.posting(self._entity.id, month.name, entry.external_reference) is None:
                yield _not_posted(entry)


def _not_posted(entry: JournalEntry) -> Variance:
    return variance(
        Cause.CASH_NOT_POSTED,
        invoice="",
        reference=entry.external_reference,
        invoiced=entry.debits,
        posted=Money.zero(entry.currency),
        since=entry.document_date,
        billing_account=entry.billing_account,
    )
