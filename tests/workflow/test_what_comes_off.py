"""What comes off a month, case by case: amounts by hand, over real invoices."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.support.charges import charge, fee, miles
from tests.support.lives import YEARLY, Life, least, month, off, prepaid


@dataclass(frozen=True)
class Reduced:
    """One month's fees under terms that take something off; what the month comes to."""

    case: str
    charges: list[dict[str, Any]]
    terms: dict[str, Any]
    number: int
    comes_to: str


TRIAL = {"waivers": [{"id": "t", "reason": "trial", "days": {"start": "2013-01-01", "end": "2013-01-15"}}]}
THIRTY = {"proration": {"method": "thirty_day_months"}}
TWO_FEES = [fee("100"), charge("other", {"model": "flat", "amount": "50"})]
REDUCED = [
    # 310 x 17/31 = 170, and all 17 billed days are discounted: 170 x 80 %
    Reduced("after a trial", [fee("310")], {**TRIAL, "discounts": [off("2013-01-15", percent="20")]}, 1, "136.00"),
    # 30 days, 16 of them from the 15th on (the 28th stands for three): 300 - 150 x 16/30
    Reduced(
        "under 30-day months", [fee("300")], {**THIRTY, "discounts": [off("2013-02-15", percent="50")]}, 2, "220.00"
    ),
    # 310 - 20 % of 150 - 10 % of 160
    Reduced(
        "two that follow one another",
        [fee("310")],
        {"discounts": [off(end="2013-01-16", percent="20"), off("2013-01-16", percent="10") | {"id": "ten"}]},
        1,
        "264.00",
    ),
    # 10 % of 10.05 twice is 1.005 each: 1.01 and 1.01 by line, 2.01 of the sum
    Reduced(
        "rounded by line",
        [fee("10.05"), charge("other", {"model": "flat", "amount": "10.05"})],
        {"discounts": [off(percent="10")]},
        1,
        "18.08",
    ),
    Reduced(
        "rounded by document",
        [fee("10.05"), charge("other", {"model": "flat", "amount": "10.05"})],
        {"discounts": [off(percent="10", rounding="per_document")]},
        1,
        "18.09",
    ),
    # 100 + 50, a shortfall of 50, less 175
    Reduced(
        "a credit over a shortfall",
        TWO_FEES,
        {"commitments": [least("200", "fee", "other")], "credits": [prepaid("175")]},
        1,
        "25.00",
    ),
    Reduced(
        "a credit that leaves shortfalls alone",
        TWO_FEES,
        {"commitments": [least("200", "fee", "other")], "credits": [prepaid("175", shortfalls=False)]},
        1,
        "50.00",
    ),
]


@pytest.mark.parametrize("case", REDUCED, ids=lambda case: case.case)
def test_what_comes_off_a_month(case: Reduced) -> None:
    life = Life(*case.charges, **case.terms)
    for number in range(1, case.number + 1):
        life.bill(number)
    assert life.total(case.number) == Decimal(case.comes_to)


@pytest.mark.parametrize(
    ("spread", "first", "second"), [("pro_rata", "-20.00", "-10.00"), ("in_order", "-30.00", None)]
)
def test_a_fixed_discount_is_spread_as_its_term_says(spread: str, first: str, second: str | None) -> None:
    lines = Life(*TWO_FEES, discounts=[off(amount="30", spread=spread)]).bill(1)
    assert (lines["off:fee:2013-01"], lines.get("off:other:2013-01")) == (first, second)


def test_a_coupon_for_february_is_off_februarys_fee_wherever_it_is_billed() -> None:
    life = Life(fee("100", timing="in_advance"), discounts=[off("2013-02-01", "2013-03-01", amount="30")])
    assert life.bill(1) == {"fee:2013-01": "100.00", "fee:2013-02": "100.00", "off:fee:2013-02": "-30.00"}
    assert life.bill(2) == {"fee:2013-03": "100.00"}


def test_a_monthly_amount_is_off_every_months_share_of_a_year() -> None:
    """30.00 a month off 3,650: 12 times."""
    life = Life(fee("3650", **YEARLY), discounts=[off(amount="30")])
    life.bill(1)
    assert life.total(1) == Decimal("3290.00")


def test_a_monthly_cap_holds_for_every_months_share_of_a_year() -> None:
    """10.00 a day: every month is above 200.00. With 400.00 and 100.00 of usage in January: 310 + 90."""
    life = Life(
        fee("3650", **YEARLY), caps=[{"id": "cap", "name": "c", "amount": "200", "effective": {"start": "2013-01-01"}}]
    )
    life.bill(1)
    assert life.total(1) == Decimal("2400.00")
    cap = {"id": "cap", "name": "Cap", "amount": "400", "effective": {"start": "2013-01-01"}}
    life = Life(fee("3650", **YEARLY), miles("1"), caps=[cap])
    life.use("2013-01-05", "100")
    assert life.bill(1) == {
        "fee:2013-01-01_2014-01-01": "3650.00",
        "miles:2013-01": "100.00",
        "cap:miles:2013-01": "-10.00",
    }


def test_a_monthly_minimum_counts_each_months_share_of_a_year() -> None:
    """10.00 a day: February has 280 of 300."""
    life = Life(fee("3650", **YEARLY), commitments=[least("300", "fee")])
    assert [life.bill(number).get(f"least:{month(number)}") for number in (1, 2, 3)] == [None, "20.00", None]


def test_late_usage_draws_on_the_credit_of_each_contract() -> None:
    """100 miles at 1.00 and a flight at 10.00 are prepaid, and so are the 50 miles and the flight that come late."""
    life = Life(miles("1"), credits=[prepaid("500")])
    flights = charge("flights", {"model": "per_unit", "unit_price": "10"}, meter="flights_handled")
    life.other_contract(flights, credits=[prepaid("100")])
    life.use("2013-01-10", "100")
    january = life.bill(1)
    assert sorted(january.values()) == ["-10.00", "-100.00", "10.00", "100.00"]
    life.use("2013-01-11", "50")
    assert sorted(life.bill(2).values()) == ["-10.00", "-50.00", "10.00", "50.00"]
    assert life.total(1, 2) == 0
