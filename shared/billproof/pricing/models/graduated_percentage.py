"""Each part of a summed amount at the percentage of its tier."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from billproof.model import Flag, Model, decimal_text
from billproof.pricing.models.base import MAX_TIERS, NOTHING, Nonnegative, Percent, Positive, PriceModel, Step, Used
from billproof.pricing.models.examples import Example, Section
from billproof.pricing.models.tiers import Tier, graduated_steps, rise_and_end_open


class PercentTier(Model):
    """Amounts up to and including `up_to` (null: all the rest) at a percentage, with a flat fee once entered."""

    up_to: Positive | None
    percent: Percent
    flat_fee: Nonnegative = NOTHING


SECTION = Section(
    "Graduated percentage",
    (
        ("Each part of the summed amount at the percentage of its tier, with the tier's flat fee once it is entered."),
        Example(
            price={
                "model": "graduated_percentage",
                "tiers": [
                    {"up_to": "1000", "percent": "1", "flat_fee": "200"},
                    {"up_to": "10000", "percent": "2", "flat_fee": "300"},
                    {"up_to": None, "percent": "3", "flat_fee": "400"},
                ],
            },
            amount="511.00",
            why="1 % of 1,000 + 200, and 2 % of 50 + 300",
            usage={"quantity": "1050"},
        ),
    ),
)


class GraduatedPercentage(PriceModel):
    """Each part of the summed amount at the percentage of the tier that it falls in."""

    model: Literal["graduated_percentage"] = "graduated_percentage"
    section: ClassVar[Section | None] = SECTION
    has_tier_fees: ClassVar[bool] = True
    tiers: Annotated[tuple[PercentTier, ...], Field(min_length=1, max_length=MAX_TIERS)]
    flat_fee_at_zero: Flag = True

    @model_validator(mode="after")
    def _sound(self) -> Self:
        rise_and_end_open([tier.up_to for tier in self.tiers])
        return self

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Price each part of the amount in the tier that it falls in."""
        tiers = tuple(
            Tier(up_to=tier.up_to, unit_price=tier.percent.scaleb(-2), flat_fee=tier.flat_fee) for tier in self.tiers
        )
        steps = graduated_steps(tiers, used.quantity, flat_fee_at_zero=self.flat_fee_at_zero)
        return tuple(
            step.model_copy(update={"label": f"{decimal_text(tier.percent)} % {step.label}"})
            for tier, step in zip(self.tiers, steps, strict=False)
        )

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every tier's flat fee scaled; percentages follow the amounts."""
        tiers = tuple(tier.model_copy(update={"flat_fee": scale(tier.flat_fee)}) for tier in self.tiers)
        return self.model_copy(update={"tiers": tiers})
