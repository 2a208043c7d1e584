"""The two equations of cash, to the unit, for each customer and currency.

    released = paid + credited + written off + discounts taken + bank charges + differences given up + open + disputed
    received = applied + unapplied + refunded + returned + paid out by gateways + gateway differences

What is open is read off the documents and the entries of their accounts; what is paid, off the receipts themselves:
what one side lost shows as a difference. Amounts are in the currency of the documents, below zero where more was paid
than is owed. A balance that an invoice draws counts as credited. What customers dispute is open, too, and apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from billproof.conservation.model import Equation
from billproof.identities import InvoiceId
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import DocumentKind, Released
from billproof.model import Model
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.model import Allocation
from billproof.payments.receivables import Receivables
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.disputes import DisputeState, disputed_of
from billproof.receivables.disputing import released_credits

ZERO = Decimal(0)
UNKNOWN = ""
"""In place of an account: receipts of which nobody knows yet whose they are."""
RELEASED, RECEIVED = "invoices released", "cash received"


class CustomerCash(Model):
    """What a customer was billed and paid; of receipts that are nobody's yet the account is empty."""

    account: str
    equations: tuple[Equation, ...]


class CashStatement(Model):
    """The cash of a legal entity: of each customer, and in all."""

    legal_entity: str
    customers: tuple[CustomerCash, ...]
    equations: tuple[Equation, ...]

    @property
    def balances(self) -> bool:
        """Whether every equation balances."""
        own = (equation for customer in self.customers for equation in customer.equations)
        return all(equation.balances for equation in (*own, *self.equations))


def cash_statement(receivables: Receivables, disputes: DisputeBook) -> CashStatement:
    """Return what was billed and received of a legal entity as it is now; every receipt and document is read."""
    states = list(receivables.book.received(receivables.entity))
    applied: dict[str, list[Allocation]] = {}
    for state in states:
        for use in state.applications:
            for part in use.settlements:
                applied.setdefault(part.allocation.document, []).append(part.allocation)
    by_account: dict[str, list[ReceiptState]] = {}
    for state in states:
        by_account.setdefault(state.account or UNKNOWN, []).append(state)
    members = receivables.directory.members(receivables.entity)
    accounts = list(dict.fromkeys((*members, *sorted(by_account.keys() - {UNKNOWN}), UNKNOWN)))
    customers = [
        CustomerCash(
            account=account,
            equations=(
                *_summed(_of_documents(account, applied, receivables, disputes)),
                *_summed(_of_receipt(state) for state in by_account.get(account, ())),
            ),
        )
        for account in accounts
    ]
    customers = [customer for customer in customers if customer.equations]
    whole = _summed(equation for customer in customers for equation in customer.equations)
    return CashStatement(legal_entity=receivables.entity, customers=tuple(customers), equations=tuple(whole))


def _of_documents(
    account: str, applied: dict[str, list[Allocation]], receivables: Receivables, disputes: DisputeBook
) -> Iterator[Equation]:
    """Yield where the amount of each invoice of an account went."""
    disputed = disputes.of_account(receivables.entity, account)
    for invoice in receivables.invoices_of(account):
        released = receivables.released(invoice)
        if released is not None:
            yield _of_document(released, applied, receivables, disputed)


def _of_document(
    released: Released,
    applied: dict[str, list[Allocation]],
    receivables: Receivables,
    disputes: Sequence[DisputeState],
) -> Equation:
    """Return where an invoice's amount went."""
    nothing = Money.zero(released.document.totals.gross.currency)
    credited, written_off = released.document.totals.gross - released.receivable.amount, nothing
    for facts in receivables.register.credits(str(InvoiceId.parse(released.invoice))):
        if facts.released is None:
            continue
        document = read_invoice(receivables.objects, facts.released.document)
        if document.kind is DocumentKind.WRITE_OFF:
            written_off -= facts.released.receivable.amount
        else:
            credited -= facts.released.receivable.amount
    mine = applied.get(released.invoice, [])
    left = receivables.open_worth(released, receivables.entries_of(released)).amount
    notes = released_credits(released.invoice, receivables)
    disputed = disputed_of(released.number, disputes, left, on=date.max, released=notes)
    return Equation(
        code=RELEASED,
        currency=nothing.currency,
        total=released.document.totals.gross.amount,
        parts={
            "paid": nothing.plus(part.paid for part in mine).amount,
            "credited": credited.amount,
            "written off": written_off.amount,
            "discounts taken": _extras(nothing, (part.discount for part in mine)),
            "bank charges": _extras(nothing, (part.charges for part in mine)),
            "differences given up": _extras(nothing, (part.tolerance for part in mine)),
            "open": (left - disputed).amount,
            "disputed": disputed.amount,
        },
    )


def _extras(nothing: Money, amounts: Iterable[Money | None]) -> Decimal:
    return nothing.plus(amount for amount in amounts if amount is not None).amount


def _of_receipt(state: ReceiptState) -> Equation:
    """Return where a receipt's amount went: what is unapplied is no remainder where a use lost some of it."""
    parts = {
        "applied": state.applied.amount.amount,
        "unapplied": max(state.unapplied.amount.amount, ZERO),
        "refunded": state.refunded.amount.amount,
        "returned": state.returned.amount.amount,
    }
    if not state.paid_out.amount.is_zero:
        parts["paid out by gateways"] = state.paid_out.amount.amount
    if not state.gateway_difference.amount.is_zero:
        parts["gateway differences"] = state.gateway_difference.amount.amount
    return Equation(
        code=RECEIVED, currency=state.receipt.amount.currency, total=state.receipt.amount.amount, parts=parts
    )


def _summed(equations: Iterable[Equation]) -> list[Equation]:
    sums: dict[tuple[str, str | None], Equation] = {}
    for equation in equations:
        key = (equation.code, equation.currency)
        sums[key] = sums[key] + equation if key in sums else equation
    return [sums[key] for key in sorted(sums, key=lambda key: (key[0] != RELEASED, key))]
