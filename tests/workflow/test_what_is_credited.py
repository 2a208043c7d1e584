"""Credit notes, concessions and credits that were drawn, case by case: amounts by hand, over real invoices."""

from decimal import Decimal

import pytest

from billproof.errors import InvalidInput
from tests.support.charges import fee, miles
from tests.support.lives import ADVANCE, YEARLY, Life, earned_of, off, prepaid
from tests.support.world import INC

pytestmark = pytest.mark.long

ENDS = {"effective": {"start": "2013-01-01", "end": "2013-02-15"}}


def test_a_credit_note_gives_back_what_a_difference_left() -> None:
    """280.00 for February, a difference of -140.00: 140.00 are left of the line."""
    life = Life(fee("280", **ADVANCE), miles("1"))
    life.bill(1)
    life.publish("2013-01-01", fee("280", **ADVANCE, **ENDS), miles("1"))
    life.use("2013-02-20", "1000")
    assert life.bill(2) == {"miles:2013-02": "1000.00", "difference:fee:2013-02": "-140.00"}
    with pytest.raises(InvalidInput, match=r"280.00 USD is more than the 140.00 USD that are left of line fee:2013-02"):
        life.credit(1, lines=[{"line": "fee:2013-02", "amount": "280"}])
    assert life.credit(1, lines=[{"line": "fee:2013-02"}]) == "140.00"
    assert life.bill(3) == {}


def test_a_difference_gives_back_nothing_that_a_credit_note_gave() -> None:
    """280.00 are conceded, then the fee turns out to be 140.00: nothing more to give back."""
    life = Life(fee("280", **ADVANCE), miles("1"))
    life.bill(1)
    assert life.credit(1, lines=[{"line": "fee:2013-02"}]) == "280.00"
    life.publish("2013-01-01", fee("280", **ADVANCE, **ENDS), miles("1"))
    assert life.bill(2) == {}


@pytest.mark.parametrize(
    ("rebill", "march"),
    [(False, {"difference:miles:2013-01": "50.00"}), (True, {"difference:miles:2013-01": "150.00"})],
)
def test_a_concession_is_not_billed_again_when_more_is_owed(rebill: bool, march: dict[str, str]) -> None:  # noqa: FBT001
    """100 used, 100.00 given back; then 50 come late: 50.00 more are owed after the concession, 150.00 without one."""
    life = Life(miles("1"))
    life.use("2013-01-05", "100")
    life.bill(1)
    assert life.credit(1, rebill=rebill) == "100.00"
    life.use("2013-01-06", "50")
    assert life.bill(2) == march
    assert life.bill(3) == {}


def test_a_concession_is_of_the_fee_with_all_that_comes_off_it() -> None:
    """1,000.00 less 50 %, 500.00 conceded. At half the price 250.00 are owed, less than what was conceded: nothing."""
    life = Life(fee("1000"), discounts=[off(percent="50")])
    life.bill(1)
    with pytest.raises(InvalidInput, match=r"501.00 USD is more than the 500.00 USD"):
        life.credit(1, lines=[{"line": "fee:2013-01", "amount": "501"}])
    assert life.credit(1, lines=[{"line": "fee:2013-01"}]) == "500.00"
    life.publish("2013-01-01", fee("500"), discounts=[off(percent="50")])
    lines = life.bill(2)
    assert sum(Decimal(net) for line, net in lines.items() if line.endswith("2013-01")) == 0
    assert life.total(2) == Decimal("250.00")


@pytest.mark.parametrize(
    ("credit", "asked", "money", "drawn"),
    [
        ("5000", None, "0.00", "0"),  # wholly drawn: all of it goes back to the credit
        ("400", "700", "600.00", "300"),  # 600.00 were paid in money and go back first
        ("400", None, "600.00", "0"),
        ("400", "500", "500.00", "400"),
    ],
)
def test_what_a_credit_paid_goes_back_to_it_after_the_money(
    credit: str, asked: str | None, money: str, drawn: str
) -> None:
    life = Life(fee("1000"), credits=[prepaid(credit)])
    life.bill(1)
    line = {"line": "fee:2013-01"} | ({"amount": asked} if asked else {})
    assert life.credit(1, lines=[line]) == money
    life.publish("2013-02-01", fee("0"), credits=[prepaid(credit)])
    life.bill(2)
    drawn_now = [each.amount for each in life.world.invoice(f"{INC}.2013-02.UA").credits_drawn]
    assert drawn_now == [Decimal(drawn)]


def test_an_invoice_and_its_full_credit_note_come_to_nothing_whatever_came_off() -> None:
    life = Life(fee("1000"), miles("1"), discounts=[off(percent="30")], credits=[prepaid("400")])
    life.use("2013-01-05", "123")
    life.bill(1)
    assert life.credit(1) == f"{life.total(1):.2f}"
    life.publish("2013-02-01", fee("0"), miles("1"), credits=[prepaid("400")])
    life.use("2013-02-05", "300")
    assert life.bill(2) == {"miles:2013-02": "300.00", "prepaid:miles:2013-02": "-300.00"}


def test_a_credit_note_for_days_to_come_leaves_what_is_earned() -> None:
    """A year of 3,650 at 10.00 a day; 306.00 are given back in February for the 306 days from March on."""
    life = Life(fee("3650", **YEARLY))
    life.bill(1)
    january = {"start": "2013-01-01", "end": "2013-02-01"}
    line = {"line": "fee:2013-01-01_2014-01-01", "amount": "310.01"}
    with pytest.raises(InvalidInput, match=r"310.01 USD is more than the 310.00 USD"):  # what January costs
        life.credit(1, lines=[line], days=january)
    line = {"line": "fee:2013-01-01_2014-01-01", "amount": "306"}
    days = {"start": "2013-03-01", "end": "2014-01-01"}
    assert life.credit(1, lines=[line], days=days) == "306.00"
    (note,) = life.notes
    earned = [earned_of(note, day).text for day in ("2013-03-01", "2013-03-31", "2014-01-01")]
    assert earned == ["0.00", "-30.00", "-306.00"]
    with pytest.raises(InvalidInput, match=r"covers 2013-01-01 to 2014-01-01, not 2014-01-01 to 2014-02-01"):
        life.credit(1, "C-2", lines=[line], days={"start": "2014-01-01", "end": "2014-02-01"})


def test_the_same_days_are_given_back_once() -> None:
    """January of a year at 10.00 a day costs 310.00; with 50 % off 155.00, whether its line is named or not."""
    line, january = {"line": "fee:2013-01-01_2014-01-01"}, {"start": "2013-01-01", "end": "2013-02-01"}
    life = Life(fee("3650", **YEARLY))
    life.bill(1)
    assert life.credit(1, lines=[{**line, "amount": "100"}], days=january) == "100.00"
    assert life.credit(1, "C-2", lines=[line], days=january) == "210.00"
    with pytest.raises(InvalidInput, match=r"1.00 USD is more than the 0.00 USD"):
        life.credit(1, "C-3", lines=[{**line, "amount": "1"}], days=january)
    for lines in ([line], []):
        half = Life(fee("3650", **YEARLY), discounts=[off(percent="50")])
        half.bill(1)
        assert half.credit(1, lines=lines, days=january) == "155.00"


def test_days_of_a_year_that_ended_cost_what_is_left_of_it() -> None:
    """3,650.00 in advance, ended on 1 April: 900.00 for 90 days are left, 310.00 of them for January."""
    life = Life(fee("3650", **YEARLY), miles("1"))
    life.bill(1)
    ends = {"effective": {"start": "2013-01-01", "end": "2013-04-01"}}
    life.publish("2013-01-01", fee("3650", **YEARLY, **ends), miles("1"))
    life.use("2013-02-05", "5000")
    life.bill(2)
    line, january = {"line": "fee:2013-01-01_2014-01-01"}, {"start": "2013-01-01", "end": "2013-02-01"}
    assert life.credit(1, lines=[line], days=january) == "310.00"
    for number in (3, 4):
        life.bill(number)
    documents = [life.world.invoice(f"{INC}.2013-{number:02d}.UA") for number in (1, 2, 3, 4)]
    earned = [
        sum(Decimal(earned_of(each, day, "fee").text) for each in (*documents, *life.notes))
        for day in ("2013-04-01", "2014-01-01")
    ]
    assert earned == [Decimal("590.00"), Decimal("590.00")]
