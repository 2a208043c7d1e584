"""What is open by its age, and what a statement of account says of a customer."""

from enum import StrEnum

from billproof.model import Day, Model
from billproof.money import Money
from billproof.names import Currency, Name


class AgeBucket(StrEnum):
    """How many days after its due day something is still open; what is due on the day itself is current."""

    CURRENT = "current"
    UP_TO_30 = "1-30"
    UP_TO_60 = "31-60"
    UP_TO_90 = "61-90"
    OVER_90 = "over 90"


LAST_DAYS = {AgeBucket.CURRENT: 0, AgeBucket.UP_TO_30: 30, AgeBucket.UP_TO_60: 60, AgeBucket.UP_TO_90: 90}
"""The most days of each bucket but the last one."""


def bucket_of(days_overdue: int) -> AgeBucket:
    """Return the bucket of what is so many days overdue; below zero it is not due yet."""
    return next((bucket for bucket, last in LAST_DAYS.items() if days_overdue <= last), AgeBucket.OVER_90)


class AgedBalance(Model):
    """What is open in one currency, by age: open = the sum of the buckets + overpaid.

    `overpaid` is open below zero: documents of which more was paid or credited than they came to. `open_booked` is what
    is open in the currency of the books, `disputed` what of open customers dispute, `unapplied` money that arrived and
    pays no document yet.
    """

    currency: Currency
    buckets: dict[AgeBucket, Money]
    overpaid: Money
    open: Money
    open_booked: Money
    disputed: Money
    unapplied: Money

    @classmethod
    def nothing(cls, currency: str, books: str) -> "AgedBalance":
        """Return a balance of nothing in a currency, where the books are in another one or the same."""
        zero = Money.zero(currency)
        return cls(
            currency=currency,
            buckets=dict.fromkeys(AgeBucket, zero),
            overpaid=zero,
            open=zero,
            open_booked=Money.zero(books),
            disputed=zero,
            unapplied=zero,
        )

    @property
    def overdue(self) -> Money:
        """What should have been paid by now."""
        nothing = Money.zero(self.currency)
        return nothing.plus(amount for bucket, amount in self.buckets.items() if bucket is not AgeBucket.CURRENT)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is open, overpaid or unapplied."""
        amounts = (*self.buckets.values(), self.overpaid, self.open_booked, self.unapplied)
        return all(amount.is_zero for amount in amounts)

    def __add__(self, other: "AgedBalance") -> "AgedBalance":
        return AgedBalance(
            currency=self.currency,
            buckets={bucket: amount + other.buckets[bucket] for bucket, amount in self.buckets.items()},
            overpaid=self.overpaid + other.overpaid,
            open=self.open + other.open,
            open_booked=self.open_booked + other.open_booked,
            disputed=self.disputed + other.disputed,
            unapplied=self.unapplied + other.unapplied,
        )


class AgedCustomer(Model):
    """What is open of one customer, by currency; of receipts that are nobody's yet the account is empty."""

    account: str
    balances: tuple[AgedBalance, ...]


class Ageing(Model):
    """What is open of a legal entity's documents at the end of a day, of each customer and in all, by currency."""

    legal_entity: Name
    on: Day
    customers: tuple[AgedCustomer, ...]
    totals: tuple[AgedBalance, ...]


class StatedDocument(Model):
    """An invoice on a statement of account: gross = credited + written off + given up + paid + open.

    `credited` is what credit notes took back, and what a balance of the customer paid of it; `given_up` discounts that
    were taken, bank charges and small differences, `disputed` what of open the customer disputes.
    """

    number: str
    issued: Day
    due: Day
    gross: Money
    credited: Money
    written_off: Money
    given_up: Money
    paid: Money
    open: Money
    disputed: Money
    days_overdue: int


class StatedPayment(Model):
    """What of a receipt pays a document."""

    number: str
    amount: Money


class StatedReceipt(Model):
    """A receipt on a statement of account: amount = what it pays + gone back + unapplied."""

    receipt: str
    booked_on: Day
    amount: Money
    pays: tuple[StatedPayment, ...]
    gone_back: Money
    unapplied: Money


class StatedCurrency(Model):
    """A statement of account in one currency: `to_pay` = open - unapplied.

    `balance` is what earlier documents left to the customer's credit: later invoices draw it.
    """

    currency: Currency
    documents: tuple[StatedDocument, ...]
    receipts: tuple[StatedReceipt, ...]
    aged: AgedBalance
    balance: Money
    to_pay: Money


class StatementOfAccount(Model):
    """What a customer was billed, what arrived of it and what is open at the end of a day."""

    legal_entity: Name
    account: Name
    name: str
    on: Day
    currencies: tuple[StatedCurrency, ...]
