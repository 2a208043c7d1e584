"""A percentage of each transaction, with free ones, a fixed fee and bounds."""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from billproof.model import decimal_text
from billproof.money import exactly
from billproof.pricing.models.base import (
    HUNDRED,
    NOTHING,
    ZERO,
    Nonnegative,
    Percent,
    PriceModel,
    ReadsUsage,
    Step,
    Used,
    step_of,
)
from billproof.pricing.models.examples import Example, Section
from billproof.readings import Reading, Transactions, TransactionTally

SMALLEST = Decimal("1e-15")
"""The finest difference between two quantities."""
LARGEST = Decimal(10) ** 23 - 1
"""More than any amount that is priced; a cut beyond it is met by none."""


SECTION = Section(
    "Percentage",
    (
        (
            "A percentage of each transaction's amount and a fixed fee for each transaction. The first "
            "transactions are free, in the order of their times, up to a number or an amount, whichever ends "
            "first: all with which the amounts so far are not above it. One that is covered in part pays the "
            "percentage of the rest and its whole fixed fee. The minimum and maximum are for each transaction, the "
            "fixed fee inside. No transaction costs nothing."
        ),
        Example(
            price={"model": "percentage", "percent": "2.9", "fixed_fee": "0.30"},
            amount="5.83",
            why="2.9 % of 170, and 3 x 0.30",
            usage={"transactions": ["100", "50", "20"]},
        ),
        Example(
            price={
                "model": "percentage",
                "percent": "1",
                "fixed_fee": "0.50",
                "free_transactions": 2,
                "free_amount": "100",
            },
            amount="1.30",
            why="60 is free; of the second 40 are free: 0.20 + 0.50; the third: 0.10 + 0.50",
            usage={"transactions": ["60", "60", "10"]},
        ),
        Example(
            price={"model": "percentage", "percent": "1", "fixed_fee": "0.10", "minimum": "0.50", "maximum": "10"},
            amount="15.60",
            why="0.20 is raised to 0.50; 5.10; 50.10 is lowered to 10",
            usage={"transactions": ["10", "500", "5000"]},
        ),
    ),
)


class Percentage(PriceModel):
    """A percentage of each transaction's amount and a fixed fee; the meter sums the amounts.

    The first transactions are free, up to `free_transactions` of them or to `free_amount` of them together, whichever
    ends first. `minimum` and `maximum` hold for each transaction's fee, the fixed fee inside it. A transaction that is
    covered in part pays its whole fixed fee.
    """

    model: Literal["percentage"] = "percentage"
    section: ClassVar[Section | None] = SECTION
    needs_meter: ClassVar[bool] = True
    is_of_amounts: ClassVar[bool] = True
    takes_allowance: ClassVar[bool] = False
    takes_conversion: ClassVar[bool] = False
    takes_pool: ClassVar[bool] = False
    money: ClassVar[tuple[str, ...]] = ("fixed_fee", "minimum", "maximum")
    priced_by: ClassVar[frozenset[str]] = frozenset({"transactions", "dated_transactions"})
    percent: Percent
    fixed_fee: Nonnegative = NOTHING
    free_transactions: Annotated[int, Field(strict=True, ge=0)] | None = None
    free_amount: Nonnegative | None = None
    minimum: Nonnegative | None = None
    maximum: Nonnegative | None = None

    @property
    def has_allowance(self) -> bool:
        """Whether some transactions are free."""
        return self.free_transactions is not None or self.free_amount is not None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            message = "the minimum of a transaction is over its maximum"
            raise ValueError(message)
        return self

    def refusals(self, charge: ReadsUsage) -> Iterator[str]:
        """Refuse free transactions that would have to be shared among groups."""
        if charge.group_by and self.has_allowance:
            yield "free transactions cannot be shared among groups of group_by"

    def reading(self, meter: str, group_by: tuple[str, ...]) -> Reading:
        """Read single transactions."""
        return Reading(meter=meter, group_by=group_by, transactions=transactions_of(self))

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Price the transactions by what they pay: nothing, the least, their percentage, or the most."""
        tally = used.tally or TransactionTally()
        rate = self.percent / HUNDRED
        label = f"{decimal_text(self.percent)} % of {tally.events} transactions"
        fees = self.fixed_fee * tally.events
        steps = [step_of(label, tally.amount, rate, fees)] if tally.events else []
        if tally.events and self.percent == 0:  # every fee is the fixed one, within the bounds
            fee = max(self.fixed_fee, self.minimum or ZERO)
            fee = fee if self.maximum is None else min(fee, self.maximum)
            steps = [step_of("transactions", Decimal(tally.events), fee)]
        if tally.low_events and self.minimum is not None:
            steps.append(step_of("transactions at the minimum", Decimal(tally.low_events), self.minimum))
        if tally.high_events and self.maximum is not None:
            steps.append(step_of("transactions at the maximum", Decimal(tally.high_events), self.maximum))
        if tally.covered_events or not steps:
            steps.append(step_of("free transactions", Decimal(tally.covered_events), ZERO))
        return tuple(steps)


@exactly
def transactions_of(price: Percentage) -> Transactions:
    """Return how transactions are to be counted for a percentage price.

    A fee of rate x amount + fixed meets its minimum below (minimum - fixed) / rate and its maximum above
    (maximum - fixed) / rate. Amounts have 15 decimals at most, so both cuts can be moved onto that grid exactly.
    """
    low = high = None
    if price.percent > 0:
        if price.minimum is not None:
            low = _cut(price.minimum - price.fixed_fee, price.percent, ROUND_CEILING)
        if price.maximum is not None:
            high = _cut(price.maximum - price.fixed_fee, price.percent, ROUND_FLOOR) + SMALLEST
    return Transactions(free_transactions=price.free_transactions, free_amount=price.free_amount, low=low, high=high)


@exactly
def _cut(fee: Decimal, percent: Decimal, rounding: str) -> Decimal:
    cut = (fee * HUNDRED / percent).quantize(SMALLEST, rounding=rounding)
    return min(cut, LARGEST)
