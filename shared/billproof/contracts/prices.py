"""Price models as a contract writes them. docs/pricing.md states each rule, with an example that is run as a test."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from billproof.model import Exact, Model

Nonnegative = Annotated[Exact, Field(ge=0)]
Positive = Annotated[Exact, Field(gt=0)]
Percent = Annotated[Exact, Field(ge=0, decimal_places=13)]
"""So that a hundredth of it still is an exact price."""
MAX_TIERS = 100
MAX_CELLS = 1_000
NOTHING = Field(default="0", validate_default=True)


class PriceModel(Model):
    """What all price models share: whether they price a quantity, which a meter measures or the contract states."""

    needs_quantity: ClassVar[bool] = True
    in_advance: ClassVar[bool] = False
    """Whether it can be billed before its service period, when nothing is metered."""

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every amount of money scaled, as an uplift does."""
        changes = {name: scale(value) for name in self.money if (value := getattr(self, name)) is not None}
        return self.model_copy(update=changes)

    money: ClassVar[tuple[str, ...]] = ()
    """The fields that are amounts of money."""


class Flat(PriceModel):
    """A fixed amount for each service period, shared by days where the charge covers a part of it."""

    model: Literal["flat"] = "flat"
    needs_quantity: ClassVar[bool] = False
    in_advance: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("amount",)
    amount: Nonnegative


class Seats(PriceModel):
    """Seats that the contract commits to, each at a price for the period; what telemetry saw above them is trued up.

    `high_water_mark` bills the most seats of any day for the whole period, `daily` each day's for that day. The
    true-up is billed in arrears, at `true_up_price` or, without one, the seat's price.
    """

    model: Literal["seats"] = "seats"
    needs_quantity: ClassVar[bool] = False
    in_advance: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("unit_price", "true_up_price")
    seats: Annotated[int, Field(ge=0)]
    unit_price: Nonnegative
    true_up: Literal["none", "high_water_mark", "daily"] = "none"
    true_up_price: Nonnegative | None = None


class OneOff(PriceModel):
    """An amount due once, on a day."""

    model: Literal["one_off"] = "one_off"
    needs_quantity: ClassVar[bool] = False
    money: ClassVar[tuple[str, ...]] = ("amount",)
    amount: Nonnegative
    due_on: date


class Milestone(PriceModel):
    """An amount due once a milestone is reached; a new version of the contract says when that was."""

    model: Literal["milestone"] = "milestone"
    needs_quantity: ClassVar[bool] = False
    money: ClassVar[tuple[str, ...]] = ("amount",)
    amount: Nonnegative
    reached_on: date | None = None

    @property
    def due_on(self) -> date | None:
        """The day on which it is due, if it is reached."""
        return self.reached_on


class PerUnit(PriceModel):
    """A price for every unit."""

    model: Literal["per_unit"] = "per_unit"
    in_advance: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("unit_price",)
    unit_price: Nonnegative


class Package(PriceModel):
    """A price for every package; a part-used package is charged whole."""

    model: Literal["package"] = "package"
    in_advance: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("package_price",)
    package_size: Positive
    package_price: Nonnegative


class Tier(Model):
    """Units up to and including `up_to` (null: all the rest) at a price, with a flat fee once the tier is entered.

    With a `block_size` the unit price is that of a block, and a part-used block is charged whole.
    """

    up_to: Positive | None
    unit_price: Nonnegative
    flat_fee: Nonnegative = NOTHING
    block_size: Positive | None = None


class PercentTier(Model):
    """Amounts up to and including `up_to` (null: all the rest) at a percentage, with a flat fee once entered."""

    up_to: Positive | None
    percent: Percent
    flat_fee: Nonnegative = NOTHING


class Limits(Model):
    """A tier of capacity: the most of each meter that it holds (a meter that is not named is not limited)."""

    limits: dict[str, Nonnegative]
    amount: Nonnegative


def _rise_and_end_open(bounds: list[Decimal | None]) -> None:
    closed = [bound for bound in bounds[:-1] if bound is not None]
    if bounds[-1] is not None or len(closed) != len(bounds) - 1 or closed != sorted(set(closed)):
        message = "tiers must rise, and only the last one has no bound (up_to: null)"
        raise ValueError(message)


class Tiered(PriceModel):
    """Tiers in rising order, the last one without a bound.

    Zero usage owes the first tier's flat fee, unless `flat_fee_at_zero` is false.
    """

    in_advance: ClassVar[bool] = True
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=MAX_TIERS)]
    flat_fee_at_zero: bool = True

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _rise_and_end_open([tier.up_to for tier in self.tiers])
        return self

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every tier's price and flat fee scaled."""
        tiers = tuple(
            tier.model_copy(update={"unit_price": scale(tier.unit_price), "flat_fee": scale(tier.flat_fee)})
            for tier in self.tiers
        )
        return self.model_copy(update={"tiers": tiers})


class Graduated(Tiered):
    """Each unit at the price of the tier that it falls in."""

    model: Literal["graduated"] = "graduated"


class Volume(Tiered):
    """All units at the price of the tier that the whole quantity falls in."""

    model: Literal["volume"] = "volume"


class Percentage(PriceModel):
    """A percentage of each transaction's amount and a fixed fee; the meter sums the amounts.

    The first transactions are free, up to `free_transactions` of them or to `free_amount` of them together, whichever
    ends first. `minimum` and `maximum` hold for each transaction's fee, the fixed fee inside it. A transaction that is
    covered in part pays its whole fixed fee.
    """

    model: Literal["percentage"] = "percentage"
    money: ClassVar[tuple[str, ...]] = ("fixed_fee", "minimum", "maximum")
    percent: Percent
    fixed_fee: Nonnegative = NOTHING
    free_transactions: Annotated[int, Field(ge=0)] | None = None
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


class GraduatedPercentage(PriceModel):
    """Each part of the summed amount at the percentage of the tier that it falls in."""

    model: Literal["graduated_percentage"] = "graduated_percentage"
    tiers: Annotated[tuple[PercentTier, ...], Field(min_length=1, max_length=MAX_TIERS)]
    flat_fee_at_zero: bool = True

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _rise_and_end_open([tier.up_to for tier in self.tiers])
        return self

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every tier's flat fee scaled; percentages follow the amounts."""
        tiers = tuple(tier.model_copy(update={"flat_fee": scale(tier.flat_fee)}) for tier in self.tiers)
        return self.model_copy(update={"tiers": tiers})


class Cell(Model):
    """The price of a unit whose properties are these."""

    match: Annotated[dict[str, str], Field(min_length=1)]
    unit_price: Nonnegative


class Matrix(PriceModel):
    """A price by the properties that the charge groups by; also a rate card of roles. The first cell that fits counts.

    What no cell fits costs `otherwise`; without that it cannot be priced, and the invoice is held.
    """

    model: Literal["matrix"] = "matrix"
    cells: Annotated[tuple[Cell, ...], Field(min_length=1, max_length=MAX_CELLS)]
    otherwise: Nonnegative | None = None

    @property
    def properties(self) -> set[str]:
        """Every property that a cell matches."""
        return {name for cell in self.cells for name in cell.match}

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every cell scaled."""
        cells = tuple(cell.model_copy(update={"unit_price": scale(cell.unit_price)}) for cell in self.cells)
        otherwise = None if self.otherwise is None else scale(self.otherwise)
        return self.model_copy(update={"cells": cells, "otherwise": otherwise})


class Dynamic(PriceModel):
    """The price of a unit is carried by the event, in the meter's `price_property`; the meter sums quantities."""

    model: Literal["dynamic"] = "dynamic"


class Capacity(PriceModel):
    """The flat price of the first tier whose limits hold what every meter measured; nothing fits: it cannot be priced.

    Tiers are written in the order in which they are tried.
    """

    model: Literal["capacity"] = "capacity"
    needs_quantity: ClassVar[bool] = False
    tiers: Annotated[tuple[Limits, ...], Field(min_length=1, max_length=MAX_TIERS)]

    @property
    def meters(self) -> tuple[str, ...]:
        """Every meter that a tier limits."""
        return tuple(sorted({meter for tier in self.tiers for meter in tier.limits}))

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every tier's amount scaled."""
        tiers = tuple(tier.model_copy(update={"amount": scale(tier.amount)}) for tier in self.tiers)
        return self.model_copy(update={"tiers": tiers})


Price = Annotated[
    Flat
    | Seats
    | OneOff
    | Milestone
    | PerUnit
    | Package
    | Graduated
    | Volume
    | Percentage
    | GraduatedPercentage
    | Matrix
    | Dynamic
    | Capacity,
    Field(discriminator="model"),
]
WITHOUT_QUANTITY = {"flat", "seats", "one_off", "milestone", "capacity"}
"""The models of prices that take no quantity."""
DueOnce = OneOff | Milestone
"""What is due once, on a day."""
