"""A customer's balance: gross money after tax that documents left, and that later invoices draw. A liability.

    invoice   -120.00             120.00 are left to the balance
    invoice     30.00             draws 30.00: 0.00 due
    credit note -50.00            takes off what is open of its invoice first; what is beyond that is left

Each account has one balance for each currency. A change is written with the release of its document, in one
transaction, under the next ordinal of the balance: two releases at once cannot draw the same money. In the books a
change is worth what is booked: what is drawn, its share of what the balance was booked with.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate

from billproof.model import Model
from billproof.money import CONTEXT, Money, Rounding


@dataclass(frozen=True, slots=True)
class Worth:
    """An amount in a document's currency, and what it is booked with."""

    amount: Money
    booked: Money

    def __add__(self, other: "Worth") -> "Worth":
        return Worth(self.amount + other.amount, self.booked + other.booked)

    def __neg__(self) -> "Worth":
        return Worth(-self.amount, -self.booked)

    @property
    def nothing(self) -> "Worth":
        """Nothing, in the same currencies."""
        return Worth(Money.zero(self.amount.currency), Money.zero(self.booked.currency))

    def part(self, amount: Money) -> "Worth":
        """Return a part of it, booked with its share; the whole is booked with all that is there."""
        if amount == self.amount or self.amount.is_zero:
            return self
        exact = CONTEXT.divide(CONTEXT.multiply(self.booked.amount, amount.amount), self.amount.amount)
        return Worth(amount, Money.rounded(exact, self.booked.currency, Rounding.HALF_UP))


class Settlement(StrEnum):
    """How a document is settled with the balance of its customer."""

    INVOICE = "invoice"
    """What is due draws the balance; less than nothing is left to it."""
    CREDIT_NOTE = "credit_note"
    """It takes off what is open of its invoice, and leaves the rest."""
    WHOLE = "whole"
    """All of it is left: its invoice is paid."""
    NONE = "none"
    """It is refunded or written off."""


def change_of(gross: Worth, opening: Worth, settlement: Settlement, due: Worth) -> Worth:
    """Return what a document leaves to a balance (above zero) or draws of it (below); `due` is open of its invoice."""
    if settlement is Settlement.NONE:
        return gross.nothing
    if gross.amount.amount > 0:
        drawn = min(opening.amount, gross.amount, key=lambda money: money.amount)
        return -opening.part(drawn) if drawn.amount > 0 else gross.nothing
    if settlement is not Settlement.CREDIT_NOTE or due.amount.amount < 0:
        return -gross
    if due.amount.is_zero:  # what earlier credit notes left of the receivable in the books alone
        return -gross + -due
    taken = min(due.amount, -gross.amount, key=lambda money: money.amount)
    return -gross + -due.part(taken)


class BalanceChange(Model):
    """What a document changed of its customer's balance: what it was, and what was left to it or drawn of it."""

    ordinal: int
    opening: Money
    change: Money
    opening_booked: Money
    change_booked: Money

    @property
    def before(self) -> Worth:
        """The balance before the document."""
        return Worth(self.opening, self.opening_booked)

    @property
    def worth(self) -> Worth:
        """What it changed."""
        return Worth(self.change, self.change_booked)

    @property
    def after(self) -> Worth:
        """The balance after it."""
        return self.before + self.worth

    @property
    def drawn(self) -> Money:
        """What was drawn, or zero."""
        return -self.change if self.change.amount < 0 else Money.zero(self.change.currency)

    @property
    def left(self) -> Money:
        """What was left to the balance, or zero."""
        return self.change if self.change.amount > 0 else Money.zero(self.change.currency)


class BalanceEntry(Model):
    """A change of a balance with the document that made it."""

    document: str
    number: str
    issue_date: date
    change: BalanceChange


def granted(changes: Iterable[BalanceChange]) -> Money | None:
    """Return what was left to a balance since it was last used up; None of no changes, which come oldest first."""
    sum_left: Money | None = None
    for change in changes:
        sum_left = change.left if sum_left is None or change.opening.is_zero else sum_left + change.left
    return sum_left


class BalanceStatement(Model):
    """A customer's balance in one currency over some days: opening, the changes with their documents, closing."""

    legal_entity: str
    account: str
    currency: str
    first: date | None
    last: date | None
    opening: Money
    entries: tuple[BalanceEntry, ...]
    closing: Money


def statement_of(
    entries: list[BalanceEntry],
    *,
    legal_entity: str,
    account: str,
    currency: str,
    first: date | None = None,
    last: date | None = None,
) -> BalanceStatement:
    """Return the statement of a balance from its entries, which are in their order.

    A change is of the day on which its document was issued, or of that of the change before it, if that is later: a run
    may issue for the first of a month what it releases after a credit note of the second.
    """
    days = list(accumulate((entry.issue_date for entry in entries), max))
    begin = 0 if first is None else bisect_left(days, first)
    before, shown = entries[:begin], entries[begin : len(days) if last is None else bisect_right(days, last)]
    opening = before[-1].change.after.amount if before else Money.zero(currency)
    return BalanceStatement(
        legal_entity=legal_entity,
        account=account,
        currency=currency,
        first=first,
        last=last,
        opening=opening,
        entries=tuple(shown),
        closing=shown[-1].change.after.amount if shown else opening,
    )
