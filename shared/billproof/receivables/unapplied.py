"""Money of a customer that pays nothing yet: what it may already cover is neither reminded of nor charged.

It covers what is due, the oldest first. It is what a statement of account takes off what is to be paid, and money of
which a rule proposed to a person that it is the customer's.
"""

from billproof.money import Money
from billproof.payments.receivables import Receivables


class UnappliedMoney:
    """What is left of a customer's money while it is taken off one document after the other, by currency."""

    def __init__(self, account: str, receivables: Receivables) -> None:
        self._left: dict[str, Money] = {}
        for state in receivables.book.of_account(receivables.entity, account):
            owner = state.proposal.account if state.proposal is not None else state.account
            unapplied = state.unapplied.amount
            if owner == account and unapplied.amount > 0:
                known = self._left.get(unapplied.currency)
                self._left[unapplied.currency] = known + unapplied if known else unapplied

    def rest_of(self, amount: Money) -> Money:
        """Return what of an amount the customer's money does not cover; what covers it covers nothing else."""
        left = self._left.get(amount.currency)
        if left is None or amount.amount <= 0:
            return amount
        covered = min(left, amount, key=lambda money: money.amount)
        self._left[amount.currency] = left - covered
        return amount - covered
