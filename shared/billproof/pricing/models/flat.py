"""A fixed amount for each service period."""

from decimal import Decimal
from typing import ClassVar, Literal, Self

from billproof.pricing.models.base import ONE, Nonnegative, PriceModel, Step, Used, step_of
from billproof.pricing.models.examples import Example, Section

SECTION = Section(
    "Flat",
    (
        (
            "A fixed amount for each service period, shared by days where the charge covers a part of it. Usage "
            "plays no part; so zero usage costs the same."
        ),
        Example(
            price={"model": "flat", "amount": "199"},
            amount="141.23",
            why="22 of 31 days",
            charge={"effective": {"start": "2013-01-10"}},
        ),
    ),
)


class Flat(PriceModel):
    """A fixed amount for each service period, shared by days where the charge covers a part of it."""

    model: Literal["flat"] = "flat"
    section: ClassVar[Section | None] = SECTION
    needs_quantity: ClassVar[bool] = False
    in_advance: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("amount",)
    priced_by: ClassVar[frozenset[str]] = frozenset()
    amount: Nonnegative

    def steps(self, used: Used) -> tuple[Step, ...]:  # noqa: ARG002 (usage plays no part)
        """Return the amount, whatever was used."""
        return (step_of("fixed amount", ONE, self.amount),)

    def raised_by(self, amount: Decimal) -> Self:
        """Return the price with an amount added."""
        return self.model_copy(update={"amount": self.amount + amount})
