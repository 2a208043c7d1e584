"""What the models of tiers share.

Bounds of tiers are inclusive at the top, and quantities may be fractional: 5.001 over a bound of 5 enters the next
tier.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from billproof.model import Flag, Model, decimal_text
from billproof.pricing.models.base import (
    MAX_TIERS,
    NOTHING,
    ZERO,
    Nonnegative,
    Positive,
    PriceModel,
    Step,
    step_of,
    whole_blocks,
)


class Tier(Model):
    """Units up to and including `up_to` (null: all the rest) at a price, with a flat fee once the tier is entered.

    With a `block_size` the unit price is that of a block, and a part-used block is charged whole.
    """

    up_to: Positive | None
    unit_price: Nonnegative
    flat_fee: Nonnegative = NOTHING
    block_size: Positive | None = None


def rise_and_end_open(bounds: Sequence[Decimal | None]) -> None:
    """Refuse bounds that do not rise, or whose last one is not open."""
    closed = [bound for bound in bounds[:-1] if bound is not None]
    if bounds[-1] is not None or len(closed) != len(bounds) - 1 or closed != sorted(set(closed)):
        message = "tiers must rise, and only the last one has no bound (up_to: null)"
        raise ValueError(message)


class Tiered(PriceModel):
    """Tiers in rising order, the last one without a bound.

    Zero usage owes the first tier's flat fee, unless `flat_fee_at_zero` is false.
    """

    in_advance: ClassVar[bool] = True
    has_tier_fees: ClassVar[bool] = True
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=MAX_TIERS)]
    flat_fee_at_zero: Flag = True

    @model_validator(mode="after")
    def _sound(self) -> Self:
        rise_and_end_open([tier.up_to for tier in self.tiers])
        return self

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every tier's price and flat fee scaled."""
        tiers = tuple(
            tier.model_copy(update={"unit_price": scale(tier.unit_price), "flat_fee": scale(tier.flat_fee)})
            for tier in self.tiers
        )
        return self.model_copy(update={"tiers": tiers})


def bounds_of(tiers: tuple[Tier, ...]) -> list[tuple[Tier, Decimal]]:
    """Pair each tier with the bound below it."""
    below = [ZERO, *(tier.up_to for tier in tiers[:-1] if tier.up_to is not None)]
    return list(zip(tiers, below, strict=True))


def tier_step(tier: Tier, below: Decimal, quantity: Decimal, *, prefix: str = "", fee: bool = True) -> Step:
    """Price the part of a quantity that lies in a tier."""
    label = f"{prefix}over {decimal_text(below)}" + (
        f" to {decimal_text(tier.up_to)}" if tier.up_to is not None else ""
    )
    flat_fee = tier.flat_fee if fee else ZERO
    if tier.block_size is None:
        return step_of(label, quantity, tier.unit_price, flat_fee)
    label += f", blocks of {decimal_text(tier.block_size)}"
    return step_of(label, whole_blocks(quantity, tier.block_size), tier.unit_price, flat_fee)


def graduated_steps(tiers: tuple[Tier, ...], quantity: Decimal, *, flat_fee_at_zero: bool) -> tuple[Step, ...]:
    """Price each unit in the tier that it falls in."""
    steps = []
    for number, (tier, below) in enumerate(bounds_of(tiers)):
        if quantity <= below and number > 0:
            break
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        steps.append(tier_step(tier, below, top - below, fee=flat_fee_at_zero or quantity != 0))
    return tuple(steps)
