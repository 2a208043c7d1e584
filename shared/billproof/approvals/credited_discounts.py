"""What a credit note may give back of an invoice of which a cash discount was taken: what was paid, and no more.

Its discount corrected the invoice already, with the tax in it. A refund is not refused: it gives back what receipts
paid, and where one of them goes back, its discount does, too.
"""

from collections.abc import Sequence

from billproof.errors import InvalidInput
from billproof.invoicing.model import Invoice, Released
from billproof.money import Money
from billproof.payments.book import CashBook


def refuse_discounted(notes: Sequence[Invoice], released: Released, book: CashBook) -> None:
    """Raise InvalidInput where credit notes, the last one new, give back what an invoice's discount took off."""
    why_not = why_too_much(notes, released, book)
    if why_not is not None:
        message = f"{why_not}; name amounts, or have it refunded"
        raise InvalidInput(message)


def why_too_much(notes: Sequence[Invoice], released: Released, book: CashBook) -> str | None:
    """Say why credit notes, the last one new, give back too much; None where they do not."""
    credit, taken = notes[-1], discount_taken(released, book)
    left = (released.document.totals.gross - taken).plus(note.totals.gross for note in notes[:-1])
    if credit.refund or taken.is_zero or (left + credit.totals.gross).amount >= 0:
        return None
    return (
        f"{-credit.totals.gross} cannot be given back of {released.number}: a discount of {taken} was taken of it, "
        f"and {left} are left with tax"
    )


def discount_taken(released: Released, book: CashBook) -> Money:
    """Return what of an invoice discounts took off that hold."""
    taken = Money.zero(released.document.totals.gross.currency)
    for entry in book.entries(released.legal_entity, released.account, taken.currency):
        for part in entry.parts_of(released.invoice):
            if part.allocation.discount is not None:
                taken += -part.allocation.discount if entry.is_reversal else part.allocation.discount
    return taken
