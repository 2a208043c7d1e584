"""Price models as a contract writes them."""

from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from billproof.model import Exact, Model

Nonnegative = Annotated[Exact, Field(ge=0)]
MAX_TIERS = 100


class Flat(Model):
    """A fixed amount for each period, shared by days where the charge covers a part of it."""

    model: Literal["flat"] = "flat"
    needs_meter: ClassVar[bool] = False
    amount: Nonnegative


class Seats(Model):
    """A number of seats that the contract states, each at a price for the period."""

    model: Literal["seats"] = "seats"
    needs_meter: ClassVar[bool] = False
    seats: Annotated[int, Field(ge=0)]
    unit_price: Nonnegative


class OneOff(Model):
    """An amount due once, on a day."""

    model: Literal["one_off"] = "one_off"
    needs_meter: ClassVar[bool] = False
    amount: Nonnegative
    due_on: date


class PerUnit(Model):
    """A price for every unit."""

    model: Literal["per_unit"] = "per_unit"
    needs_meter: ClassVar[bool] = True
    unit_price: Nonnegative


class Package(Model):
    """A price for every package; a part-used package is charged whole."""

    model: Literal["package"] = "package"
    needs_meter: ClassVar[bool] = True
    package_size: Annotated[Exact, Field(gt=0)]
    package_price: Nonnegative


class Tier(Model):
    """Units up to and including `up_to` (null: all the rest) at a price, with a flat fee once the tier is entered."""

    up_to: Annotated[Exact, Field(gt=0)] | None
    unit_price: Nonnegative
    flat_fee: Nonnegative = Field(default="0", validate_default=True)


class Tiered(Model):
    """Tiers in rising order, the last one without a bound."""

    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=MAX_TIERS)]

    @model_validator(mode="after")
    def _rise_and_end_open(self) -> Self:
        bounds = [tier.up_to for tier in self.tiers]
        closed = [bound for bound in bounds[:-1] if bound is not None]
        if bounds[-1] is not None or len(closed) != len(bounds) - 1 or closed != sorted(set(closed)):
            message = "tiers must rise, and only the last one has no bound (up_to: null)"
            raise ValueError(message)
        return self


class Graduated(Tiered):
    """Each unit at the price of the tier that it falls in."""

    model: Literal["graduated"] = "graduated"
    needs_meter: ClassVar[bool] = True


class Volume(Tiered):
    """All units at the price of the tier that the whole quantity falls in."""

    model: Literal["volume"] = "volume"
    needs_meter: ClassVar[bool] = True


Price = Annotated[Flat | Seats | OneOff | PerUnit | Package | Graduated | Volume, Field(discriminator="model")]
