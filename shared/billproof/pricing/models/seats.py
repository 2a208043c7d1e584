"""Committed seats at a price each, and what telemetry saw above them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from billproof.pricing.models.base import ZERO, Nonnegative, PriceModel, ReadsUsage, Step, TrueUp, Used, step_of
from billproof.pricing.models.examples import Example, Section

SECTION = Section(
    "Seats",
    (
        (
            "The contract's seats, each at a price for the period. Seats that telemetry saw above them are trued "
            "up in arrears: `high_water_mark` bills the most of any day for the whole period, `daily` each day's "
            "for that day. Seats are a [level](#aggregations): a day, a part and a month begin with the seats "
            "before, the most of each includes them, and the last reading, not the highest, goes on. A reading at"
            " the day's first instant replaces what was before; a request's `days` are such readings. Where the "
            "contract's seats change within the period, each part compares its own days with its own seats. The "
            "true-up is a line of its own, rounded apart."
        ),
        (
            "*Worked*: 10 seats at 31.00, 12 seen since December, a reading of 9 at noon of 10 January, `daily`: "
            "2 above on 10 of 31 days, **20.00**; by the high water mark **62.00**; February begins with 9. One "
            "seat seen on every day, charged from 17 January, trued up daily at 31.00: **15.00**."
        ),
        Example(price={"model": "seats", "seats": 8, "unit_price": "39.99"}, amount="319.92", why="8 x 39.99"),
        Example(
            price={"model": "seats", "seats": 10, "unit_price": "31", "true_up": "high_water_mark"},
            amount="372.00",
            why="10 x 31, and 2 seats above for the month",
            usage={
                "days": [
                    "9",
                    "12",
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    "10",
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                ]
            },
        ),
        Example(
            price={"model": "seats", "seats": 10, "unit_price": "31", "true_up": "daily"},
            amount="330.00",
            why="10 x 31, and 2 seats above on 10 of 31 days",
            usage={
                "days": [
                    "9",
                    "12",
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    "10",
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                ]
            },
        ),
    ),
)


class Seats(PriceModel):
    """Seats that the contract commits to, each at a price for the period; what telemetry saw above them is trued up.

    `high_water_mark` bills the most seats of any day for the whole period, `daily` each day's for that day. The
    true-up is billed in arrears, at `true_up_price` or, without one, the seat's price.
    """

    model: Literal["seats"] = "seats"
    section: ClassVar[Section | None] = SECTION
    needs_quantity: ClassVar[bool] = False
    in_advance: ClassVar[bool] = True
    takes_seats_meter: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("unit_price", "true_up_price")
    priced_by: ClassVar[frozenset[str]] = frozenset({"days"})
    seats: Annotated[int, Field(strict=True, ge=0)]
    unit_price: Nonnegative
    true_up: Literal["none", "high_water_mark", "daily"] = "none"
    true_up_price: Nonnegative | None = None

    @property
    def stated_quantity(self) -> Decimal:
        """The seats that are committed."""
        return Decimal(self.seats)

    @property
    def trues_up(self) -> bool:
        """Whether seats above the committed ones are billed."""
        return self.true_up != "none"

    def refusals(self, charge: ReadsUsage) -> Iterator[str]:
        """Refuse a true-up that nothing measures."""
        if self.trues_up and charge.seats_meter is None:
            yield "a true-up of seats needs a seats_meter"

    def steps(self, used: Used) -> tuple[Step, ...]:  # noqa: ARG002 (committed seats are owed whatever is used)
        """Return the committed seats."""
        return (step_of("seats", self.stated_quantity, self.unit_price),)

    def true_up_of(self, levels: Sequence[Decimal], counted: Sequence[Decimal]) -> TrueUp:
        """Return the seats above the committed ones: the most of any day, or each day's."""
        seat_price = self.unit_price if self.true_up_price is None else self.true_up_price
        if self.true_up == "high_water_mark":
            most = max(self._above(levels), default=ZERO)
            label = f"seats above {self.seats}, the most of any day"
            return TrueUp(most, step_of(label, most, seat_price), by_day=False)
        together = sum(self._above(counted), ZERO)
        return TrueUp(together, step_of(f"days of seats above {self.seats}", together, seat_price), by_day=True)

    def _above(self, levels: Sequence[Decimal]) -> list[Decimal]:
        return [max(level - self.seats, ZERO) for level in levels]
