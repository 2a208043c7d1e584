"""A price for every unit."""

from typing import ClassVar, Literal

from billproof.pricing.models.base import Nonnegative, PriceModel, Step, Used, step_of


class PerUnit(PriceModel):
    """A price for every unit."""

    model: Literal["per_unit"] = "per_unit"
    in_advance: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("unit_price",)
    unit_price: Nonnegative

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Multiply the units by their price."""
        return (step_of("units", used.quantity, self.unit_price),)
