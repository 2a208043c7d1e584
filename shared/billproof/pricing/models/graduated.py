"""Each unit at the price of its tier."""

from typing import Literal

from billproof.pricing.models.base import Step, Used
from billproof.pricing.models.tiers import Tiered, graduated_steps


class Graduated(Tiered):
    """Each unit at the price of the tier that it falls in."""

    model: Literal["graduated"] = "graduated"

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Price each unit in the tier that it falls in."""
        return graduated_steps(self.tiers, used.quantity, flat_fee_at_zero=self.flat_fee_at_zero)
