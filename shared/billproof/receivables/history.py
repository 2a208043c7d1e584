"""What is open of a document on any day, read off its facts: those that are dated later are left out.

    gross = credited + written off + given up + paid + open

Two balances of one document, on two days, say what happened in between.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property

from billproof.identities import InvoiceId
from billproof.invoicing.balance import Worth
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import DocumentKind, DocumentRef, Invoice, Released
from billproof.opening.model import OpenReceivable
from billproof.payments.cash import CashEntry, ReceiptState
from billproof.payments.receivables import Receivables
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.disputes import DisputeState, disputed_of

UNKNOWN = ""
"""In place of an account: receipts of which nobody knows yet whose they are."""


@dataclass(frozen=True, slots=True)
class DocumentBalance:
    """Where an invoice's amount went by the end of a day, in its currency and in the books."""

    gross: Worth
    credited: Worth
    written_off: Worth
    given_up: Worth
    paid: Worth

    @property
    def open(self) -> Worth:
        """What is left."""
        return self.gross + -self.credited + -self.written_off + -self.given_up + -self.paid

    def less(self, other: "DocumentBalance") -> "DocumentBalance":
        """Return what changed since another balance of the document."""
        return DocumentBalance(*(getattr(self, field.name) + -getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True)
class DocumentHistory:
    """A released invoice, its credit notes and write-offs, and what receipts did to its account.

    One that was `taken` over from another system has no document of its own here.
    """

    released: Released
    corrections: tuple[tuple[Released, Invoice], ...]
    entries: tuple[CashEntry, ...]
    disputes: tuple[DisputeState, ...]
    read: Callable[[DocumentRef], Invoice]
    taken: OpenReceivable | None = None

    @cached_property
    def document(self) -> Invoice:
        """The invoice itself, read when it is needed first."""
        return self.read(self.released.document)

    @cached_property
    def due(self) -> date:
        """The day on which it is due."""
        return self.taken.due if self.taken else self.document.due_date

    @property
    def currency(self) -> str:
        """The currency that it is in."""
        return self.released.document.totals.gross.currency

    def days_overdue(self, day: date) -> int:
        """Return how many days after its due day a day is."""
        return (day - self.due).days

    def disputed_on(self, day: date) -> Worth:
        """Return what is disputed of what is open of it at the end of a day."""
        left, number = self.on(day).open, self.released.number
        released = {credit.invoice for credit, _ in self.corrections if credit.issue_date <= day}
        return left.part(disputed_of(number, self.disputes, left.amount, on=day, released=released))

    def on(self, day: date) -> DocumentBalance:
        """Return where its amount went by the end of a day; all is nothing before it was issued."""
        gross = self.released.document.worth
        nothing = gross.nothing
        if self.released.issue_date > day:
            return DocumentBalance(nothing, nothing, nothing, nothing, nothing)
        credited, written_off = gross + -self.released.receivable, nothing
        for released, document in self.corrections:
            if released.issue_date > day:
                continue
            if document.kind is DocumentKind.WRITE_OFF:
                written_off += -released.receivable
            else:
                credited += -released.receivable
        paid = given_up = nothing
        for entry in self.entries:
            if entry.day <= day:
                for part in entry.parts_of(self.released.invoice):
                    extras = sum((worth for _, worth in part.extras()), nothing)
                    rest = part.worth + -extras
                    given_up += -extras if entry.is_reversal else extras
                    paid += -rest if entry.is_reversal else rest
        return DocumentBalance(gross, credited, written_off, given_up, paid)


def histories_of(account: str, receivables: Receivables, disputes: DisputeBook) -> Iterator[DocumentHistory]:
    """Yield every invoice that an account was billed, with all that changed what is open of it."""
    entries: dict[str, tuple[CashEntry, ...]] = {}
    disputed = tuple(disputes.of_account(receivables.entity, account))
    for invoice in receivables.invoices_of(account):
        released = receivables.released(invoice)
        if released is None:
            continue
        currency = released.document.totals.gross.currency
        if currency not in entries:
            entries[currency] = tuple(receivables.entries_of(released))
        yield DocumentHistory(
            released=released,
            corrections=tuple(_corrections(released, receivables)),
            entries=entries[currency],
            disputes=disputed,
            read=lambda document: read_invoice(receivables.objects, document),
            taken=receivables.taken.row_of(invoice),
        )


def _corrections(released: Released, receivables: Receivables) -> Iterator[tuple[Released, Invoice]]:
    for facts in receivables.register.credits(str(InvoiceId.parse(released.invoice))):
        if facts.released is not None:
            yield facts.released, read_invoice(receivables.objects, facts.released.document)


def receipts_on(day: date, receivables: Receivables) -> dict[str, list[ReceiptState]]:
    """Return every receipt as it was at the end of a day, by whose it was then; by UNKNOWN where nobody knew."""
    by_account: dict[str, list[ReceiptState]] = {}
    for state in receivables.book.received(receivables.entity):
        uses = tuple(use for use in state.uses if use.day <= day)
        if uses or state.receipt.booked_on <= day:
            known = ReceiptState(state.received, uses)
            by_account.setdefault(known.account or UNKNOWN, []).append(known)
    return by_account


def accounts_of(receivables: Receivables, owners: dict[str, list[ReceiptState]]) -> list[str]:
    """Return the accounts of a legal entity, and those whose money is there although they are not any more."""
    members = receivables.directory.members(receivables.entity)
    return list(dict.fromkeys((*members, *sorted(owners.keys() - {UNKNOWN}), UNKNOWN)))
