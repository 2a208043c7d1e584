"""A price for every unit."""

from typing import ClassVar, Literal

from billproof.pricing.models.base import Nonnegative, PriceModel, Step, Used, step_of
from billproof.pricing.models.examples import Example, Section

SECTION = Section(
    "Per unit",
    (
        "Quantity x price, up to 15 decimals each. Zero usage costs nothing.",
        Example(
            price={"model": "per_unit", "unit_price": "0.0004125"},
            amount="2783.11",
            why="6,746,943 x 0.0004125 = 2,783.1139875, rounded once",
            usage={"quantity": "6746943"},
        ),
        (
            "The quantity may be stated by the contract in place of a meter; it then is shared by days and may be"
            " billed in advance."
        ),
        Example(
            price={"model": "per_unit", "unit_price": "12"},
            amount="232.26",
            why="40 x 12 = 480, for 15 of 31 days",
            charge={"quantity": "40", "effective": {"start": "2013-01-17"}},
        ),
    ),
)


class PerUnit(PriceModel):
    """A price for every unit."""

    model: Literal["per_unit"] = "per_unit"
    section: ClassVar[Section | None] = SECTION
    in_advance: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("unit_price",)
    unit_price: Nonnegative

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Multiply the units by their price."""
        return (step_of("units", used.quantity, self.unit_price),)
