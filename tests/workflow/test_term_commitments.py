"""Commitments over several months: the shortfall is billed once, when the term is over, and stays true afterwards."""

from decimal import Decimal
from typing import Any

import pytest

from billproof.contracts.timeline import timelines
from billproof.errors import UnpriceableCharge
from billproof.periods import Period
from billproof.pricing.commitment_terms import terms_over
from billproof.pricing.commitments import commitment_lines
from billproof.pricing.terms import Committed
from tests.support.amended import APR, FEB, JAN, MAR, MOMENTS, bill, publish, world_with
from tests.support.charges import fee, miles
from tests.support.world import INC, flight

QUARTER = {
    "id": "least",
    "name": "Least of a quarter",
    "amount": "5000",
    "charges": ["miles"],
    "revenue_category": "usage",
    "effective": {"start": "2013-01-01"},
    "months": 3,
}


def test_the_shortfall_of_a_quarter_is_billed_with_its_last_month() -> None:
    world = world_with(miles("1"), commitments=[QUARTER])
    world.ingest([flight(1)])
    assert bill(world, JAN) == {"miles:2013-01": "1000.00"}
    world.moment = MOMENTS[FEB]
    world.ingest([flight(2, day="2013-02-05")])
    assert bill(world, FEB) == {"miles:2013-02": "1000.00"}
    world.moment = MOMENTS[MAR]
    world.ingest([flight(3, day="2013-03-05")])
    assert bill(world, MAR) == {"miles:2013-03": "1000.00", "least:2013-01-01_2013-04-01": "2000.00"}
    assert bill(world, APR) == {}


def test_a_quarter_that_is_met_has_a_zero_line() -> None:
    world = world_with(miles("9"), commitments=[QUARTER])
    world.ingest([flight(1)])
    bill(world, JAN, FEB, MAR)
    (line,) = [each.priced for each in world.invoice(f"{INC}.{MAR}.UA").lines if each.priced.term == "least"]
    assert line.net.is_zero
    assert line.explanation.note == "met"


def test_late_usage_gives_back_what_the_quarter_did_not_fall_short_of() -> None:
    world = world_with(miles("1"), commitments=[QUARTER])
    world.ingest([flight(1)])
    bill(world, JAN, FEB)
    assert bill(world, MAR)["least:2013-01-01_2013-04-01"] == "4000.00"
    world.ingest([flight(number, day="2013-02-05") for number in range(2)])  # late for February
    world.ingest([flight(7, day="2013-04-01")])
    found = bill(world, APR)
    assert found["difference:miles:2013-02"] == "2000.00"
    assert found["least:2013-01-01_2013-04-01"] == "-2000.00"
    world.moment = MOMENTS[APR].replace(month=6)
    world.ingest([flight(number, day="2013-03-05") for number in range(9)])
    MOMENTS["2013-05"] = world.moment
    last = bill(world, "2013-05")
    assert last["difference:miles:2013-03"] == "9000.00"
    assert last["least:2013-01-01_2013-04-01"] == "-2000.00"  # never more than was billed of it


def test_discounts_count_and_credits_do_not() -> None:
    half = {"id": "half", "name": "Half", "percent": "50", "effective": {"start": "2013-01-01"}}
    prepaid = {"id": "prepaid", "name": "Prepaid", "amount": "100", "effective": {"start": "2013-01-01"}}
    world = world_with(miles("1"), commitments=[QUARTER], discounts=[half], credits=[prepaid])
    world.ingest([flight(1)])
    bill(world, JAN, FEB)
    assert bill(world, MAR)["least:2013-01-01_2013-04-01"] == "4500.00"


def test_a_commitment_that_ends_early_is_owed_by_days() -> None:
    world = world_with(miles("1"), commitments=[{**QUARTER, "amount": "9000"}])
    bill(world, JAN)
    publish(world, miles("1"), start="2013-02-15")  # without it
    found = bill(world, FEB)
    assert found == {"least:2013-01-01_2013-02-15": "4500.00"}  # 45 of 90 days
    assert bill(world, MAR) == {}


def test_a_changed_amount_is_shared_by_days() -> None:
    world = world_with(miles("1"), commitments=[{**QUARTER, "amount": "9000"}])
    bill(world, JAN)
    publish(world, miles("1"), commitments=[{**QUARTER, "amount": "18000"}], start="2013-02-15")
    bill(world, FEB)
    assert bill(world, MAR) == {"least:2013-01-01_2013-04-01": "13500.00"}


def test_fees_in_advance_count_for_the_term_that_they_are_of() -> None:
    least = {**QUARTER, "charges": ["fee"], "amount": "350"}
    world = world_with(fee("100", timing="in_advance"), commitments=[least])
    bill(world, JAN, FEB)
    found = bill(world, MAR)
    assert found == {"fee:2013-04": "100.00", "least:2013-01-01_2013-04-01": "50.00"}


def test_a_backdated_price_makes_the_term_true_again() -> None:
    world = world_with(miles("1"), commitments=[QUARTER])
    world.ingest([flight(1)])
    bill(world, JAN, FEB)
    assert bill(world, MAR)["least:2013-01-01_2013-04-01"] == "4000.00"
    publish(world, miles("3"), commitments=[QUARTER])
    found = bill(world, APR)
    assert found == {"difference:miles:2013-01": "2000.00", "least:2013-01-01_2013-04-01": "-2000.00"}


def test_a_commitment_that_changes_its_months_is_refused() -> None:
    world = world_with(miles("1"), commitments=[QUARTER])
    publish(world, miles("1"), commitments=[{**QUARTER, "months": 6}], start="2013-02-01")
    (timeline,) = timelines(world.directory.contracts("UA"), Period.month(FEB))
    with pytest.raises(UnpriceableCharge, match="commitment least changes how many months it is for"):
        list(terms_over(timeline, Period.month(FEB)))


def test_a_run_that_is_repeated_says_the_same() -> None:
    world = world_with(miles("1"), commitments=[QUARTER])
    world.ingest([flight(1)])
    bill(world, JAN, FEB, MAR)
    statement = world.bill(period=MAR)
    assert statement.changed_after_release == 0


def test_a_line_that_is_missing_is_found() -> None:
    world = world_with(miles("1"), commitments=[QUARTER])
    (timeline,) = timelines(world.directory.contracts("UA")[-1:], Period.month(MAR))
    before = {("UA-2013", "least", Period.month(JAN).start): committed("1200", "0")}
    (line,) = commitment_lines(timeline, Period.month(MAR), [], before, world.directory.legal_entity(INC).rounding)
    assert line.net.amount == Decimal(3800)
    assert [step.label for step in line.explanation.steps] == ["committed", "billed here", "billed before"]
    (again,) = commitment_lines(
        timeline,
        Period.month(APR),
        [],
        {("UA-2013", "least", Period.month(JAN).start): committed("1200", "3000")},
        world.directory.legal_entity(INC).rounding,
    )
    assert again.net.amount == Decimal(800)
    assert [step.amount for step in again.explanation.steps] == [5000, 0, -1200, -3000]


def committed(reached: str, billed: str) -> Committed:
    fields: dict[str, Any] = {"reached": reached, "billed": billed}
    return Committed(contract="UA-2013", commitment="least", start=Period.month(JAN).start, **fields)


@pytest.mark.parametrize("months", [1, 3])
def test_a_share_by_days_that_never_ends_is_rounded_once(months: int) -> None:
    least = {**QUARTER, "months": months, "amount": "1000", "effective": {"start": "2013-01-21", "end": "2013-02-01"}}
    world = world_with(miles("1"), commitments=[least])
    (amount,) = bill(world, JAN).values()
    days = 90 if months == 3 else 31
    assert amount == f"{Decimal(11000) / days:.2f}"
