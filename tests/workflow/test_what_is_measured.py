"""What usage is taken and how levels are read, case by case: amounts by hand, over real invoices."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.model import decimal_text
from tests.support.charges import charge, fee, miles
from tests.support.lives import Life, prepaid
from tests.support.world import INC, flight


@pytest.mark.parametrize(
    ("sent", "billed"), [("0.083333333333000000", "0.083333333333"), ("1.50000000000000000000", "1.5")]
)
def test_zeros_at_the_end_of_a_quantity_are_not_precision(sent: str, billed: str) -> None:
    life = Life(miles("1"))
    life.use("2013-01-05", sent)
    life.bill(1)
    (line,) = life.world.invoice(f"{INC}.2013-01.UA").lines
    assert decimal_text(line.priced.quantity) == billed


@pytest.mark.parametrize(
    ("time", "is_taken"),
    [
        ("2013-01-05T23:59:60Z", True),
        ("2013-01-05T18:59:60-05:00", True),
        ("2013-01-05T23:59:60.5Z", True),
        ("2013-01-05T22:59:60Z", False),
        ("2013-01-05T23:58:60Z", False),
    ],
)
def test_a_leap_second_is_the_second_before_it(time: str, is_taken: bool) -> None:  # noqa: FBT001
    life = Life(miles("1"))
    life.world.moment = datetime(2013, 1, 6, 12, tzinfo=UTC)
    counts = life.world.ingest([flight(1, time=time, data={"distance": "7"})])
    assert (counts.accepted, counts.quarantined) == (int(is_taken), int(not is_taken))
    assert life.bill(1) == ({"miles:2013-01": "7.00"} if is_taken else {})


def test_a_credit_that_is_finer_than_the_currency_is_refused_when_it_is_published() -> None:
    with pytest.raises(ValidationError, match="credit prepaid is finer than the minor unit of USD"):
        Life(fee("1"), credits=[prepaid("0.005")])


def seats(number: int, **more: Any) -> dict[str, Any]:
    price = {"model": "seats", "seats": number, "unit_price": "31", "true_up": "daily"}
    return charge("seats", price, seats_meter="longest_leg", **more)


def test_the_last_reading_of_seats_goes_on_and_not_the_highest() -> None:
    """12 at noon of the 2nd, 9 that evening: 12 on one day, then 9; of 10 seats 2 are above on 1 of 31 days."""
    life = Life(seats(10))
    life.use("2013-01-02", "12")
    life.use_at("2013-01-02T22:00:00-05:00", "9")
    assert life.bill(1)["seats:2013-01:true_up"] == "2.00"


def test_a_day_and_a_part_begin_with_the_seats_before_them() -> None:
    """12 from the 2nd, 9 from noon of the 20th, 10 seats and 11 from the 17th: 2 x 15 days, then 1 x 4 days."""
    life = Life(seats(10))
    life.publish("2013-01-17", seats(11))
    life.use_at("2013-01-02T00:00:00-05:00", "12")
    life.use_at("2013-01-20T12:00:00-05:00", "9")
    lines = life.bill(1)
    assert (lines["seats:2013-01:true_up"], lines["seats:2013-01:true_up@2013-01-17"]) == ("30.00", "4.00")


def test_seats_that_are_charged_from_a_day_are_trued_up_from_it() -> None:
    """One seat seen on every day, charged from the 17th: 15 of 31 days of 31.00."""
    life = Life(seats(0, effective={"start": "2013-01-17"}))
    life.use_at("2013-01-01T00:00:00-05:00", "1")
    assert life.bill(1) == {"seats:2013-01:true_up@2013-01-17": "15.00"}
