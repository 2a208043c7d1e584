"""What is to be refunded: paid invoices whose credit notes say that the money goes back, and who took that money.

What can be refunded of an invoice is what its receipts pay of it beyond what is owed, and what is left of them on the
account. What was refunded of them already counts first: so nothing is refunded twice, or more than was paid.
"""

from collections.abc import Iterator

from pydantic import Field

from billproof.identities import InvoiceId
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import Released
from billproof.model import Model
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.model import Channel, UseKind
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
    """What is to be refunded of an invoice, as its credit notes say, and of which receipts."""

    account: str
    number: str
    credit_notes: tuple[str, ...]
    amount: Money
    of_receipts: tuple[RefundOfReceipt, ...]


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
            left = left - _take(self._refunded, state.receipt.id, state.refunded.amount, left)
        ways = []
        for state in states:
            own = _least(_paid(state, released.invoice), over, left)
            over, left = over - own, left - own
            free = _take(self._unapplied, state.receipt.id, state.unapplied.amount, left)
            left = left - free
            if (own + free).amount > 0:
                ways.append(_way(state, own + free))
        if not ways:
            return None
        return RefundDue(
            account=released.account,
            number=released.number,
            credit_notes=tuple(wanted),
            amount=nothing.plus(way.amount for way in ways),
            of_receipts=tuple(ways),
        )

    def _wanted(self, released: Released) -> Iterator[tuple[str, Money]]:
        """Yield the credit notes of an invoice whose money is to go back, with their amounts."""
        for facts in self._receivables.register.credits(str(InvoiceId.parse(released.invoice))):
            if facts.released is not None:
                document = read_invoice(self._receivables.objects, facts.released.document)
                if document.refund:
                    yield facts.released.number, -document.totals.gross


def _take(pools: dict[str, Money], receipt: str, whole: Money, wanted: Money) -> Money:
    """Return what of a receipt's amount counts for an invoice, of what did not count for another."""
    amount = _least(pools.get(receipt, whole), wanted)
    pools[receipt] = pools.get(receipt, whole) - amount
    return amount


def _least(*amounts: Money) -> Money:
    return min(amounts, key=lambda money: money.amount)


def _paid(state: ReceiptState, invoice: str) -> Money:
    parts = (part.allocation for use in state.applications for part in use.settlements)
    paid = (allocation.paid for allocation in parts if allocation.document == invoice)
    return Money.zero(state.receipt.amount.currency).plus(paid)


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
