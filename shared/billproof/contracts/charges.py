"""The terms of a contract: what it charges for, what comes off, how it renews and how its revenue is earned."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from billproof.cadence import Cadence
from billproof.model import Day, Exact, Flag, Model
from billproof.names import Name, Nonnegative
from billproof.periods import DateRange
from billproof.pricing.models import Price
from billproof.pricing.models.base import PriceModel
from billproof.quantities import QuantityRule


class Timing(StrEnum):
    """Whether a charge is billed before or after the service period it pays for."""

    IN_ADVANCE = "in_advance"
    IN_ARREARS = "in_arrears"


class Refund(StrEnum):
    """What becomes of the rest of a service period that was billed in advance when its charge ends within it."""

    PRORATED = "prorated"
    NONE = "none"


class RecognitionMethod(StrEnum):
    """How a charge's revenue is earned; `ledger/revenue.py` has the rules."""

    STRAIGHT_LINE_DAYS = "straight_line_days"
    STRAIGHT_LINE_MONTHS = "straight_line_months"
    AS_INCURRED = "as_incurred"
    POINT_IN_TIME = "point_in_time"


class Recognition(Model):
    """How a charge's revenue is earned, and over which days if not those that it is billed for: a setup fee, say."""

    method: RecognitionMethod
    over: DateRange | None = None

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.over is not None and self.over.end is None:
            message = "revenue is earned over days that have an end"
            raise ValueError(message)
        return self


class RampStep(Model):
    """A price that holds from a day on, in place of the one before."""

    start: Day
    price: Price


class Charge(Model):
    """One thing that a contract charges for.

    A price of quantities reads a `meter`, or the `quantity` that the contract states. Metered charges are billed by
    calendar months; others by their cadence. `included_quantity` is free in every month, shared by days in a part of
    one; what is not used of it rolls over to the next month where `rollover` says so. A `pooled` charge of a parent
    account prices what the account and its children used together, so that all of them fill its tiers.
    """

    id: Name
    name: str
    product: str
    revenue_category: str
    price: Price
    timing: Timing
    effective: DateRange
    meter: Name | None = None
    quantity: Nonnegative | None = None
    group_by: tuple[str, ...] = ()
    conversion: QuantityRule | None = None
    included_quantity: Nonnegative | None = None
    rollover: Flag = False
    pooled: Flag = False
    floor_unit_price: Nonnegative | None = None
    seats_meter: Name | None = None
    cadence: Cadence = Field(default_factory=Cadence)
    ramp: Annotated[tuple[RampStep, ...], Field(max_length=120)] = ()
    refund: Refund = Refund.PRORATED
    recognition: Recognition | None = None

    @property
    def recognition_method(self) -> RecognitionMethod:
        """How its revenue is earned where the contract does not say: usage as incurred, dues once, the rest by days."""
        if self.recognition is not None:
            return self.recognition.method
        if self.price.is_due_once:
            return RecognitionMethod.POINT_IN_TIME
        return RecognitionMethod.AS_INCURRED if self.is_metered else RecognitionMethod.STRAIGHT_LINE_DAYS

    @property
    def is_metered(self) -> bool:
        """Whether its quantity is measured, so that it can be billed only when its period is over."""
        return self.meter is not None or self.price.is_measured

    @property
    def meters(self) -> tuple[str, ...]:
        """Every meter that it reads."""
        named = (self.meter, self.seats_meter, *self.price.meters)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for step in self.ramp:
            if step.price.needs_quantity != self.price.needs_quantity or step.price.is_due_once:
                self._refuse(f"a ramp from {self.price.model} to {step.price.model} is a charge of its own")
        if [step.start for step in self.ramp] != sorted({step.start for step in self.ramp}):
            self._refuse("the steps of a ramp must rise by their start")
        for price in (self.price, *(step.price for step in self.ramp)):
            self._check(price)
        return self

    def _check(self, price: PriceModel) -> None:
        sources = (self.meter is not None) + (self.quantity is not None)
        needs = "needs a meter or a quantity" if price.needs_quantity else "takes no meter and no quantity"
        rules = (
            (sources == price.needs_quantity, f"the price model {price.model} {needs}"),
            (
                self.meter is not None or not (self.group_by or self.included_quantity is not None),
                "group_by and included_quantity are for metered charges",
            ),
            (
                self.timing is Timing.IN_ARREARS or (price.in_advance and not self.is_metered),
                f"{price.model} cannot be billed in advance",
            ),
            (self.seats_meter is None or price.takes_seats_meter, "seats_meter is for charges of seats"),
            (
                self.included_quantity is None or (price.takes_allowance and not self.group_by),
                "an included quantity cannot be shared among groups of group_by or transactions",
            ),
            (
                not self.pooled or (self.meter is not None and price.takes_pool),
                "only quantities of a meter are pooled",
            ),
            (not self.rollover or self.included_quantity is not None, "rollover is for an included quantity"),
            (
                self.conversion is None or (price.needs_quantity and price.takes_conversion),
                f"{price.model} takes no conversion of its quantity",
            ),
            (
                self.meter is not None or not price.needs_meter,
                f"the price model {price.model} needs a meter",
            ),
            (
                self.cadence.is_calendar_month or not (self.is_metered or self.seats_meter),
                "what is metered is billed by calendar months",
            ),
        )
        for holds, message in rules:
            if not holds:
                self._refuse(message)
        for message in price.refusals(self):
            self._refuse(message)

    def _refuse(self, why: str) -> None:
        message = f"charge {self.id}: {why}"
        raise ValueError(message)


class Spread(StrEnum):
    """How a fixed amount is spread over lines: in proportion to what is left of each, or in their order."""

    PRO_RATA = "pro_rata"
    IN_ORDER = "in_order"


class DiscountRounding(StrEnum):
    """Whether a percentage is rounded on each line, or on the sum of all lines of the invoice."""

    PER_LINE = "per_line"
    PER_DOCUMENT = "per_document"


class Discount(Model):
    """A percentage or an amount off the named charges for the days in which it is effective; no charges: off all.

    Over a period that it covers in part, it is taken by the share of the days that are billed. Percentages come before
    amounts, narrow ones (few charges) before wide ones, each on what the earlier ones left. An amount is for a month
    and takes no more than there is of that month's share of each fee.
    """

    id: Name
    name: str
    percent: Annotated[Exact, Field(gt=0, le=100)] | None = None
    amount: Annotated[Exact, Field(gt=0)] | None = None
    charges: tuple[Name, ...] = ()
    products: tuple[str, ...] = ()
    effective: DateRange
    spread: Spread = Spread.PRO_RATA
    rounding: DiscountRounding = DiscountRounding.PER_LINE

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            message = f"discount {self.id}: give a percent or an amount"
            raise ValueError(message)
        return self


class Commitment(Model):
    """The least that the named charges, after discounts, come to; the rest is billed as a shortfall.

    It is for every month, or for terms of `months` from its first day on: then the fees of all service periods that
    begin in a term count together, and the shortfall is billed when the term is over.
    """

    id: Name
    name: str
    amount: Nonnegative
    charges: Annotated[tuple[Name, ...], Field(min_length=1)]
    revenue_category: str
    effective: DateRange
    months: Annotated[int, Field(strict=True, ge=1, le=120)] = 1


class SpendCap(Model):
    """The most that the named charges, after percentage discounts, come to in a month; none named: all charges."""

    id: Name
    name: str
    amount: Nonnegative
    charges: tuple[Name, ...] = ()
    effective: DateRange


class Credit(Model):
    """An amount that was paid or granted before, and that lines of the named charges draw down; none named: all.

    It is drawn in the months in which it is effective: grants of a lower priority first, then those that expire first,
    then by id. What is left when it expires is forfeited, unless `rolls_over_to` names a later credit to take it. With
    `shortfalls` it pays what a commitment falls short of, too, if it is for all charges of that commitment.
    """

    id: Name
    name: str
    amount: Annotated[Exact, Field(gt=0)]
    priority: Annotated[int, Field(strict=True, ge=0, le=1_000)] = 100
    charges: tuple[Name, ...] = ()
    effective: DateRange
    rolls_over_to: Name | None = None
    shortfalls: Flag = True


class WaiverReason(StrEnum):
    """Why a charge costs nothing for some days."""

    TRIAL = "trial"
    FREE_PERIOD = "free_period"
    PAUSE = "pause"


class Waiver(Model):
    """Days for which fixed charges and seats cost nothing; none named: all of them. Usage is billed all the same."""

    id: Name
    reason: WaiverReason
    days: DateRange
    charges: tuple[Name, ...] = ()


Term = Charge | Discount | Commitment | SpendCap | Credit | Waiver
