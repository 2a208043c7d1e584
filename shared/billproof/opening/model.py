"""What a running business brings along: one document for a legal entity, row by row as its files state it.

the system of before bills until here | first day of the first period: billproof bills from here on
| opening balances of receivables, deferred revenue and customers' balances
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, override

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from billproof.errors import InvalidMoney
from billproof.invoicing.balance import Worth
from billproof.invoicing.series import SeriesKind
from billproof.model import Day, Exact, Model, Whole
from billproof.money import Money
from billproof.names import Currency, Month, Name, Nonnegative
from billproof.periods import Period

Reference = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]([\x20-\x7e]{0,62}[\x21-\x7e])?$")]
"""A number or name of the system of before: up to 64 visible characters of ASCII."""
Positive = Annotated[Exact, Field(gt=0)]
Count = Annotated[Whole, Field(ge=0, le=100_000_000)]


class OpeningKind(StrEnum):
    """What rows are of; the value is the name of their file."""

    RECEIVABLES = "receivables"
    DEFERRED = "deferred"
    BALANCES = "balances"
    CREDITS = "credits"
    NUMBERS = "numbers"
    HISTORY = "history"


class OpeningRow(Model):
    """A row of a file."""

    @property
    def identity(self) -> tuple[object, ...]:
        """What no other row of its kind may be of."""
        raise NotImplementedError


class AmountRow(OpeningRow):
    """An amount of an account in whole minor units of its currency."""

    account: Name
    currency: Currency
    amount: Nonnegative

    @field_validator("amount")
    @classmethod
    def _is_whole(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        try:
            if "currency" in info.data:
                Money.of(value, info.data["currency"])
        except InvalidMoney as error:
            raise ValueError(str(error)) from None
        return value

    @property
    def money(self) -> Money:
        """The amount."""
        return Money.of(self.amount, self.currency)


class EntryRow(AmountRow):
    """An amount above zero that is booked; `reference` says what it is from."""

    reference: Reference
    amount: Positive

    @property
    @override
    def identity(self) -> tuple[object, ...]:
        return (self.reference,)


class BookedRow(EntryRow):
    """An amount, and what it is booked with where the books are in another currency."""

    booked: Positive | None = None

    def worth(self, books: str) -> Worth:
        """Return the amount, and what it comes to in the currency of the books."""
        return Worth(self.money, self.money if self.booked is None else Money.of(self.booked, books))


class OpenReceivable(BookedRow):
    """An invoice of the system of before, `reference` is its number, and `amount` what is open of it."""

    issued: Day
    due: Day


class OpenDeferral(EntryRow):
    """What was billed before and is earned from now on, evenly over whole months; in the currency of the books."""

    revenue_category: str
    first_month: Month
    last_month: Month

    @property
    def months(self) -> Period:
        """The days over which it is earned."""
        return Period(start=Period.month(self.first_month).start, end=Period.month(self.last_month).end)


class OpenBalance(BookedRow):
    """What a customer has to its credit: later invoices draw it."""

    @property
    @override
    def identity(self) -> tuple[object, ...]:
        return (self.account, self.currency)


class PrepaidCredit(AmountRow):
    """What is left of a credit of a contract: `amount` of what was `granted`, as the contract states it."""

    contract: Name
    credit: Name
    granted: Positive

    @property
    @override
    def identity(self) -> tuple[object, ...]:
        return (self.account, self.contract, self.credit)


class PastUsage(AmountRow):
    """What an account used and was billed of a meter in a month before the first period; the controls look at it."""

    meter: Name
    month: Month
    quantity: Nonnegative

    @property
    @override
    def identity(self) -> tuple[object, ...]:
        return (self.account, self.meter, self.month)


class NumberedSeries(StrEnum):
    """A series of numbers, as a file names it."""

    INVOICES = "invoices"
    CREDIT_NOTES = "credit_notes"
    ZERO_INVOICES = "zero_invoices"

    @property
    def kind(self) -> SeriesKind:
        """What it numbers."""
        return SeriesKind[self.name]


class NextNumber(OpeningRow):
    """Where a series of a year goes on, and the day on which the last number before was issued."""

    series: NumberedSeries
    year: Annotated[Whole, Field(ge=1900, le=9998)]
    next: Annotated[Whole, Field(ge=1, le=999_999_999)]
    last_issued: Day | None = None

    @property
    @override
    def identity(self) -> tuple[object, ...]:
        return (self.series, self.year)


class OpeningTotal(Model):
    """What the rows of a kind must come to: how many, and for those with amounts their sum by currency.

    `booked` is their sum in the books, where these are in another currency.
    """

    kind: OpeningKind
    currency: Currency | None = None
    count: Count
    total: Nonnegative | None = None
    booked: Nonnegative | None = None


class Opening(Model):
    """All that a legal entity takes over. It is proposed by one person and confirmed by another, and never changes."""

    schema_version: Literal["billproof.opening/1"] = "billproof.opening/1"
    legal_entity: Name
    first_period: Month
    receivables: tuple[OpenReceivable, ...] = ()
    deferred: tuple[OpenDeferral, ...] = ()
    balances: tuple[OpenBalance, ...] = ()
    credits: tuple[PrepaidCredit, ...] = ()
    numbers: tuple[NextNumber, ...] = ()
    history: tuple[PastUsage, ...] = ()
    controls: tuple[OpeningTotal, ...]

    @property
    def first(self) -> Period:
        """The first period that is billed."""
        return Period.month(self.first_period)

    def rows(self, kind: OpeningKind) -> tuple[OpeningRow, ...]:
        """Return the rows of a kind."""
        rows: tuple[OpeningRow, ...] = getattr(self, kind.value)
        return rows
