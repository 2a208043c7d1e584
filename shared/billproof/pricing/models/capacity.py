"""The flat price of the first tier that holds what every meter measured."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from billproof.errors import UnpriceableCharge
from billproof.model import Model, decimal_text
from billproof.pricing.models.base import MAX_TIERS, ONE, ZERO, Nonnegative, PriceModel, Step, Used, step_of
from billproof.pricing.models.examples import Example, Section


class Limits(Model):
    """A tier of capacity: the most of each meter that it holds (a meter that is not named is not limited)."""

    limits: dict[str, Nonnegative]
    amount: Nonnegative


SECTION = Section(
    "Capacity",
    (
        (
            "The flat price of the first tier whose limits hold what every meter measured, shared by days where "
            "the charge covers a part of the month. Where no tier does, the invoice is held. Zero usage costs the"
            " first tier."
        ),
        Example(
            price={
                "model": "capacity",
                "tiers": [
                    {"limits": {"storage": "100", "users": "10"}, "amount": "50"},
                    {"limits": {"storage": "1000", "users": "50"}, "amount": "200"},
                    {"limits": {}, "amount": "900"},
                ],
            },
            amount="200.00",
            why="11 users do not fit in the first tier",
            usage={"meters": {"storage": "80", "users": "11"}},
        ),
    ),
)


class Capacity(PriceModel):
    """The flat price of the first tier whose limits hold what every meter measured; nothing fits: it cannot be priced.

    Tiers are written in the order in which they are tried.
    """

    model: Literal["capacity"] = "capacity"
    section: ClassVar[Section | None] = SECTION
    needs_quantity: ClassVar[bool] = False
    is_measured: ClassVar[bool] = True
    priced_by: ClassVar[frozenset[str]] = frozenset({"meters"})
    tiers: Annotated[tuple[Limits, ...], Field(min_length=1, max_length=MAX_TIERS)]

    @property
    def meters(self) -> tuple[str, ...]:
        """Every meter that a tier limits."""
        return tuple(sorted({meter for tier in self.tiers for meter in tier.limits}))

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Find the first tier that holds what was measured."""
        for number, tier in enumerate(self.tiers, start=1):
            if all(used.meters.get(meter, ZERO) <= most for meter, most in tier.limits.items()):
                held = ", ".join(f"{meter} up to {decimal_text(most)}" for meter, most in sorted(tier.limits.items()))
                return (step_of(f"tier {number}: {held or 'no limit'}", ONE, tier.amount),)
        measured = ", ".join(f"{meter} {decimal_text(quantity)}" for meter, quantity in sorted(used.meters.items()))
        message = f"no tier holds {measured}"
        raise UnpriceableCharge(message)

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every tier's amount scaled."""
        tiers = tuple(tier.model_copy(update={"amount": scale(tier.amount)}) for tier in self.tiers)
        return self.model_copy(update={"tiers": tiers})
