"""Late usage: billed once, as a difference, at its own period's price and tier position."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.findings import Severity
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.model import BillingSlot, Released
from billproof.invoicing.series import Series
from billproof.masterdata.meters import Aggregation
from billproof.money import Rounding
from billproof.periods import Period, cut_off, local_months
from billproof.pipeline.aggregating import aggregate_usage
from billproof.ports import Document, Key
from billproof.pricing.model import PricedLine
from billproof.proof.service import prove_run
from billproof.usage.buckets import Buckets
from billproof.usage.ingestion import Message, ingest_usage
from tests.support.late_usage import FEB, JAN, MAR, RUN_DAYS, bill, differences, tiered_world
from tests.support.levels import LEVEL
from tests.support.world import ACCEPTANCE, INC, World, flight


def test_late_usage_is_billed_on_the_next_invoice_at_its_own_tier_position() -> None:
    world = tiered_world()
    world.ingest([flight(n) for n in range(1, 5)])  # 3 x 1.00 + 1 x 0.40
    january = bill(world, JAN)
    assert january.totals.net.text == "8.60"  # 5.00 committed, 4 miles-lines of 1.00 less 10 %
    world.ingest([flight(n) for n in range(5, 8)])  # three more of January: 0.40 each, in the second tier
    february = bill(world, FEB)
    assert differences(february) == {
        "difference:flights:2013-01": "1.20",
        "difference:miles:2013-01:EWR": "3.00",
        "difference:off:miles:2013-01:EWR": "-0.30",
        "difference:least:2013-01": "-1.20",
    }
    line = next(line.priced for line in february.lines if line.priced.id == "difference:flights:2013-01")
    assert (str(line.quantity), line.service_period.name) == ("3", JAN)
    assert line.adjusts is not None
    assert (line.adjusts.period, line.adjusts.numbers) == (JAN, ("SKY-US-2013-000001",))
    assert february.events.late == 3


def test_nothing_is_billed_twice_when_more_comes_and_when_runs_repeat() -> None:
    world = tiered_world()
    bill(world, JAN)
    world.ingest([flight(1)])
    first = bill(world, FEB)
    again = world.bill(period=FEB)
    assert (again.changed_after_release, again.already_released) == (0, 1)
    world.ingest([flight(2), flight(1)])  # one that is new, one that was billed
    march = bill(world, MAR)
    assert differences(first)["difference:miles:2013-01:EWR"] == "1.00"
    assert differences(march)["difference:miles:2013-01:EWR"] == "1.00"
    statement = world.bill(period=MAR)
    assert (statement.late_events.metered, statement.late_events.duplicate, statement.late_events.copies) == (1, 1, 2)
    world.moment = RUN_DAYS[MAR] + timedelta(days=1)
    assert differences(bill(world, MAR)) == differences(march)


def test_a_month_in_which_nothing_is_in_force_is_still_looked_at_where_a_later_one_has_an_invoice() -> None:
    """It bills nothing of January: the next run of a later month does. Its own usage is nobody's, and is found."""
    world = tiered_world()
    contract = world.directory.contracts("UA")[-1]
    over = {"version": 3, "effective": contract.effective.model_copy(update={"end": date(2013, 2, 1)})}
    world.publish(contract.model_copy(update=over))
    world.ingest([flight(1)])
    bill(world, JAN)
    world.ingest([flight(2)])
    assert differences(bill(world, MAR))["difference:miles:2013-01:EWR"] == "1.00"
    world.moment += timedelta(days=1)
    world.ingest([flight(3), flight(4, day="2013-02-10")])
    statement = world.bill(period=FEB)
    assert (statement.events.orphan, statement.late_events.metered) == (1, 0)
    assert "orphan_usage" in {finding.code for finding in statement.findings}
    world.moment += timedelta(days=30)
    assert world.bill(period="2013-04").late_events.metered == 1


def test_an_invoice_that_is_still_held_takes_late_usage_itself() -> None:
    world = tiered_world()
    world.ingest([flight(9, type="flight.cancelled")])
    (contract,) = world.directory.contracts("UA")[-1:]
    world.publish(contract.model_copy(update={"version": 3, "exclusions": ()}))
    world.moment = RUN_DAYS[JAN]
    assert world.bill().held == 1  # nobody says what a cancelled flight costs
    world.ingest([flight(1)])
    assert differences(bill(world, FEB)) == {}
    world.publish(contract.model_copy(update={"version": 4}))
    assert bill(world, JAN).events.billed == 1


def test_two_runs_that_compete_for_a_difference_bill_it_once() -> None:
    world = tiered_world()
    bill(world, JAN)
    world.ingest([flight(1)])
    plans = {}
    for period in (FEB, MAR):  # both are planned before either releases: they failed, and are redriven later
        world.moment = RUN_DAYS[MAR]
        run_id = world.start(period=period)
        plans[run_id] = world.plan(run_id, period=period)
        world.billing_runs.statuses[run_id] = "FAILED"
    for run_id, plan in plans.items():
        for bucket in plan.buckets:
            aggregate_usage(run_id=run_id, bucket=bucket, objects=world.objects)
        for batch in plan.batches:
            world.invoice_batch(run_id, batch)
    assert differences(world.invoice(f"{INC}.{FEB}.UA"))
    facts = world.register.facts(f"{INC}.{MAR}.UA")
    assert facts is not None
    assert facts.held is not None
    assert facts.held.findings[-1].code == "late_usage_billed_elsewhere"
    for run_id in plans:
        world.billing_runs.statuses[run_id] = "SUCCEEDED"
    assert differences(bill(world, MAR)) == {}


def test_the_proof_holds_over_late_usage_and_sees_what_was_billed_change() -> None:
    world = tiered_world()
    world.ingest([flight(1)])
    bill(world, JAN)
    world.ingest([flight(2), flight(3, corrects="2013-01-05:UA:1")])
    bill(world, FEB)
    for period in (JAN, FEB):
        world.post_all(period=period)
    stores = world.stores()
    for period in (JAN, FEB):
        proof = prove_run(f"{INC}-{period}-001", stores=stores)
        assert proof.differences == ()
    assert prove_run(f"{INC}-{FEB}-001", stores=stores).checked.events == 2


@pytest.mark.long
@settings(max_examples=8 * LEVEL, deadline=None)
@given(
    parts=st.lists(st.lists(st.integers(0, 60), max_size=5), min_size=3, max_size=3),
)
def test_a_period_billed_in_parts_comes_to_what_it_comes_to_in_one(parts: list[list[int]]) -> None:
    """January's usage arrives before its run, before February's and before March's: the sum is that of one invoice."""

    def january_net(*arrivals: list[int]) -> Decimal:
        world = tiered_world()
        nets: list[PricedLine] = []
        number = 0
        for period, miles in zip((JAN, FEB, MAR), arrivals, strict=True):
            events = []
            for distance in miles:
                number += 1
                events.append(flight(number, data={"distance": str(distance)}))
            world.ingest(events)
            nets += [line.priced for line in bill(world, period).lines if (line.priced.service_period.name == JAN)]
        return sum((line.net.amount for line in nets), Decimal(0))

    assert january_net(*parts) == january_net([miles for part in parts for miles in part], [], [])


def test_cut_off_and_marks_ask_the_same_function() -> None:
    grace = timedelta(hours=24)
    assert cut_off(Period.month(JAN), grace) == datetime(2013, 2, 2, 12, tzinfo=UTC)
    assert [month.name for month in local_months(datetime(2013, 1, 31, 9, tzinfo=UTC))] == [JAN]
    assert [month.name for month in local_months(datetime(2013, 2, 1, 11, tzinfo=UTC))] == [JAN, FEB]
    assert [month.name for month in local_months(datetime(2013, 1, 31, 10, tzinfo=UTC))] == [JAN, FEB]


def test_an_event_in_time_leaves_no_mark() -> None:
    world = tiered_world()
    world.moment = datetime(2013, 2, 2, 11, tzinfo=UTC)
    world.ingest([flight(1)])
    assert not list(world.objects.keys("late/"))
    world.moment = RUN_DAYS[JAN]
    world.ingest([flight(2)])
    assert [key.split("/")[2:4] for key in world.objects.keys("late/")] == [["UA", JAN]]


def test_an_event_that_waited_in_the_queue_while_its_month_was_run_is_billed_with_the_next() -> None:
    """It was received in time, and no run saw it: its mark carries the moment it was written."""
    world = tiered_world()
    bill(world, JAN)
    sent = RUN_DAYS[JAN] - timedelta(minutes=5)
    message = Message(id="waited", body=json.dumps([flight(1)]), sent_at=sent)
    ingest_usage(
        [message],
        objects=world.objects,
        reference_data=world.reference_data,
        buckets=Buckets((1,)),
        acceptance=ACCEPTANCE,
    )
    assert differences(bill(world, FEB))["difference:miles:2013-01:EWR"] == "1.00"


def test_a_meter_that_measures_another_thing_now_holds_the_difference() -> None:
    world = tiered_world()
    world.ingest([flight(1), flight(2)])
    bill(world, JAN)
    (meter,) = [each for each in world.directory.meters() if each.id == "miles_tracked"]
    world.publish(meter.model_copy(update={"version": 2, "name": "Miles"}))  # another name measures the same
    world.ingest([flight(3)])
    world.moment = RUN_DAYS[FEB]
    run_id = world.start(period=FEB)
    world.plan(run_id, period=FEB)
    world.billing_runs.statuses[run_id] = "SUCCEEDED"
    world.publish(meter.model_copy(update={"version": 3, "aggregation": Aggregation.MAX}))
    statement = world.bill(period=FEB)
    held = [finding.code for finding in statement.findings if finding.severity is Severity.BLOCKING]
    assert held == ["meter_changed"]
    assert world.register.released(f"{INC}.{FEB}.UA") is None
    world.publish(meter.model_copy(update={"version": 4}))
    assert differences(bill(world, FEB))["difference:miles:2013-01:EWR"] == "1.00"


def test_a_rounding_that_changed_since_makes_no_difference() -> None:
    world = tiered_world()
    world.ingest([flight(1, data={"distance": "5"})])  # 0.005
    bill(world, JAN)
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": 2, "rounding": Rounding.HALF_EVEN}))
    world.ingest([flight(1, data={"distance": "5"})])
    assert differences(bill(world, FEB)) == {}


def test_two_processes_that_release_the_same_invoice_both_know_its_release(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.bill()
    released = world.register.released(f"{INC}.{JAN}.UA")
    assert released is not None
    late = Candidate(f"{INC}.{FEB}.UA", released.document, slots=(BillingSlot(period=JAN, ordinal=1),))
    series = Series(entity=INC, prefix="SKY-US", issue_date=date(2013, 3, 1))

    def release() -> dict[str, Released]:
        return world.register.release([late], series=series, period=Period.month(FEB), run=f"{INC}-{FEB}-001")

    get = world.records["invoices"].get

    def while_another_releases(key: Key) -> Document | None:
        found = get(key)
        if found is None:
            monkeypatch.undo()
            release()
        return found

    monkeypatch.setattr(world.records["invoices"], "get", while_another_releases)
    first = release()
    assert list(first) == [late.invoice]
    assert first == release()
