"""A price by the properties of what was used."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from billproof.errors import UnpriceableCharge
from billproof.model import Model
from billproof.pricing.models.base import MAX_CELLS, ZERO, Nonnegative, PriceModel, ReadsUsage, Step, Used, step_of
from billproof.pricing.models.examples import Example, Section


class Cell(Model):
    """The price of a unit whose properties are these."""

    match: Annotated[dict[str, str], Field(min_length=1)]
    unit_price: Nonnegative


SECTION = Section(
    "Matrix",
    (
        (
            "A price by the properties that the charge groups by; the first cell that fits counts. What no cell "
            "fits costs `otherwise`; without it the invoice is held. A rate card of roles for time and materials "
            "is a matrix over hours."
        ),
        Example(
            price={
                "model": "matrix",
                "cells": [
                    {"match": {"region": "eu", "class": "gold"}, "unit_price": "0.03"},
                    {"match": {"region": "eu"}, "unit_price": "0.02"},
                ],
                "otherwise": "0.01",
            },
            amount="6.00",
            why="3 + 2 + 1",
            usage={
                "groups": [
                    {"dimension": {"region": "eu", "class": "gold"}, "quantity": "100"},
                    {"dimension": {"region": "eu", "class": "base"}, "quantity": "100"},
                    {"dimension": {"region": "us", "class": "gold"}, "quantity": "100"},
                ]
            },
        ),
        Example(
            price={
                "model": "matrix",
                "cells": [
                    {"match": {"role": "architect"}, "unit_price": "240"},
                    {"match": {"role": "engineer"}, "unit_price": "180"},
                ],
            },
            amount="7425.00",
            why="time and materials: 7.5 x 240 + 31.25 x 180",
            usage={
                "groups": [
                    {"dimension": {"role": "architect"}, "quantity": "7.5"},
                    {"dimension": {"role": "engineer"}, "quantity": "31.25"},
                ]
            },
        ),
    ),
)


class Matrix(PriceModel):
    """A price by the properties that the charge groups by; also a rate card of roles. The first cell that fits counts.

    What no cell fits costs `otherwise`; without that it cannot be priced, and the invoice is held.
    """

    model: Literal["matrix"] = "matrix"
    section: ClassVar[Section | None] = SECTION
    needs_meter: ClassVar[bool] = True
    cells: Annotated[tuple[Cell, ...], Field(min_length=1, max_length=MAX_CELLS)]
    otherwise: Nonnegative | None = None

    @property
    def properties(self) -> set[str]:
        """Every property that a cell matches."""
        return {name for cell in self.cells for name in cell.match}

    def refusals(self, charge: ReadsUsage) -> Iterator[str]:
        """Refuse cells that match a property by which nothing is grouped."""
        if not self.properties <= set(charge.group_by):
            yield "every property that a cell matches must be in group_by"

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Price the quantity by the first cell that fits its properties."""
        for cell in self.cells:
            if all(used.dimension.get(name, "") == value for name, value in cell.match.items()):
                label = ", ".join(f"{name} {value}" for name, value in cell.match.items())
                return (step_of(label, used.quantity, cell.unit_price),)
        if self.otherwise is not None or used.quantity == 0:
            return (step_of("any other", used.quantity, self.otherwise or ZERO),)
        described = ", ".join(f"{name} {value!r}" for name, value in used.dimension.items())
        message = f"no cell of the matrix prices {described or 'usage without properties'}"
        raise UnpriceableCharge(message)

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every cell scaled."""
        cells = tuple(cell.model_copy(update={"unit_price": scale(cell.unit_price)}) for cell in self.cells)
        otherwise = None if self.otherwise is None else scale(self.otherwise)
        return self.model_copy(update={"cells": cells, "otherwise": otherwise})
