"""Converting and rounding quantities, by a declared rule, before they are priced."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from billproof.model import Exact, Model
from billproof.money import exactly

MOST_DECIMALS = 15

WRITTEN_QUANTITY = r"(0|[1-9][0-9]{0,22})(\.[0-9]{1,15}0*)?"
"""How an event writes a quantity, whole: the one form that ingestion accepts and that aggregation measures."""


class QuantityRounding(StrEnum):
    """How a quantity is rounded; the halves treat negative quantities as the mirror of positive ones."""

    UP = "up"
    DOWN = "down"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"

    @property
    def mode(self) -> str:
        """The decimal module's name for it."""
        modes = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
        return modes[self.value]


class QuantityRule(Model):
    """A quantity times `multiply_by`, divided by `divide_by`, rounded to some decimals: bytes to whole gibibytes."""

    multiply_by: Annotated[Exact, Field(gt=0)] = Decimal(1)
    divide_by: Annotated[Exact, Field(gt=0)] = Decimal(1)
    decimals: Annotated[int, Field(strict=True, ge=0, le=MOST_DECIMALS)] = MOST_DECIMALS
    rounding: QuantityRounding

    @exactly
    def apply(self, quantity: Decimal) -> Decimal:
        """Return the quantity by this rule."""
        exact = quantity * self.multiply_by / self.divide_by
        return exact.quantize(Decimal(1).scaleb(-self.decimals), rounding=self.rounding.mode)
