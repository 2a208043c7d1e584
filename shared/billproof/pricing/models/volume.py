"""All units at the price of one tier."""

from typing import ClassVar, Literal

from billproof.pricing.models.base import Step, Used
from billproof.pricing.models.examples import Example, Section
from billproof.pricing.models.tiers import Tiered, bounds_of, tier_step

SECTION = Section(
    "Volume",
    (
        (
            "All units at the price of the tier that the whole quantity falls in; final only when the period is "
            "over. Flat fees, bounds and zero usage as for graduated prices."
        ),
        Example(
            price={
                "model": "volume",
                "tiers": [
                    {"up_to": "5", "unit_price": "2", "flat_fee": "10"},
                    {"up_to": None, "unit_price": "1", "flat_fee": "20"},
                ],
            },
            amount="20.00",
            why="5 x 2 + 10",
            usage={"quantity": "5"},
        ),
        Example(
            price={
                "model": "volume",
                "tiers": [
                    {"up_to": "5", "unit_price": "2", "flat_fee": "10"},
                    {"up_to": None, "unit_price": "1", "flat_fee": "20"},
                ],
            },
            amount="25.00",
            why="5.001 x 1 + 20",
            usage={"quantity": "5.001"},
        ),
    ),
)


class Volume(Tiered):
    """All units at the price of the tier that the whole quantity falls in."""

    model: Literal["volume"] = "volume"
    section: ClassVar[Section | None] = SECTION

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Price all units in the tier that holds them."""
        quantity = used.quantity
        fits = (pair for pair in bounds_of(self.tiers) if pair[0].up_to is None or quantity <= pair[0].up_to)
        tier, below = next(fits)  # the last tier has no bound
        fee = self.flat_fee_at_zero or quantity != 0
        return (tier_step(tier, below, quantity, prefix="all units, ", fee=fee),)
