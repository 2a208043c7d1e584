"""An amount due once, on a day that the contract knows."""

from datetime import date
from typing import ClassVar, Literal

from billproof.model import Day
from billproof.pricing.models.base import ONE, Nonnegative, PriceModel, Step, Used, step_of
from billproof.pricing.models.examples import Example, Section


class DueOnce(PriceModel):
    """An amount that is due once."""

    needs_quantity: ClassVar[bool] = False
    is_due_once: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("amount",)
    priced_by: ClassVar[frozenset[str]] = frozenset()
    amount: Nonnegative

    def steps(self, used: Used) -> tuple[Step, ...]:  # noqa: ARG002 (usage plays no part)
        """Return the amount, whatever was used."""
        return (step_of("fixed amount", ONE, self.amount),)


SECTION = Section(
    "One-off and milestone",
    (
        (
            "An amount due once, on the day that the contract says, and whole: by days it is neither shared nor "
            "waived. A milestone's day is the one on which it was reached; until a version of the contract says "
            "so, it owes nothing."
        ),
        Example(
            price={"model": "one_off", "amount": "4800", "due_on": "2013-01-10"}, amount="4800.00", why="due in January"
        ),
        Example(price={"model": "milestone", "amount": "25000"}, amount="0.00", why="not reached"),
        Example(
            price={"model": "milestone", "amount": "25000", "reached_on": "2013-01-31"},
            amount="25000.00",
            why="reached in January",
        ),
    ),
)


class OneOff(DueOnce):
    """An amount due once, on a day."""

    model: Literal["one_off"] = "one_off"
    section: ClassVar[Section | None] = SECTION
    due_on: Day

    @property
    def due_day(self) -> date:
        """The day on which it is due."""
        return self.due_on
