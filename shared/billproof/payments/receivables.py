"""What is open: released documents with their corrections, less what receipts settled of them.

Open invoices that were taken over from another system are among them, with what was open of them then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from billproof.errors import NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.balance import Worth
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import Released
from billproof.invoicing.offered_discounts import OfferedDiscount
from billproof.invoicing.register import Register
from billproof.invoicing.series import DocumentNumber, SeriesKind
from billproof.masterdata.directory import Directory
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.money import Money
from billproof.opening.receivables import TakenReceivables
from billproof.payments.account_names import AccountNames
from billproof.payments.book import CashBook
from billproof.payments.cash import CashEntry
from billproof.payments.converting import convert
from billproof.payments.decision_book import ReceiptDecisions
from billproof.payments.model import CashReceipt, Conversion, OpenItem, Payer
from billproof.ports import Objects

MOST_HABIT = 6
"""Payments of an account that are looked at to say how early or late it pays."""


@dataclass(frozen=True)
class Receivables:
    """The receivables of one legal entity, read as they are now."""

    entity: str
    register: Register
    book: CashBook
    decisions: ReceiptDecisions
    directory: Directory
    objects: Objects
    account_names: AccountNames

    def numbered(self, number: str) -> OpenItem | None:
        """Return the invoice of a number, a paid one with nothing open; None where there is none."""
        taken = self.taken.numbered(number)
        return self.item(self.taken.named_as(taken)) if taken else self._numbered_here(number)

    def _numbered_here(self, number: str) -> OpenItem | None:
        try:
            parsed = DocumentNumber.parse(number)
        except NotFound:
            return None
        for kind in (SeriesKind.INVOICES, SeriesKind.ZERO_INVOICES):
            if any(parsed.prefix == kind.prefix(prefix) for prefix in self._number_prefixes):
                document = self.register.invoice_numbered(self.entity, parsed.year, parsed.ordinal, kind)
                item = self.item(document) if document else None
                if item is not None and item.number == number:
                    return item
        return None

    def prefixes(self) -> Sequence[str]:
        """Return what numbers begin with, credit notes' too, before their year; other legal entities' come last."""
        others = (entity.number_prefix for entity in self.directory.legal_entities())
        prefixes = dict.fromkeys((*self._number_prefixes, *others))
        return tuple(kind.prefix(prefix) for prefix in prefixes for kind in SeriesKind)

    @cached_property
    def taken(self) -> TakenReceivables:
        """Return the open invoices that were taken over."""
        return TakenReceivables(self.entity, self.register, self.objects, books=self._books)

    @property
    def _books(self) -> str:
        return self.directory.legal_entity(self.entity).currency

    def converted(self, receipt: CashReceipt, part: Money, currency: str) -> Conversion | None:
        """Return what a part of a receipt is worth in another currency; None where no rate holds on its value date."""
        return convert(receipt, part, currency, books=self._books, rate=self.rate)

    def rate(self, currency: str, other: str, day: date) -> ExchangeRate | None:
        """Return the published rate between two currencies that holds on a day, or None."""
        days = self.directory.policy(self.entity).thresholds.exchange_rate_days
        return self.directory.rate(currency, other, on=day, days=days)

    def released(self, document: str) -> Released | None:
        """Return an invoice that was released here or taken over, or None."""
        return self.taken.released(document) or self.register.released(document)

    def due_of(self, released: Released) -> date:
        """Return when an invoice is due."""
        return self._due_and_discount(released)[0]

    def _due_and_discount(self, released: Released) -> tuple[date, OfferedDiscount | None]:
        row = self.taken.row_of(released.invoice)
        if row:
            return row.due, None
        invoice = read_invoice(self.objects, released.document)
        return invoice.due_date, invoice.cash_discount

    def numbers_before(self) -> Sequence[str]:
        """Return the numbers of the invoices that were taken over."""
        return [row.reference for row in self.taken]

    @cached_property
    def _number_prefixes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(version.number_prefix for version in self.directory.versions_of(self.entity)))

    def of_account(self, account: str) -> Sequence[OpenItem]:
        """Return what is open of an account's invoices, oldest due first; a child's are on its parent's."""
        known = self.directory.account(account)
        payer = known.parent or account if known else account
        entries: dict[tuple[str, str], list[CashEntry]] = {}
        items: list[OpenItem] = []
        for invoice in dict.fromkeys((*self.invoices_of(payer), *self._taken_of_children(payer))):
            released = self.released(invoice)
            if released is None:
                continue
            whose = (released.account, released.document.totals.gross.currency)
            if whose not in entries:
                entries[whose] = self.entries_of(released)
            worth = self.open_worth(released, entries[whose])
            if worth.amount.amount > 0:
                items.append(self._item(released, worth))
        return sorted(items, key=lambda item: (item.due, item.number))

    def _taken_of_children(self, parent: str) -> list[str]:
        """Return the invoices that were taken over of the accounts that an account pays for."""
        children = () if self.taken.is_empty else self.directory.children(parent)
        return [document for child in children for document in self.taken.documents_of(child)]

    def invoices_of(self, account: str) -> list[str]:
        """Return the invoices that an account was billed, each once; first those that were taken over."""
        billings = self.register.settlements(self.entity, account)
        billed = (str(InvoiceId.parse(billing.invoice).invoice) for billing in billings)
        return list(dict.fromkeys((*self.taken.documents_of(account), *billed)))

    def item(self, invoice: str) -> OpenItem | None:
        """Return a released invoice and what is open of it, or None where it is not released."""
        released = self.released(invoice)
        return self._item(released, self.open_worth(released, self.entries_of(released))) if released else None

    def entries_of(self, released: Released) -> list[CashEntry]:
        """Return what receipts did to the documents of an invoice's account in its currency."""
        return self.book.entries(self.entity, released.account, released.document.totals.gross.currency)

    def open_worth(self, released: Released, entries: Sequence[CashEntry]) -> Worth:
        """Return what is open of an invoice, in its currency and in the books; below zero where too much was paid."""
        return still_open(released, self.register, entries)

    def _item(self, released: Released, worth: Worth) -> OpenItem:
        due, discount = self._due_and_discount(released)
        return OpenItem(
            document=released.invoice,
            number=released.number,
            account=released.account,
            issued=released.issue_date,
            due=due,
            gross=released.document.totals.gross,
            open=worth.amount,
            discount=discount.amount if discount else None,
            discount_until=discount.until(released.issue_date) if discount else None,
            discount_taxes=discount.taxes if discount else (),
        )

    def days_after_due(self, account: str) -> Sequence[int]:
        """Return how many days after it was due each of an account's last documents was paid; below zero: before."""
        paid: dict[str, CashEntry] = {}
        for entry in self.book.entries(self.entity, account):
            for part in entry.settlements:
                paid.pop(part.allocation.document, None)
                if not entry.is_reversal:
                    paid[part.allocation.document] = entry
        latest = sorted(paid.items(), key=lambda one: (one[1].day, one[1].ordinal))[-MOST_HABIT:]
        known = ((self.released(document), self.book.state(self.entity, entry.receipt)) for document, entry in latest)
        return [(state.receipt.booked_on - self.due_of(released)).days for released, state in known if released]

    def remembered(self, payer: Payer) -> frozenset[str]:
        """Return the accounts whose money came from a payer before, as people decided."""
        return self.decisions.remembered(self.entity, payer)

    def names(self) -> Mapping[str, str]:
        """Return the names of the legal entity's accounts."""
        return self.account_names.of(self.entity)


def still_open(released: Released, register: Register, entries: Iterable[CashEntry]) -> Worth:
    """Return what is open of an invoice after its corrections and some entries; below zero where too much was paid."""
    settled = (worth for entry in entries for worth in entry.of(released.invoice))
    return sum((-worth for worth in settled), register.corrected(released))
