"""Which refund explains what we paid a customer at the bank: each refund one payment, whichever was told first.

a person gave a receipt back under our name of the payment    that receipt explains it
a person noted a refund of the same amount and customer       explains one payment that no receipt explains by name
a credit note whose money is to go back by the bank           the same, as long as nobody noted that it went back

What nothing explains waits for a person.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from billproof.money import Money
from billproof.payments.cash import ReceiptUse
from billproof.payments.model import Channel, UseKind
from billproof.payments.receivables import Receivables
from billproof.payments.refunds_due import AccountRefunds, RefundDue
from billproof.payments.returns import BankReturn
from billproof.payments.statement_book import PaidToCustomer

_GONE_BACK = {UseKind.REFUNDED, UseKind.RETURNED}


def payments_that_wait(paid: Iterable[PaidToCustomer], receivables: Receivables) -> list[BankReturn]:
    """Return what we paid customers of a legal entity and no refund explains, by its day; nothing is written."""
    left = [one.payment for one in paid if not _is_given_back(one, receivables)]
    if not left:
        return []
    refunds = _Refunds(receivables)
    left.sort(key=lambda payment: (len(payment.accounts), payment.booked_on, payment.reference))
    left = [payment for payment in left if not refunds.take_noted(payment)]
    left = [payment for payment in left if not refunds.take_due(payment)]
    return sorted(left, key=lambda payment: (payment.booked_on, payment.reference))


def _is_given_back(paid: PaidToCustomer, receivables: Receivables) -> bool:
    """Say whether a person gave back the receipt that a payment is of; in another currency of whichever amount."""
    amount = paid.payment.amount
    gone = [
        use.amount
        for receipt in paid.receipts
        for use in receivables.book.state(receivables.entity, receipt).uses
        if use.kind in _GONE_BACK and use.reference == paid.payment.reference and use.amount is not None
    ]
    return any(one == amount or one.currency != amount.currency for one in gone)


@dataclass
class _DueRefund:
    """What credit notes of an invoice say is to go back by the bank: all that is left of it, or a part by itself."""

    left: Money
    parts: list[Money]

    def take(self, amount: Money) -> bool:
        """Take an amount of it; False where it is neither all of it nor a part."""
        is_part = amount in self.parts
        if amount.currency != self.left.currency or amount.amount > self.left.amount:
            return False
        if not is_part and amount != self.left:
            return False
        self.left -= amount
        if is_part:
            self.parts.remove(amount)
        return True


@dataclass
class _Refunds:
    """The refunds of customers, each of which explains one payment."""

    receivables: Receivables
    taken: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Read each account once."""
        self._noted_of = cache(self._read_noted)
        self._due_of = cache(self._read_due)

    def take_noted(self, payment: BankReturn) -> bool:
        """Say whether a refund that a person noted explains a payment, which then explains no other."""
        of_accounts = (refund for account in payment.accounts for refund in self._noted_of(account))
        states = (self.receivables.book.state(self.receivables.entity, receipt) for receipt in payment.receipts)
        of_receipts = (refund for state in states for refund in _noted(state.receipt.id, state.uses))
        for refund, amount in (*of_accounts, *of_receipts):
            if amount == payment.amount and refund not in self.taken:
                self.taken.add(refund)
                return True
        return False

    def take_due(self, payment: BankReturn) -> bool:
        """Say whether credit notes whose money is to go back explain a payment."""
        return any(due.take(payment.amount) for account in payment.accounts for due in self._due_of(account))

    def _read_noted(self, account: str) -> list[tuple[tuple[str, int], Money]]:
        states = self.receivables.book.of_account(self.receivables.entity, account)
        return [refund for state in states for refund in _noted(state.receipt.id, state.uses)]

    def _read_due(self, account: str) -> list[_DueRefund]:
        refunds = AccountRefunds(self.receivables)
        documents = (self.receivables.register.released(name) for name in self.receivables.invoices_of(account))
        dues = (refunds.due(released) for released in documents if released is not None)
        return [due for one in dues if one is not None for due in _by_the_bank(one)]


def _noted(receipt: str, uses: Iterable[ReceiptUse]) -> Iterator[tuple[tuple[str, int], Money]]:
    """Yield what people noted that we paid back of a receipt, without naming the payment."""
    for use in uses:
        if use.kind is UseKind.REFUNDED and use.decided_by and not use.reference and use.amount is not None:
            yield (receipt, use.ordinal), use.amount


def _by_the_bank(due: RefundDue) -> Iterator[_DueRefund]:
    """Yield what of a refund goes back by the bank, in each currency in which its receipts came."""
    ways = [way.amount for way in due.of_receipts if way.channel is Channel.BANK]
    for currency in dict.fromkeys(way.currency for way in ways):
        parts = [way for way in ways if way.currency == currency]
        yield _DueRefund(Money.zero(currency).plus(parts), [*parts, *due.of_notes])
