"""Each unit at the price of its tier."""

from typing import ClassVar, Literal

from billproof.pricing.models.base import Step, Used
from billproof.pricing.models.examples import Example, Section
from billproof.pricing.models.tiers import Tiered, graduated_steps

SECTION = Section(
    "Graduated",
    (
        (
            "Each unit at the price of the tier that it falls in, and a tier's flat fee once it is entered. "
            "Bounds are inclusive at the top and quantities may be fractional, so there is no gap between tiers: "
            "5.001 over a bound of 5 enters the next tier and owes its flat fee. Zero usage owes the first tier's"
            " flat fee, unless `flat_fee_at_zero` is false."
        ),
        Example(
            price={
                "model": "graduated",
                "tiers": [
                    {"up_to": "5", "unit_price": "2", "flat_fee": "10"},
                    {"up_to": None, "unit_price": "1", "flat_fee": "20"},
                ],
            },
            amount="20.00",
            why="5 x 2 + 10: the bound is in the tier",
            usage={"quantity": "5"},
        ),
        Example(
            price={
                "model": "graduated",
                "tiers": [
                    {"up_to": "5", "unit_price": "2", "flat_fee": "10"},
                    {"up_to": None, "unit_price": "1", "flat_fee": "20"},
                ],
            },
            amount="40.00",
            why="5 x 2 + 10, and 0.001 x 1 + 20; 40.001 rounded",
            usage={"quantity": "5.001"},
        ),
        Example(
            price={
                "model": "graduated",
                "tiers": [
                    {"up_to": "5", "unit_price": "2", "flat_fee": "10"},
                    {"up_to": None, "unit_price": "1", "flat_fee": "20"},
                ],
            },
            amount="10.00",
            why="the first tier's flat fee",
            usage={"quantity": "0"},
        ),
        Example(
            price={
                "model": "graduated",
                "tiers": [
                    {"up_to": "5", "unit_price": "2", "flat_fee": "10"},
                    {"up_to": None, "unit_price": "1", "flat_fee": "20"},
                ],
                "flat_fee_at_zero": False,
            },
            amount="0.00",
            why="the charge says not",
            usage={"quantity": "0"},
        ),
        (
            "With a `block_size` the price is that of a block, and a part-used block is charged whole, in each "
            "tier apart."
        ),
        Example(
            price={
                "model": "graduated",
                "tiers": [
                    {"up_to": "1000", "unit_price": "9", "block_size": "100"},
                    {"up_to": None, "unit_price": "40", "block_size": "1000"},
                ],
            },
            amount="130.00",
            why="10 blocks x 9, and one block of 1,000 for the 250 above",
            usage={"quantity": "1250"},
        ),
    ),
)


class Graduated(Tiered):
    """Each unit at the price of the tier that it falls in."""

    model: Literal["graduated"] = "graduated"
    section: ClassVar[Section | None] = SECTION

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Price each unit in the tier that it falls in."""
        return graduated_steps(self.tiers, used.quantity, flat_fee_at_zero=self.flat_fee_at_zero)
