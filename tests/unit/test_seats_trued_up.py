"""Seats above the committed ones: what the line says of what was read, and of which days it is."""

from decimal import Decimal
from typing import Any

import pytest

from billproof.contracts.timeline import timelines
from billproof.money import Rounding
from billproof.periods import Period
from billproof.pricing.lines import Basis
from billproof.pricing.model import PricedLine
from billproof.pricing.owed import contract_lines
from billproof.readings import Quantity
from tests.support.priced_accounts import meter, used
from tests.support.whole_contracts import charge, off, version

JANUARY = Period.month("2013-01")
MOST = {"model": "seats", "seats": 2, "unit_price": "31", "true_up": "high_water_mark"}


def seen(*days: int | None, **more: Any) -> Quantity:
    return used("people", "9", variant="by day", days=days, **more)


def lines_of(price: dict[str, Any], *quantities: Quantity, start: str = "2012-01-01", **terms: Any) -> list[PricedLine]:
    seats = charge("seats", price, seats_meter="people", effective={"start": start})
    (timeline,) = timelines([version(1, "2012-01-01", seats, **terms)], JANUARY)
    meters = {"people": meter("people", "max")}
    basis = Basis(period=JANUARY, meters=meters, quantities=quantities, rounding=Rounding.HALF_UP)
    return contract_lines(timeline, basis, {})


@pytest.mark.parametrize("price", [MOST, {**MOST, "true_up": "daily"}])
@pytest.mark.parametrize(
    ("quantities", "note"),
    [
        ((), "no telemetry"),
        ((seen(*[2] * 31, events=7),), "7 readings"),
        ((seen(*[2] * 31, events=7, before=Decimal("1.50")),), "7 readings, begins with 1.5"),
        ((used("people", "9"),), "no telemetry"),  # not by day
        ((used("staff", "9", variant="by day", days=(9,) * 31),), "no telemetry"),
    ],
)
def test_the_line_says_what_was_read_and_nothing_above_is_nothing_owed(
    price: dict[str, Any], quantities: tuple[Quantity, ...], note: str
) -> None:
    (seats, true_up) = lines_of(price, *quantities)
    assert (seats.id, seats.net.text) == ("seats:2013-01", "62.00")
    assert (true_up.id, true_up.net.text, true_up.explanation.note) == ("seats:2013-01:true_up", "0.00", note)


def test_the_most_seats_are_of_every_day_alike_and_daily_ones_of_their_own() -> None:
    """One seat above on the last day, of which a cap leaves 1.00: by the month it is 31.00, by the day 1.00."""
    reading = seen(*[2] * 30, 3)
    last_day: dict[str, Any] = {"caps": [off("c", amount="31", days={"start": "2013-01-31"})]}
    for true_up, net in (("high_water_mark", "31.00"), ("daily", "1.00")):
        lines = lines_of({**MOST, "true_up": true_up}, reading, **last_day)
        assert {line.id: line.net.text for line in lines} == {
            "seats:2013-01": "62.00",
            "seats:2013-01:true_up": net,
            "c:seats:2013-01": "-1.00",
            "c:seats:2013-01:true_up": "-1.00",
        }


def test_a_charge_that_begins_within_the_month_compares_the_seats_of_its_days() -> None:
    """From the 17th on, 15 of 31 days: two seats 30.00; one above for all of them 15.00, on two of them 2.00."""
    reading = seen(*[9] * 16, *[3] * 2, *[2] * 13)
    for true_up, net in (("high_water_mark", "15.00"), ("daily", "2.00")):
        (seats, above) = lines_of({**MOST, "true_up": true_up}, reading, start="2013-01-17")
        assert (seats.net.text, above.net.text) == ("30.00", net)
        assert above.id == "seats:2013-01:true_up@2013-01-17"
        assert above.covered == Period(start=seats.covered.start, end=JANUARY.end)
