"""The price that each event carries."""

from typing import ClassVar, Literal

from billproof.pricing.models.base import ONE, ZERO, PriceModel, Step, Used, amount_of, step_of
from billproof.pricing.models.examples import Example, Section
from billproof.readings import Reading

MAX_STEPS = 50
"""Prices that are shown one by one."""


SECTION = Section(
    "Dynamic",
    (
        (
            "The event carries its unit's price, in the meter's `price_property`; an event without it is refused."
            " No event costs nothing."
        ),
        Example(
            price={"model": "dynamic"},
            amount="18.44",
            why="100 x 0.12 + 33 x 0.195 = 18.435",
            usage={"prices": [{"unit_price": "0.12", "quantity": "100"}, {"unit_price": "0.195", "quantity": "33"}]},
        ),
    ),
)


class Dynamic(PriceModel):
    """The price of a unit is carried by the event, in the meter's `price_property`; the meter sums quantities."""

    model: Literal["dynamic"] = "dynamic"
    section: ClassVar[Section | None] = SECTION
    needs_meter: ClassVar[bool] = True
    is_of_amounts: ClassVar[bool] = True
    takes_allowance: ClassVar[bool] = False
    takes_conversion: ClassVar[bool] = False
    needs_price_of_event: ClassVar[bool] = True
    priced_by: ClassVar[frozenset[str]] = frozenset({"prices"})

    def reading(self, meter: str, group_by: tuple[str, ...]) -> Reading:
        """Read quantities by the price that their events carry."""
        return Reading(meter=meter, group_by=group_by, by_price=True)

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Multiply each quantity by its own price."""
        steps = [
            step_of("units at the price of their event", priced.quantity, priced.unit_price) for priced in used.prices
        ]
        shown, others = steps[:MAX_STEPS], steps[MAX_STEPS:]
        if others:
            shown.append(step_of(f"units at {len(others)} more prices", ONE, amount_of(others)))
        return tuple(shown) or (step_of("no units", ZERO, ZERO),)
