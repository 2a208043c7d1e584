"""What a credit note may give back of an invoice of which a cash discount was taken: what was paid, and no more.

Its discount corrected the invoice already, with the tax in it. A refund is not refused: it gives back what receipts
paid, and where one of them goes back, its discount does, too.
"""

from collections.abc import Iterator, Sequence

from billproof.errors import InvalidInput
from billproof.findings import Finding, Owner, Severity
from billproof.invoicing.model import Invoice, Released
from billproof.money import Money, allocate
from billproof.payments.book import CashBook


def credited_discounts(notes: Sequence[Invoice], released: Released, book: CashBook) -> Iterator[Finding]:
    """Find what of a credit note, the last of an invoice's, was not paid if it asks for the full price of a part.

    Its amount alone does not say so: who approves it knows. One that leaves nothing, or just the discount, is of all
    that was paid. Raises InvalidInput where it is more than was paid for all of the invoice.
    """
    why_not = why_too_much(notes, released, book)
    if why_not is not None:
        message = f"{why_not}; name amounts, or have it refunded"
        raise InvalidInput(message)
    given, taken = -notes[-1].totals.gross, discount_taken(released, book)
    after = released.document.totals.gross.plus(note.totals.gross for note in notes)
    if given.amount > 0 and not (taken.is_zero or after.is_zero or after == taken):
        yield _not_paid(given, taken, released)


def _not_paid(given: Money, taken: Money, released: Released) -> Finding:
    gross = released.document.totals.gross
    share = allocate(taken, [given.amount, (gross - given).amount])[0]
    return Finding(
        code="credit_of_discounted",
        severity=Severity.WARNING,
        account=released.account,
        path=released.number,
        message=f"{released.number} was paid less a discount of {taken}: of a full price of {given} {share} is unpaid",
        remedy=f"approve it if its amount is what was paid; otherwise reject it and ask for {given - share} with tax",
        owner=Owner.BILLING,
        amount_at_risk=share,
    )


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
