"""What receipts paid of an invoice, in the currency of the books: by the book of receipts, and as the ERP holds it."""

from billproof.erp.lookup import PostedDocuments
from billproof.invoicing.model import Released
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.entries import entries_of


def paid_of(released: Released, entity: LegalEntity, book: CashBook, lookup: PostedDocuments) -> tuple[Money, Money]:
    """Return what receipts settled of an invoice, and what the ERP holds of it on the receivable.

    What settled it counts once the ERP holds its entry: until then the invoice is open in the books.
    """
    paid = held = Money.zero(entity.currency)
    if not entity.cash_accounts:
        return paid, held
    currency = released.document.totals.gross.currency
    receipts = dict.fromkeys(entry.receipt for entry in book.entries(entity.id, released.account, currency))
    receivable = entity.chart_of_accounts.receivable
    for receipt in receipts:
        for entry in entries_of(book.state(entity.id, receipt), entity):
            posted = lookup.under(entity.erp, entry.external_reference) if entry.invoice == released.invoice else []
            mine = [document.on(receivable) for document in posted if document.currency == entity.currency]
            held = held.plus(mine)
            if mine:
                paid -= entry.on(receivable)
    return paid, held
