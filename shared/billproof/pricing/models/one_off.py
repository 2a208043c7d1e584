"""An amount due once, on a day that the contract knows."""

from datetime import date
from typing import ClassVar, Literal

from billproof.pricing.models.base import ONE, Nonnegative, PriceModel, Step, Used, step_of


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


class OneOff(DueOnce):
    """An amount due once, on a day."""

    model: Literal["one_off"] = "one_off"
    due_on: date

    @property
    def due_day(self) -> date:
        """The day on which it is due."""
        return self.due_on
