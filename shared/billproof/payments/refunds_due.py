"""What is to be refunded: paid invoices whose credit notes say that the money goes back, and who took that money.

What can be refunded of an invoice is what its receipts pay of it beyond what is owed, and what is left of them on the
account. What was refunded of them already counts first: so nothing is refunded twice, or more than was paid. What a
receipt in another currency paid goes back in that, at the rate at which it paid.
"""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import Field

from billproof.identities import InvoiceId
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import Released
from billproof.model import Model
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.model import Channel, UseKind
from billproof.payments.proportions import share_at_least, share_at_most
from billproof.payments.receivables import Receivables


class RefundOfReceipt(Model):
    """What of a refund goes back the way that a receipt came: `reference` is the charge, as its gateway calls it.

    `refunded` is what of the receipt was refunded by then, `refunded_by_people` what of that people gave back, such as
    by the bank: both as the receipt stood when `amount` was worked out.
    """

    receipt: str
    channel: Channel
    source: str
    reference: str
    amount: Money
    refunded: Money
    refunded_by_people: Money = Field(exclude=True)


class RefundDue(Model):
    """What is to be refunded of an invoice, as its credit notes say, and of which receipts.

    `of_notes` is what each credit note comes to.
    """

    account: str
    number: str
    credit_notes: tuple[str, ...]
    amount: Money
    of_receipts: tuple[RefundOfReceipt, ...]
    of_notes: tuple[Money, ...] = Field(default=(), exclude=True)


def refunds_due(receivables: Receivables, *, first: int = 0) -> Iterator[RefundDue]:
    """Yield what is to be refunded of a legal entity's invoices as they are now; every document is read.

    Accounts are gone through shard by shard, beginning with any: who ends early begins with another one the next time.
    """
    for account in receivables.directory.members(receivables.entity, first=first):
        receipts = AccountRefunds(receivables)
        for invoice in receivables.invoices_of(account):
            released = receivables.register.released(invoice)
            due = None if released is None else receipts.due(released)
            if due is not None:
                yield due


class AccountRefunds:
    """What receipts of an account were refunded already, and can be: each amount counts for one invoice."""

    def __init__(self, receivables: Receivables) -> None:
        self._receivables = receivables
        self._refunded: dict[str, Money] = {}
        self._unapplied: dict[str, Money] = {}

    def due(self, released: Released) -> RefundDue | None:
        """Return what is still to be refunded of an invoice, or None."""
        wanted = dict(self._wanted(released))
        if not wanted:
            return None
        entries = self._receivables.entries_of(released)
        nothing = Money.zero(released.document.totals.gross.currency)
        over = max(-self._receivables.open_worth(released, entries).amount, nothing, key=lambda money: money.amount)
        paying = dict.fromkeys(entry.receipt for entry in reversed(entries) if any(entry.of(released.invoice)))
        states = [self._receivables.book.state(self._receivables.entity, receipt) for receipt in paying]
        left = nothing.plus(wanted.values())
        for state in states:
            left = left - _take(self._refunded, state, state.refunded.amount, left, released)
        before, ways = left, []
        for state in states:
            own = _least(_paid(state, released), over, left)
            over, left = over - own, left - own
            free = _take(self._unapplied, state, state.unapplied.amount, left, released)
            left = left - free
            back = _rate(state, released).of_receipt(own + free)
            if back.amount > 0:
                ways.append(_way(state, back))
        if not ways:
            return None
        return RefundDue(
            account=released.account,
            number=released.number,
            credit_notes=tuple(wanted),
            amount=before - left,
            of_receipts=tuple(ways),
            of_notes=tuple(wanted.values()),
        )

    def _wanted(self, released: Released) -> Iterator[tuple[str, Money]]:
        """Yield the credit notes of an invoice whose money is to go back, with their amounts."""
        for facts in self._receivables.register.credits(str(InvoiceId.parse(released.invoice))):
            if facts.released is not None:
                document = read_invoice(self._receivables.objects, facts.released.document)
                if document.refund:
                    yield facts.released.number, -document.totals.gross


class _PaidAt(NamedTuple):
    """What of an invoice a receipt paid with what, whether that holds or not: equal where the currency is the same."""

    paid: Money
    spent: Money

    def of_receipt(self, amount: Money) -> Money:
        """Return what an amount of the invoice is of the receipt, never more than that."""
        return share_at_most(self.spent, amount, self.paid) if self.is_converted else amount

    def of_invoice(self, amount: Money) -> Money:
        """Return what an amount of the receipt is of the invoice, never less than that."""
        return share_at_least(self.paid, amount, self.spent) if self.is_converted else amount

    @property
    def is_converted(self) -> bool:
        return self.paid.currency != self.spent.currency


def _rate(state: ReceiptState, released: Released) -> _PaidAt:
    """Return at which rate a receipt paid an invoice: the last one."""
    uses = (use for use in state.uses if use.kind is UseKind.APPLIED)
    parts = (part.allocation for use in uses for part in use.settlements)
    mine = [allocation for allocation in parts if allocation.document == released.invoice]
    one = Money.of(1, released.document.totals.gross.currency)
    return _PaidAt(mine[-1].paid, mine[-1].spent) if mine else _PaidAt(one, one)


def _take(pools: dict[str, Money], state: ReceiptState, whole: Money, wanted: Money, released: Released) -> Money:
    """Return what of a receipt's amount counts for an invoice, of what did not count for another."""
    rate, left = _rate(state, released), pools.get(state.receipt.id, whole)
    amount = _least(rate.of_invoice(left), wanted)
    pools[state.receipt.id] = left - _least(rate.of_receipt(amount), left)
    return amount


def _least(*amounts: Money) -> Money:
    return min(amounts, key=lambda money: money.amount)


def _paid(state: ReceiptState, released: Released) -> Money:
    parts = (part.allocation for use in state.applications for part in use.settlements)
    paid = (allocation.paid for allocation in parts if allocation.document == released.invoice)
    return Money.zero(released.document.totals.gross.currency).plus(paid)


def _way(state: ReceiptState, amount: Money) -> RefundOfReceipt:
    arrived, nothing = state.receipt, Money.zero(state.receipt.amount.currency)
    by_people = (use.amount for use in state.uses if use.kind is UseKind.REFUNDED and use.decided_by)
    return RefundOfReceipt(
        receipt=arrived.id,
        channel=arrived.channel,
        source=arrived.source,
        reference=arrived.reference,
        amount=amount,
        refunded=state.refunded.amount,
        refunded_by_people=nothing.plus(amount for amount in by_people if amount is not None),
    )
