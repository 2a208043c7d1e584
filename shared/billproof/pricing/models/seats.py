"""Committed seats at a price each, and what telemetry saw above them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from billproof.pricing.models.base import ZERO, Nonnegative, PriceModel, ReadsUsage, Step, TrueUp, Used, step_of


class Seats(PriceModel):
    """Seats that the contract commits to, each at a price for the period; what telemetry saw above them is trued up.

    `high_water_mark` bills the most seats of any day for the whole period, `daily` each day's for that day. The
    true-up is billed in arrears, at `true_up_price` or, without one, the seat's price.
    """

    model: Literal["seats"] = "seats"
    needs_quantity: ClassVar[bool] = False
    in_advance: ClassVar[bool] = True
    takes_seats_meter: ClassVar[bool] = True
    money: ClassVar[tuple[str, ...]] = ("unit_price", "true_up_price")
    priced_by: ClassVar[frozenset[str]] = frozenset({"days"})
    seats: Annotated[int, Field(ge=0)]
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
