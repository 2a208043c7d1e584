"""What is owed, case by case: each amount was computed by hand, beside it is how. All of it goes over real invoices.

A case is one life of a contract: its terms as versions, what was used, what is credited, and what the invoices of its
months come to, line by line. Amounts are in USD, half up.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from billproof.pipeline.artefacts import BATCH_PLAN, Artefacts
from tests.support.charges import charge, fee, miles
from tests.support.lives import YEARLY, Life, least, prepaid
from tests.support.world import INC

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class InAdvance:
    """A fee in advance whose price changes on a day; what its first service period owes in total."""

    case: str
    cadence: dict[str, Any]
    amounts: tuple[str, str]
    changes_on: str
    until: int
    owes: str


IN_ADVANCE = [
    # 3,650 x 90/365 = 900; 7,300 x 275/365 = 5,500
    InAdvance("a year", {"interval": "year"}, ("3650", "7300"), "2013-04-01", 12, "6400.00"),
    # 1,810 x 120/181 = 1,200; 3,620 x 61/181 = 1,220
    InAdvance("half a year", {"interval": "half_year"}, ("1810", "3620"), "2013-05-01", 6, "2420.00"),
    # 900 x 59/90 = 590; 1,800 x 31/90 = 620
    InAdvance("a quarter", {"interval": "quarter"}, ("900", "1800"), "2013-03-01", 3, "1210.00"),
]


@pytest.mark.parametrize("known", ["from the start", "in March"])
@pytest.mark.parametrize("case", IN_ADVANCE, ids=lambda case: case.case)
def test_a_period_in_advance_owes_every_price_of_its_days(case: InAdvance, known: str) -> None:
    terms = {"timing": "in_advance", "cadence": case.cadence}
    life = Life(fee(case.amounts[0], **terms))
    if known == "from the start":
        life.publish(case.changes_on, fee(case.amounts[1], **terms))
    for number in range(1, case.until):
        if known == "in March" and number == min(3, case.until - 1):
            life.publish(case.changes_on, fee(case.amounts[1], **terms))
        life.bill(number)
    assert life.total(*range(1, case.until)) == Decimal(case.owes)


def test_a_change_within_a_week_over_a_months_end_is_owed_by_its_days() -> None:
    """A week of 70.00 from Monday 28 January, 140.00 from 1 February: 4 days at 10 and 3 at 20."""
    weekly = {"timing": "in_advance", "cadence": {"interval": "week"}, "effective": {"start": "2013-01-28"}}
    life = Life(fee("70", **weekly))
    life.publish("2013-02-01", fee("140", **weekly))
    lines = life.bill(1)
    assert (lines["fee:2013-01-28_2013-02-04"], lines["fee:2013-01-28_2013-02-04@2013-02-01"]) == ("40.00", "60.00")


def test_seats_that_are_added_in_a_quarter_in_advance_are_owed_from_their_day() -> None:
    """Ten seats at 90.00 a quarter, fifteen from 1 March: 900 x 59/90 + 1,350 x 31/90 = 590 + 465."""
    terms = {"timing": "in_advance", "cadence": {"interval": "quarter"}}
    life = Life(charge("seats", {"model": "seats", "seats": 10, "unit_price": "90"}, **terms))
    life.bill(1)
    life.publish("2013-03-01", charge("seats", {"model": "seats", "seats": 15, "unit_price": "90"}, **terms))
    assert life.bill(2) == {
        "difference:seats:2013-01-01_2013-04-01": "-310.00",
        "difference:seats:2013-01-01_2013-04-01@2013-03-01": "465.00",
    }


def test_a_renewal_within_a_year_in_advance_raises_the_rest_of_it() -> None:
    """A year of 3,650 from 1 July that renews on 1 January with 10 %: 3,650 x 184/365 + 4,015 x 181/365."""
    terms = {"timing": "in_advance", "cadence": {"interval": "year", "anchor": "2013-07-01"}}
    renewal = {"renews_on": "2014-01-01", "uplift_percent": "10", "automatic": True}
    life = Life(fee("3650", effective={"start": "2013-07-01"}, **terms), renewal=renewal)
    life.bill(6)
    life.bill(7)
    assert life.total(6, 7) == Decimal("3831.00")


def test_what_did_not_change_is_not_priced_again() -> None:
    life = Life(fee("100"))
    for number in (1, 2, 3):
        life.bill(number)
    life.publish("2013-04-01", fee("120"))
    life.bill(4)
    life.publish("2013-02-10", fee("100", floor_unit_price="1"))
    life.publish("2013-04-01", fee("120"))
    life.bill(5)
    batch = Artefacts(life.world.objects).read(BATCH_PLAN, f"{INC}-2013-05-001", "0000-0000")
    (terms,) = [terms for terms in batch.accounts if terms.account.id == "UA"]
    assert [month.period.name for month in terms.earlier] == []


def test_late_usage_of_a_commitment_whose_contract_has_ended_gives_its_shortfall_back() -> None:
    """5,000 for a quarter, 1,000 used: 4,000 short. 2,000 come late: 2,000 less short."""
    quarter = least("5000", "miles", months=3)
    life = Life(miles("1"), commitments=[quarter])
    life.publish("2013-01-01", miles("1"), commitments=[quarter], end="2013-04-01")
    life.other_contract(charge("other", {"model": "flat", "amount": "10"}))
    life.use("2013-01-05", "1000")
    for number in (1, 2, 3):
        life.bill(number)
    life.use("2013-02-05", "2000")
    lines = life.bill(4)
    assert lines == {
        "other:2013-04": "10.00",
        "difference:miles:2013-02": "2000.00",
        "least:2013-01-01_2013-04-01": "-2000.00",
    }


def test_usage_that_comes_late_takes_what_rolled_over_from_it() -> None:
    """1,000 free: January uses 700 and February 1,300, of 300 carried; then 300 of January: 300 in all are not free."""
    life = Life(miles("1", included_quantity="1000", rollover=True))
    life.use("2013-01-05", "700")
    assert life.bill(1) == {}
    life.use("2013-02-05", "1300")
    assert life.bill(2) == {}
    life.use("2013-01-06", "300")
    assert life.bill(3) == {"difference:miles:2013-02": "300.00"}
    assert life.total(1, 2, 3) == Decimal("300.00")


def test_an_amended_month_uses_what_was_carried_first_and_each_part_its_own() -> None:
    """500 carried into March, 1,500 used after the 5th at 1.10: 1,500 - 500 - 1,000 x 27/31 = 129.03 are priced."""
    rolling = {"included_quantity": "1000", "rollover": True, "effective": {"start": "2013-02-01"}}
    life = Life(fee("0"))
    life.publish("2013-02-01", miles("1", **rolling))
    life.publish("2013-03-05", miles("1.1", **rolling))
    life.use("2013-02-10", "500")
    life.bill(2)
    life.use("2013-03-10", "1500")
    assert life.bill(3) == {"miles:2013-03@2013-03-05": "141.94"}
    life.use("2013-04-10", "1200")
    assert life.bill(4) == {"miles:2013-04": "78.06"}  # 1,200 less 1,000 and the 129.03 that the first part left


def test_late_usage_draws_the_credit_that_it_would_have_drawn() -> None:
    life = Life(miles("1"), credits=[prepaid("5000")])
    life.use("2013-01-05", "1000")
    assert life.bill(1) == {"miles:2013-01": "1000.00", "prepaid:miles:2013-01": "-1000.00"}
    life.use("2013-01-06", "1000")
    assert life.bill(2) == {"difference:miles:2013-01": "1000.00", "difference:prepaid:miles:2013-01": "-1000.00"}
    assert life.drawn(2) == Decimal(2000)
    life.use("2013-02-06", "4000")
    assert life.bill(3) == {"difference:miles:2013-02": "4000.00", "difference:prepaid:miles:2013-02": "-3000.00"}


def test_a_version_that_changes_nothing_priced_changes_no_amount() -> None:
    """Packages of 1,000 at 5.00, 500 used on the 5th and 500 on the 25th: one package, whatever it is called."""
    package = {"model": "package", "package_size": "1000", "package_price": "5"}
    life = Life(charge("miles", package, meter="miles_tracked"))
    renamed = charge("miles", package, meter="miles_tracked") | {"name": "Distance", "product": "other"}
    life.publish("2013-01-16", renamed | {"revenue_category": "services", "floor_unit_price": "0.001"})
    life.use("2013-01-05", "500")
    life.use("2013-01-25", "500")
    assert life.bill(1) == {"miles:2013-01": "5.00"}


@pytest.mark.parametrize(("meter", "price", "amount"), [("longest_leg", "1", "15.00"), ("longest_leg", "2", "30.00")])
def test_a_most_is_measured_once_and_shared_by_the_days_of_its_charge(meter: str, price: str, amount: str) -> None:
    """A most of 31 at 1.00, from the 17th on: 15 of 31 days."""
    used = charge("most", {"model": "per_unit", "unit_price": price}, meter=meter, effective={"start": "2013-01-17"})
    life = Life(used)
    life.use("2013-01-20", "31")
    assert life.bill(1) == {"most:2013-01": amount}


def test_a_most_is_shared_by_the_days_of_each_price() -> None:
    """The most is 10; 1.00 a unit and 2.00 from the 17th: 10 x 16/31 + 20 x 15/31 = 5.16 + 9.68."""
    life = Life(charge("most", {"model": "per_unit", "unit_price": "1"}, meter="longest_leg"))
    life.publish("2013-01-17", charge("most", {"model": "per_unit", "unit_price": "2"}, meter="longest_leg"))
    life.use("2013-01-20", "10")
    assert life.bill(1) == {"most:2013-01": "5.16", "most:2013-01@2013-01-17": "9.68"}


def test_a_year_that_ends_in_april_has_earned_its_first_quarter_for_ever() -> None:
    """3,650 x 90/365 = 900.00, from April on in every month."""
    life = Life(fee("3650", **YEARLY), miles("1"))
    life.bill(1)
    life.publish(
        "2013-01-01", fee("3650", **YEARLY, effective={"start": "2013-01-01", "end": "2013-04-01"}), miles("1")
    )
    life.use("2013-02-05", "5000")
    life.bill(2)
    for number in (3, 4):
        life.bill(number)
    assert [life.earned(day) for day in ("2013-03-01", "2013-04-01", "2013-05-01", "2013-08-01", "2014-01-01")] == [
        "590.00",
        "900.00",
        "900.00",
        "900.00",
        "900.00",
    ]
