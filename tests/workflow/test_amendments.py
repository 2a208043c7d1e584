"""Contracts that change: within a month, after it was billed, in advance; and what rolls from one month to the next."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billproof.contracts.timeline import timelines
from billproof.money import Rounding
from billproof.periods import Period
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pricing.lines import Basis
from billproof.pricing.owed import contract_lines
from tests.support.amended import APR, FEB, JAN, MAR, MOMENTS, bill, publish, world_with
from tests.support.charges import charge, fee, miles
from tests.support.world import INC, World, flight


def net(world: World, month: str) -> str:
    return world.invoice(f"{INC}.{month}.UA").totals.net.text


def test_an_upgrade_within_the_month_is_shared_by_days() -> None:
    world = world_with(fee("310"))
    publish(world, fee("620"), start="2013-01-11")
    assert bill(world, JAN) == {"fee:2013-01": "100.00", "fee:2013-01@2013-01-11": "420.00"}


def test_usage_within_an_amended_month_is_priced_in_parts() -> None:
    world = world_with(miles("0.01"))
    publish(world, miles("0.02"), start="2013-01-11")
    world.ingest([flight(1, day="2013-01-10"), flight(2, day="2013-01-11"), flight(3, day="2013-01-12")])
    assert bill(world, JAN) == {"miles:2013-01": "10.00", "miles:2013-01@2013-01-11": "40.00"}


def test_usage_of_a_contract_that_begins_within_the_month_is_billed_from_its_start() -> None:
    world = world_with(miles("0.01", effective={"start": "2013-01-11"}, included_quantity="31"))
    world.ingest([flight(2, day="2013-01-11")])
    lines = bill(world, JAN)
    assert lines == {"miles:2013-01": "9.79"}  # 21 of the 31 free miles


def test_an_upgrade_after_the_fee_was_billed_in_advance_is_a_difference() -> None:
    world = world_with(fee("280", timing="in_advance"))
    assert bill(world, JAN) == {"fee:2013-01": "280.00", "fee:2013-02": "280.00"}
    publish(world, fee("560", timing="in_advance"), start="2013-02-15")
    assert bill(world, FEB) == {
        "difference:fee:2013-02": "-140.00",
        "difference:fee:2013-02@2013-02-15": "280.00",
        "fee:2013-03": "560.00",
    }
    assert bill(world, MAR) == {"fee:2013-04": "560.00"}


def test_terms_that_cannot_be_laid_out_hold_their_account_and_no_other() -> None:
    seats = charge("seats", {"model": "seats", "seats": 3, "unit_price": "31"})
    renewal = {"renews_on": "2013-01-10", "uplift_amount": "5", "automatic": True}
    quarterly = fee("100", cadence={"interval": "quarter"})
    for first, second in (((seats,), {"renewal": renewal}), ((fee("100"),), {"charges": quarterly})):
        world = world_with(*first, **{name: value for name, value in second.items() if name == "renewal"})
        if "charges" in second:
            publish(world, quarterly, start="2013-01-15")
        statement = world.bill(period=JAN)
        assert [each.code for each in statement.findings if each.account == "UA"] == ["unpriceable_charge"]
        assert statement.released == 1


def test_an_upgrade_from_the_first_of_a_month_is_billed_once() -> None:
    world = world_with(fee("100", timing="in_advance"))
    publish(world, fee("150", timing="in_advance"), start="2013-02-01")
    assert bill(world, JAN) == {"fee:2013-01": "100.00", "fee:2013-02": "150.00"}
    assert bill(world, FEB) == {"fee:2013-03": "150.00"}


def test_a_backdated_version_credits_and_bills_every_month_that_it_reaches() -> None:
    world = world_with(fee("100"), miles("0.01"))
    world.ingest([flight(1)])
    assert bill(world, JAN, FEB) == {"fee:2013-02": "100.00"}
    publish(world, fee("80"), miles("0.03"))
    assert bill(world, MAR) == {
        "fee:2013-03": "80.00",
        "difference:fee:2013-01": "-20.00",
        "difference:miles:2013-01": "20.00",
        "difference:fee:2013-02": "-20.00",
    }
    assert bill(world, APR) == {"fee:2013-04": "80.00"}


def test_a_charge_that_never_was_is_credited_whole() -> None:
    world = world_with(fee("100"), charge("extra", {"model": "flat", "amount": "50"}))
    bill(world, JAN)
    publish(world, fee("100"))
    assert bill(world, FEB) == {"fee:2013-02": "100.00", "difference:extra:2013-01": "-50.00"}


def test_late_usage_is_priced_by_the_terms_that_govern_its_days_now() -> None:
    world = world_with(miles("0.01"))
    world.ingest([flight(1)])
    bill(world, JAN)
    world.moment = MOMENTS[JAN] + timedelta(days=1)
    world.ingest([flight(2)])
    publish(world, miles("0.05"), start="2013-02-01")
    assert bill(world, FEB) == {"difference:miles:2013-01": "10.00"}


@pytest.mark.parametrize(("refund", "credit"), [("prorated", "-140.00"), ("none", None)])
def test_a_termination_follows_the_refund_policy(refund: str, credit: str | None) -> None:
    world = world_with(fee("280", timing="in_advance", refund=refund), miles("0.01"))
    bill(world, JAN)
    ended = {"start": "2013-01-01", "end": "2013-02-15"}
    publish(world, fee("280", timing="in_advance", refund=refund, effective=ended), miles("0.01"))
    world.moment = MOMENTS[FEB]
    world.ingest([flight(1, day="2013-02-05", data={"distance": "99000"})])
    lines = bill(world, FEB)
    assert lines.get("difference:fee:2013-02") == credit


def test_a_pause_is_not_billed_and_usage_is() -> None:
    pause = {"id": "pause", "reason": "pause", "days": {"start": "2013-01-11", "end": "2013-01-21"}}
    world = world_with(fee("310"), miles("0.01"), waivers=[pause])
    world.ingest([flight(1, day="2013-01-15")])
    assert bill(world, JAN) == {"fee:2013-01": "210.00", "miles:2013-01": "10.00"}


def test_an_allowance_rolls_over_to_the_next_month_and_no_further() -> None:
    world = world_with(miles("0.01", included_quantity="2500", rollover=True))
    world.ingest([flight(1)])
    assert bill(world, JAN) == {}
    world.moment = MOMENTS[FEB]
    world.ingest([flight(number, day="2013-02-05") for number in range(5)])
    assert bill(world, FEB) == {"miles:2013-02": "10.00"}  # 5,000 less 2,500 and the 1,500 carried over
    world.moment = MOMENTS[MAR]
    world.ingest([flight(number, day="2013-03-05") for number in range(3)])
    assert bill(world, MAR) == {"miles:2013-03": "5.00"}  # February used up all of its own


def test_a_credit_is_drawn_down_over_the_months() -> None:
    grant = {"id": "prepaid", "name": "Prepaid", "amount": "250", "effective": {"start": "2013-01-01"}}
    world = world_with(fee("100"), credits=[grant])
    assert bill(world, JAN) == {"fee:2013-01": "100.00", "prepaid:fee:2013-01": "-100.00"}
    assert bill(world, FEB, MAR) == {"fee:2013-03": "100.00", "prepaid:fee:2013-03": "-50.00"}
    assert bill(world, APR) == {"fee:2013-04": "100.00"}
    assert world.invoice(f"{INC}.{APR}.UA").credits_drawn[0].amount == 250


def test_two_invoices_do_not_draw_the_same_credit() -> None:
    grant = {"id": "prepaid", "name": "Prepaid", "amount": "100", "effective": {"start": "2013-01-01"}}
    world = world_with(fee("100"), credits=[grant])
    world.moment = MOMENTS[FEB]
    runs = {}
    for month in (JAN, FEB):  # one that failed is redriven later
        runs[month] = world.start(period=month)
        world.billing_runs.statuses[runs[month]] = "FAILED"
    plans = {month: world.plan(run, period=month) for month, run in runs.items()}
    for month, plan in plans.items():
        for bucket in plan.buckets:
            aggregate_usage(run_id=runs[month], bucket=bucket, objects=world.objects)
        world.check(runs[month])
        for batch in plan.batches:
            world.invoice_batch(runs[month], batch)
    assert net(world, JAN) == "0.00"
    facts = world.register.facts(f"{INC}.{FEB}.UA")
    assert facts is not None
    assert facts.released is None
    assert facts.held is not None
    assert facts.held.findings[-1].code == "credit_drawn_elsewhere"
    world.close(runs[JAN])
    world.close(runs[FEB])
    world.billing_runs.statuses |= dict.fromkeys(runs.values(), "SUCCEEDED")
    world.bill(period=FEB)
    assert net(world, FEB) == "100.00"


def test_a_commitment_counts_what_was_billed_in_advance_for_its_month() -> None:
    least = {
        "id": "least",
        "name": "Minimum",
        "amount": "400",
        "charges": ["fee", "miles"],
        "revenue_category": "usage",
        "effective": {"start": "2013-01-01"},
    }
    world = world_with(fee("300", timing="in_advance"), miles("0.01"), commitments=[least])
    assert bill(world, JAN) == {"fee:2013-01": "300.00", "fee:2013-02": "300.00", "least:2013-01": "100.00"}
    world.moment = MOMENTS[FEB]
    world.ingest([flight(1, day="2013-02-05")])
    assert bill(world, FEB) == {"fee:2013-03": "300.00", "miles:2013-02": "10.00", "least:2013-02": "90.00"}


def test_a_cap_is_filled_by_what_was_billed_in_advance_and_then_by_the_lines() -> None:
    cap = {"id": "cap", "name": "Cap", "amount": "305", "effective": {"start": "2013-01-01"}}
    world = world_with(fee("300", timing="in_advance"), miles("0.01"), caps=[cap])
    bill(world, JAN)
    world.moment = MOMENTS[FEB]
    world.ingest([flight(1, day="2013-02-05")])
    lines = bill(world, FEB)
    assert (lines["miles:2013-02"], lines["cap:miles:2013-02"]) == ("10.00", "-5.00")


def test_seats_above_the_commitment_are_trued_up_from_telemetry() -> None:
    price = {"model": "seats", "seats": 3, "unit_price": "31", "true_up": "daily"}
    seats = charge("seats", price, seats_meter="longest_leg", timing="in_advance")
    world = world_with(seats)
    world.ingest(
        [
            flight(1, day="2013-01-30", data={"distance": "5"}),
            flight(2, day="2013-01-31", data={"distance": "4"}),
        ]
    )
    lines = bill(world, JAN)
    assert lines == {
        "seats:2013-01": "93.00",
        "seats:2013-02": "93.00",
        "seats:2013-01:true_up": "4.00",
    }  # the 31st begins with 5


@pytest.mark.parametrize(("month", "days"), [("2013-03", 31), ("2013-11", 30), ("2012-02", 29)])
def test_parts_of_a_month_with_a_clock_change_or_a_leap_day_add_up(month: str, days: int) -> None:
    """America/New_York turns the clock on 10 March and 3 November 2013."""

    period = Period.month(month)
    assert period.days == days
    world = World()
    publish(world, fee(str(days), effective={"start": "2012-01-01"}), start="2012-01-01")
    publish(world, fee(str(days * 2), effective={"start": "2012-01-01"}), start=f"{month}-10")
    (timeline,) = timelines(world.directory.contracts("UA"), period)
    basis = Basis(period=period, meters={}, quantities=(), rounding=Rounding.HALF_UP)
    lines = contract_lines(timeline, basis)
    assert [line.net.amount for line in lines] == [Decimal(9), Decimal(2 * (days - 9))]


def test_a_fee_that_is_moved_into_arrears_after_it_was_billed_stays_billed_and_is_not_called_missing() -> None:
    world = world_with(fee("100", timing="in_advance"), miles("1"))
    world.ingest([flight(1)])
    assert bill(world, JAN) == {"fee:2013-01": "100.00", "fee:2013-02": "100.00", "miles:2013-01": "1000.00"}
    publish(world, fee("100"), miles("1"))
    assert bill(world, FEB) == {}
