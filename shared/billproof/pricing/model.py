"""Priced lines and their explanations."""

import operator
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from billproof.contracts.charges import RecognitionMethod
from billproof.findings import Finding
from billproof.model import Computed, Exact, Model
from billproof.money import CONTEXT, Money, Rounding
from billproof.periods import Period
from billproof.pricing.models.base import Step
from billproof.proration import Proration
from billproof.usage.model import AccountUsage, EventCounts

type LineIdentity = tuple[str, str, tuple[tuple[str, str], ...]]
"""The contract, the line's id and its group: lines of several groups may have one id where it is an old, plain one."""


def line_identity(contract: str, line: str, dimension: Mapping[str, str]) -> LineIdentity:
    """Return what tells a line from every other line of its period."""
    return contract, line, tuple(sorted(dimension.items()))


class Explanation(Model):
    """Why a line has its amount: enough to compute it again by hand."""

    contract: str
    contract_version: int
    price_model: str
    steps: tuple[Step, ...]
    proration: Proration | None
    exact_amount: Computed
    rounding: Rounding
    note: str


class LineKind(StrEnum):
    """What kind of term made a line."""

    CHARGE = "charge"
    DISCOUNT = "discount"
    CAP = "spend_cap"
    COMMITMENT = "commitment_shortfall"
    CREDIT = "credit_drawdown"
    DIFFERENCE = "difference"
    CREDIT_NOTE = "credit_note"

    @property
    def term_model(self) -> str:
        """What stands in place of a price model where a reduction explains itself."""
        return {LineKind.DISCOUNT: "discount", LineKind.CAP: "spend_cap"}.get(self, "credit")


class RevenueSchedule(Model):
    """How a line's revenue is earned, and over which days."""

    method: RecognitionMethod
    period: Period

    def share_before(self, day: date) -> Decimal:
        """Return the share of an amount that is earned before a day."""
        start, end = self.period.start, self.period.end
        if day >= end or (self.method is RecognitionMethod.POINT_IN_TIME and day > start):
            return Decimal(1)
        if day <= start or self.method in {RecognitionMethod.AS_INCURRED, RecognitionMethod.POINT_IN_TIME}:
            return Decimal(0)
        if self.method is RecognitionMethod.STRAIGHT_LINE_MONTHS:
            last = day - timedelta(days=1)
            done, whole = _months(start, last), _months(start, end - timedelta(days=1))
            if last.month == day.month:  # a month counts when it is over
                done -= 1
        else:
            done, whole = (day - start).days, (end - start).days
        return CONTEXT.divide(Decimal(done), Decimal(whole))


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


class Earning(Model):
    """An amount in the currency of the books and how it is earned; a concession is of a credit note.

    `note` is the credit note that it is of: what that takes back is rounded by itself, then and for ever. What it takes
    back it takes back `since` the first day of the month in which it is issued. What `is_excess` says how that has
    changed: above zero, that so much is not taken back so; below zero, that it is, over these days.
    """

    amount: Money
    schedule: RevenueSchedule
    is_concession: bool = Field(default=False, exclude_if=operator.not_)
    since: date | None = Field(default=None, exclude_if=operator.not_)
    is_excess: bool = Field(default=False, exclude_if=operator.not_)
    note: str | None = Field(default=None, exclude_if=operator.not_)

    def share_before(self, day: date) -> Decimal:
        """Return the share of the amount that is earned, or taken back, before a day."""
        return Decimal(0) if self.since is not None and day <= self.since else self.schedule.share_before(day)


class Accrual(Model):
    """What is earned by the end of a month of a fee that a later invoice bills: a contract asset (IFRS 15.105).

    `booked` is what it comes to in the books, where those are in another currency.
    """

    contract: str
    account: str
    line: str
    charge: str
    revenue_category: str
    service_period: Period
    covered: Period
    earned: Money
    booked: Money | None = Field(default=None, exclude_if=operator.not_)

    @property
    def in_books(self) -> Money:
        """What it comes to in the currency of the books."""
        return self.booked or self.earned


class Restated(Model):
    """What a difference puts in place of what: all that is owed of the line now, and what was billed of it, and how.

    The difference earns what the one earns less what the other did, whatever days they are of. Documents that are
    booked line by line say it so.
    """

    owed: Money
    billed: Money
    schedule: RevenueSchedule


class Adjusts(Model):
    """The line of an earlier period whose difference a line bills, and the invoices that billed it so far.

    `replaces` is how all that was billed of the line is earned: the difference puts what is owed now in its place.
    `exceeding` is what concessions take otherwise than their credit notes say: less than they did, over other days, or
    for another part of the service period.
    """

    period: str
    line: str
    numbers: tuple[str, ...]
    restated: Restated | None = None
    replaces: tuple[Earning, ...] = Field(default=(), exclude_if=operator.not_)
    exceeding: tuple[Earning, ...] = Field(default=(), exclude_if=operator.not_)

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what most differences lack: documents of before keep their digests."""
        fields: dict[str, Any] = dump(self)
        return fields if self.restated is not None else {name: fields[name] for name in fields if name != "restated"}


class LeftOn(Model):
    """What is left of a line on some of its days, after all that comes off it; exact, before it is rounded."""

    days: Period
    left: Computed


class PricedLine(Model):
    """A line before tax. `quantity` counts what was used, `billed_quantity` what was priced, `included` the rest.

    `account` is whose contract made it: the account that is billed, or a child of it.
    `covered` are the days of the service period that it pays for. `unused_quantity` is what was left of the period's
    own allowance, where it rolls over. Where prices include tax, `net` is the price with it.
    A line that adjusts an earlier one holds the differences of all of these, which may be negative.
    `left_on` is of a line of which a commitment over several months counts some days: all that is left of it as it is
    known then, also where the line bills a difference. `replaces` and `exceeding` are of the shortfall of a term of
    several months, and say of it what those of `adjusts` say of a difference.
    """

    id: str
    account: str
    kind: LineKind
    term: str
    charge: str
    description: str
    product: str
    revenue_category: str
    service_period: Period
    covered: Period
    meter: str | None
    unit: str | None
    dimension: dict[str, str]
    quantity: Exact
    included_quantity: Exact
    billed_quantity: Exact
    unused_quantity: Exact = Decimal(0)
    net: Money
    includes_tax: bool = False
    recognition: RevenueSchedule
    explanation: Explanation
    adjusts: Adjusts | None = None
    left_on: tuple[LeftOn, ...] = Field(default=(), exclude_if=operator.not_)
    replaces: tuple[Earning, ...] = Field(default=(), exclude_if=operator.not_)
    exceeding: tuple[Earning, ...] = Field(default=(), exclude_if=operator.not_)

    @property
    def identity(self) -> LineIdentity:
        """What tells it from every other line of its period."""
        return line_identity(self.explanation.contract, self.id, self.dimension)

    @property
    def replaced(self) -> tuple[Earning, ...]:
        """How all that was billed of it is earned, which it puts what is owed now in the place of."""
        return self.replaces or (self.adjusts.replaces if self.adjusts else ())

    def earnings(self, booked: Money) -> tuple[Earning, ...]:
        """Return how all that is billed of the line is earned once this one is booked: with it, what it replaces.

        Concessions stay as they are, but for what of them exceeds what is owed. Where nothing is left after them, each
        takes off what is owed from its month on, by the days of the line: documents of before do not say so themselves.
        """
        exceeding = self.adjusts.exceeding if self.adjusts else self.exceeding
        whole = booked.plus(earning.amount for earning in self.replaced)
        taken = (earning for earning in self.replaced if earning.is_concession and not earning.is_excess)
        conceded = (*taken, *exceeding)
        if whole.is_zero and all(earning.amount.amount > 0 for earning in exceeding):
            dated = (earning for earning in conceded if earning.since is not None)
            changes = {"schedule": self.recognition, "note": None}  # rounded together, for together they are all
            conceded = tuple(earning.model_copy(update=changes) for earning in dated)
        owed = whole.plus(-earning.amount for earning in conceded)
        return (Earning(amount=owed, schedule=self.recognition), *conceded)


def metered_quantities(lines: Iterable[PricedLine]) -> dict[str, Decimal]:
    """Return what lines say of each meter: the most of any charge that reads it, as that charge converts it."""
    by_charge: dict[tuple[str, str, str], Decimal] = {}
    for line in lines:
        if line.meter is not None and line.kind is LineKind.CHARGE:
            key = (line.meter, line.explanation.contract, line.charge)
            by_charge[key] = by_charge.get(key, Decimal(0)) + line.quantity
    most: dict[str, Decimal] = {}
    for (meter, _, _), quantity in by_charge.items():
        most[meter] = max(most.get(meter, Decimal(0)), quantity)
    return most


class PricedAccount(Model):
    """Every line of one account for one billing period, zero lines too; what is earned of lines of later invoices."""

    account: str
    currency: str
    period: Period
    lines: tuple[PricedLine, ...]
    accrued: tuple[Accrual, ...] = Field(default=(), exclude_if=operator.not_)


class AccountPricing(Model):
    """An account's lines; none where it has no contract in force or a finding says why it cannot be priced.

    `usage` is what the account used in the period, `children` what its children did, `earlier` what all of them used in
    the earlier periods that late usage reached, `unbilled` what they used in months that no invoice bills.
    """

    usage: AccountUsage
    children: tuple[AccountUsage, ...] = ()
    earlier: tuple[AccountUsage, ...] = ()
    unbilled: tuple[AccountUsage, ...] = Field(default=(), exclude_if=operator.not_)
    priced: PricedAccount | None
    findings: tuple[Finding, ...]

    @property
    def own(self) -> tuple[AccountUsage, ...]:
        """What the account and its children used in the period."""
        return (self.usage, *self.children)

    @property
    def counts(self) -> EventCounts:
        """Where the events of the period went."""
        return sum((usage.counts for usage in self.own), EventCounts.zero())

    @property
    def late_counts(self) -> EventCounts:
        """Where the events of earlier periods went that are billed now, or (as orphans) are a finding now."""
        return sum((usage.counts for usage in (*self.earlier, *self.unbilled)), EventCounts.zero())


class BatchPricing(Model):
    """The lines of a batch."""

    run: str
    batch: str
    accounts: tuple[AccountPricing, ...]
