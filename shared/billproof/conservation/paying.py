"""What receipts paid of an invoice, in the currency of the books: by the book of receipts, and as the ERP holds it."""

from collections.abc import Iterator

from billproof.erp.lookup import PostedDocuments
from billproof.invoicing.model import Released
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.cash import ReceiptState, ReceiptUse, SettledPart
from billproof.payments.entries import reference_of
from billproof.payments.model import UseKind
from billproof.periods import month_name


def paid_of(released: Released, entity: LegalEntity, book: CashBook, lookup: PostedDocuments) -> tuple[Money, Money]:
    """Return what receipts settled of an invoice, and what the ERP holds of it on the receivable.

    What settled it counts once the ERP that its entry is in holds that: until then the invoice is open in the books.
    """
    paid = held = Money.zero(entity.currency)
    currency, receivable = released.document.totals.gross.currency, entity.chart_of_accounts.receivable
    receipts = dict.fromkeys(entry.receipt for entry in book.entries(entity.id, released.account, currency))
    for state in (book.state(entity.id, receipt) for receipt in receipts):
        for use, number, part in _settled(state, released.invoice):
            reference = reference_of(state.receipt.id, use.ordinal, number)
            posting = book.posting(entity.id, month_name(use.day), reference)
            posted = lookup.under(posting.erp, reference) if posting else []
            mine = [document.on(receivable) for document in posted if document.currency == entity.currency]
            held = held.plus(mine)
            if mine:
                paid += -part.booked if use.kind is UseKind.REVERSED else part.booked
    return paid, held


def _settled(state: ReceiptState, invoice: str) -> Iterator[tuple[ReceiptUse, int, SettledPart]]:
    """Yield what a receipt settled of an invoice or opened again, with the place of each among its use's."""
    for use in state.uses:
        for number, part in enumerate(use.settlements, start=1):
            if part.allocation.document == invoice:
                yield use, number, part
