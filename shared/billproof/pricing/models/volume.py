"""All units at the price of one tier."""

from typing import Literal

from billproof.pricing.models.base import Step, Used
from billproof.pricing.models.tiers import Tiered, bounds_of, tier_step


class Volume(Tiered):
    """All units at the price of the tier that the whole quantity falls in."""

    model: Literal["volume"] = "volume"

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Price all units in the tier that holds them."""
        quantity = used.quantity
        fits = (pair for pair in bounds_of(self.tiers) if pair[0].up_to is None or quantity <= pair[0].up_to)
        tier, below = next(fits)  # the last tier has no bound
        fee = self.flat_fee_at_zero or quantity != 0
        return (tier_step(tier, below, quantity, prefix="all units, ", fee=fee),)
