"""The boundary of a run is the list of the segments that it saw: whatever is written later is late."""

import json
from datetime import datetime, timedelta

import pytest

from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import AGGREGATION_PLAN, RUN_PLAN, Artefacts
from billproof.pipeline.closing import read_statement
from billproof.pipeline.model import RunPlan, RunStatement
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof.usage.buckets import Buckets
from billproof.usage.ingestion import Message, ingest_usage
from billproof.usage.model import AggregationPlan
from tests.support.late_usage import FEB, JAN, RUN_DAYS, bill, differences, tiered_world
from tests.support.world import ACCEPTANCE, INC, World, flight

RUN = f"{INC}-{JAN}-001"
QUEUED = RUN_DAYS[JAN] - timedelta(minutes=5)


def write(world: World, *events: dict[str, object], sent_at: datetime = QUEUED) -> None:
    """Write events to the log now that the queue received at another moment."""
    message = Message(id=f"queued-{json.dumps(events)}", body=json.dumps(events), sent_at=sent_at)
    _, failed = ingest_usage(
        [message],
        objects=world.objects,
        reference_data=world.reference_data,
        buckets=Buckets((1,)),
        acceptance=ACCEPTANCE,
    )
    assert not failed


def planned(world: World) -> RunPlan:
    world.moment = RUN_DAYS[JAN]
    return world.plan(world.start())


def finished(world: World, plan: RunPlan) -> RunStatement:
    world.check(plan.run)
    for batch in plan.batches:
        world.invoice_batch(plan.run, batch)
    assert world.close(plan.run).outcome == "closed"
    world.billing_runs.statuses[plan.run] = "SUCCEEDED"
    world.post_all()
    return read_statement(world.objects, plan.run)


def aggregation_plan(world: World) -> AggregationPlan:
    return Artefacts(world.objects).read(AGGREGATION_PLAN, RUN, "0000")


@pytest.mark.parametrize("moment", ["before the aggregation", "after the aggregation"])
def test_an_event_that_was_queued_before_the_plan_and_written_after_it_is_late(moment: str) -> None:
    world = tiered_world()
    world.ingest([flight(1)])
    plan = planned(world)
    if moment == "before the aggregation":
        write(world, flight(2))
    aggregate_usage(run_id=RUN, bucket=0, objects=world.objects)
    if moment == "after the aggregation":
        write(world, flight(2))
    assert finished(world, plan).events.metered == 1
    assert prove_run(RUN, stores=world.stores()).differences == ()
    february = bill(world, FEB)
    assert differences(february)["difference:miles:2013-01:EWR"] == "1.00"
    assert february.events.late == 1
    world.post_all(period=FEB)
    for run in (RUN, f"{INC}-{FEB}-001"):
        assert prove_run(run, stores=world.stores()).differences == ()


def test_an_event_that_was_written_before_the_plan_is_billed_whatever_the_clocks_say() -> None:
    """The queue's clock is ahead of the planner's: what lies in the log is of the run."""
    world = tiered_world()
    write(world, flight(1), sent_at=RUN_DAYS[JAN] + timedelta(hours=1))
    assert bill(world, JAN).events.billed == 1
    assert differences(bill(world, FEB)) == {}


def test_a_repeated_run_counts_what_was_written_after_the_first_as_late() -> None:
    world = tiered_world()
    world.ingest([flight(1)])
    bill(world, JAN)
    write(world, flight(2))
    again = world.bill()
    assert (again.events.metered, again.events.late, again.changed_after_release) == (1, 1, 0)
    assert bill(world, FEB).events.late == 1
    third = world.bill(period=JAN)
    assert (third.events.metered, third.events.late, third.changed_after_release) == (1, 1, 0)


def test_a_copy_that_was_received_first_and_written_last_changes_no_released_invoice() -> None:
    """The first one received counts: the next run bills the difference, a repeated one changes nothing."""
    world = tiered_world()
    write(world, flight(1, data={"distance": "500"}))
    bill(world, JAN)
    write(world, flight(1), sent_at=QUEUED - timedelta(hours=1))
    again = world.bill()
    assert (again.events.metered, again.events.conflicting, again.changed_after_release) == (1, 1, 0)
    assert differences(bill(world, FEB))["difference:miles:2013-01:EWR"] == "0.50"
    assert world.bill(period=JAN).changed_after_release == 0


@pytest.mark.parametrize("kind", ["segment", "list"])
def test_a_proof_names_what_the_run_read_and_what_is_gone(kind: str) -> None:
    world = tiered_world()
    world.ingest([flight(1)])
    bill(world, JAN)
    world.post_all()
    keys = [key for key in world.objects.items if key.startswith("usage/")]
    gone = keys[0] if kind == "segment" else aggregation_plan(world).manifest
    del world.objects.items[gone]
    found = prove_run(RUN, stores=world.stores()).differences
    assert (DifferenceKind.SEGMENT, gone) in [(each.kind, each.where) for each in found]


def test_a_run_that_is_planned_again_has_a_list_of_its_own() -> None:
    world = tiered_world()
    world.ingest([flight(1)])
    planned(world)
    first = aggregation_plan(world).manifest
    world.ingest([flight(2)])
    world.plan(RUN)
    assert aggregation_plan(world).manifest != first
    aggregate_usage(run_id=RUN, bucket=0, objects=world.objects)
    assert finished(world, Artefacts(world.objects).read(RUN_PLAN, RUN)).events.metered == 2
