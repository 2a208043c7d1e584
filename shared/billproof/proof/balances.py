"""Computing a customer's balance again, from the documents that changed it."""

from collections.abc import Iterator

from billproof.conservation.service import Stores
from billproof.errors import ImmutableDocument, NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.balance import BalanceChange, BalanceEntry
from billproof.invoicing.balances import next_change
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import Released
from billproof.invoicing.openings import OPENING
from billproof.opening.effects import opening_balances
from billproof.proof.model import NONE, Difference, DifferenceKind


def compare_balances(legal_entity: str, account: str, stores: Stores) -> Iterator[Difference]:
    """Compute every change of an account's balances again, in their order, and compare it with what is stored."""
    for currency in stores.register.balances.currencies(legal_entity, account):
        last: BalanceChange | None = None
        for entry in stores.register.balances.entries(legal_entity, account, currency):
            if entry.document == OPENING:
                yield from _compare_opening(legal_entity, account, entry, stores)
            else:
                yield from _compare(entry, last, stores)
            last = entry.change


def compare_release(released: Released, stores: Stores) -> Iterator[Difference]:
    """Find a released invoice that changed a balance which does not know it, or should have left one."""
    currency = released.document.totals.gross.currency
    entries = stores.register.balances.entries(released.legal_entity, released.account, currency)
    known = next((entry.change for entry in entries if entry.document == released.invoice), None)
    if known != released.balance:
        yield _difference(released.number, known, released.balance)
    if released.balance is None and released.document.totals.gross.amount < 0:
        yield _difference(released.number, None, f"{-released.document.totals.gross} are left")


def _compare_opening(legal_entity: str, account: str, entry: BalanceEntry, stores: Stores) -> Iterator[Difference]:
    """Compare how a balance began with what was taken over; the proof of the opening says where that is not there."""
    try:
        opening = stores.opening(legal_entity)
    except (ImmutableDocument, NotFound):
        return
    books = stores.directory.legal_entity(legal_entity).currency
    stated = opening_balances(opening, books) if opening is not None else []
    if (account, entry) not in stated:
        yield _difference(entry.number, entry.change, NONE)


def _compare(entry: BalanceEntry, last: BalanceChange | None, stores: Stores) -> Iterator[Difference]:
    released = stores.register.released(entry.document)
    if released is None or (released.number, released.balance) != (entry.number, entry.change):
        yield _difference(entry.number, entry.change, released.balance if released else NONE)
        return
    try:
        invoice = read_invoice(stores.objects, released.document)
    except (ImmutableDocument, NotFound) as error:
        yield Difference.of(DifferenceKind.DOCUMENT, entry.number, str(error), released.document.digest)
        return
    document, gross = InvoiceId.parse(entry.document), released.document.worth
    due = stores.register.receivable_of(document) if document.is_credit else gross.nothing
    proved = next_change(last, gross, invoice.settlement, due)
    if proved != entry.change:
        yield _difference(entry.number, entry.change, proved)


def _difference(number: str, stated: object, proved: object) -> Difference:
    return Difference.of(DifferenceKind.CUSTOMER_BALANCE, number, _text(stated), _text(proved))


def _text(change: object) -> str:
    if isinstance(change, BalanceChange):
        return f"{change.change} after {change.opening}, number {change.ordinal}"
    return str(change or NONE)
