"""Runs of one legal entity take turns: two months at once would bill the same usage."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billproof.errors import Contended
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import RUN_PLAN, Artefacts
from billproof.pipeline.redriving import note_redrive
from billproof.pipeline.starting import refuse_while_another_runs, start_due_runs
from billproof.ports import Record
from tests.support.playing import played_once
from tests.support.world import EUROPE, GRACE, INC, JANUARY, World, flight

FEBRUARY, MARCH = "2013-02", "2013-03"
ACCOUNTS = ("UA", "B6", "DL", "AA", "US", "FL", "HA")


@pytest.fixture
@played_once
def world() -> World:
    """January is billed; of it two accounts have late usage, and all have usage of February and March."""
    world = World()
    world.ingest([flight(number, account=account) for account in ACCOUNTS for number in (1, 2)])
    world.bill()
    world.moment = datetime(2013, 4, 2, 12, tzinfo=UTC)
    world.ingest([flight(7, account=account) for account in ACCOUNTS[:2]])
    world.ingest([flight(1, account=account, day=f"{month}-05") for account in ACCOUNTS for month in (FEBRUARY, MARCH)])
    return world


def finish(world: World, run_id: str) -> None:
    for bucket in Artefacts(world.objects).read(RUN_PLAN, run_id).buckets:
        aggregate_usage(run_id=run_id, bucket=bucket, objects=world.objects)
    world.check(run_id)
    for batch in Artefacts(world.objects).read(RUN_PLAN, run_id).batches:
        world.invoice_batch(run_id, batch)
    assert world.close(run_id).outcome == "closed"
    world.billing_runs.statuses[run_id] = "SUCCEEDED"


def codes(world: World, period: str) -> dict[str, list[str]]:
    found = {}
    for facts in world.register.of_period(INC, period):
        if facts.held is not None and facts.released is None:
            found[facts.account] = [each.code for each in facts.held.findings if each.code.endswith("_elsewhere")]
    return {account: of_account for account, of_account in found.items() if of_account}


@pytest.mark.parametrize(("first", "second"), [(FEBRUARY, MARCH), (MARCH, FEBRUARY)])
def test_the_second_month_is_refused_until_the_first_has_ended_and_then_nothing_is_held(
    world: World, first: str, second: str
) -> None:
    run = world.start(period=first)
    world.plan(run, period=first)
    with pytest.raises(Contended, match=f"{run} is under way"):
        world.start(period=second)
    assert world.start(EUROPE, FEBRUARY) == f"{EUROPE}-{FEBRUARY}-001"  # another legal entity has turns of its own
    finish(world, run)
    next_run = world.start(period=second)
    world.plan(next_run, period=second)
    finish(world, next_run)
    assert codes(world, first) == codes(world, second) == {}


def test_a_run_that_failed_does_not_stop_the_next_month_and_is_redriven_after_it(world: World) -> None:
    failed = world.start(period=FEBRUARY)
    world.billing_runs.statuses[failed] = "FAILED"
    later = world.start(period=MARCH)
    with pytest.raises(Contended):
        refuse_while_another_runs(world.runs, INC, FEBRUARY, world.billing_runs, world.now())
    world.billing_runs.statuses[later] = "SUCCEEDED"
    refuse_while_another_runs(world.runs, INC, FEBRUARY, world.billing_runs, world.now())


@pytest.mark.parametrize("month", [JANUARY, MARCH])
def test_a_run_that_was_redriven_after_later_ones_is_waited_for(world: World, month: str) -> None:
    failed = world.start(period=FEBRUARY)
    world.billing_runs.statuses[failed] = "FAILED"
    later = world.start(period=MARCH)
    world.plan(later, period=MARCH)
    finish(world, later)
    world.billing_runs.statuses[failed] = "RUNNING"  # redriven
    with pytest.raises(Contended, match=f"{failed} is under way"):
        world.start(period=month)


def test_a_run_is_not_redriven_while_the_next_one_of_its_month_is_under_way(world: World) -> None:
    failed = world.start(period=FEBRUARY)
    world.billing_runs.statuses[failed] = "FAILED"
    again = world.start(period=FEBRUARY)
    with pytest.raises(Contended, match=f"{again} is under way"):
        refuse_while_another_runs(world.runs, INC, FEBRUARY, world.billing_runs, world.now())


def test_of_two_starts_at_the_same_moment_one_gets_the_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    create_all = world.runs.create_all

    def after_the_other(records: list[Record]) -> bool:
        monkeypatch.undo()
        world.start(period=MARCH)
        return create_all(records)

    monkeypatch.setattr(world.runs, "create_all", after_the_other)
    with pytest.raises(Contended, match=f"{INC}-{MARCH}-001 is under way"):
        world.start(period=FEBRUARY)


def redrive(world: World, run_id: str) -> None:
    """What the operator's command does."""
    note_redrive(world.runs, INC, run_id, world.now())
    refuse_while_another_runs(world.runs, INC, FEBRUARY, world.billing_runs, world.now())
    world.billing_runs.statuses[run_id] = "RUNNING"


@pytest.mark.parametrize("month", [FEBRUARY, MARCH])
@pytest.mark.parametrize("call", ["create_all", "create"])
def test_of_a_redrive_and_a_start_in_the_same_second_one_goes_on_at_most(
    world: World, monkeypatch: pytest.MonkeyPatch, month: str, call: str
) -> None:
    """Each looked at the other before it wrote: at any of its writes the other one does all of its own."""
    failed = world.start(period=FEBRUARY)
    world.billing_runs.statuses[failed] = "FAILED"
    write = getattr(world.runs, call)

    def beside_the_other(*what: Any) -> bool:
        monkeypatch.undo()
        with contextlib.suppress(Contended):
            redrive(world, failed) if call == "create_all" else world.start(period=month)
        return bool(write(*what))

    monkeypatch.setattr(world.runs, call, beside_the_other)
    with contextlib.suppress(Contended):
        world.start(period=month) if call == "create_all" else redrive(world, failed)
    under_way = [run for run, status in world.billing_runs.statuses.items() if status == "RUNNING" and INC in run]
    assert len(under_way) == 1
    world.billing_runs.statuses[under_way[0]] = "SUCCEEDED"
    world.moment += timedelta(minutes=6)
    world.start(period=month)  # the run that was written down
    assert list(world.billing_runs.statuses.values()).count("RUNNING") == 1


def test_a_run_that_was_written_down_waits_for_one_that_is_redriven(world: World) -> None:
    failed = world.start(period=FEBRUARY)
    world.billing_runs.statuses[failed] = "FAILED"
    note_redrive(world.runs, INC, failed, world.now())
    with pytest.raises(Contended, match=f"{failed} is redriven"):
        world.start(period=MARCH)
    note_redrive(world.runs, INC, "", world.now())  # nothing came of it
    assert world.start(period=MARCH) == f"{INC}-{MARCH}-001"


def test_the_schedule_leaves_a_month_for_the_next_hour_while_another_runs(world: World) -> None:
    def hourly() -> list[str]:
        started = start_due_runs(
            records=world.runs,
            workflows=world.billing_runs,
            directory=world.directory,
            now=world.now(),
            grace=GRACE,
        )
        return [run.run_id for run in started if run.legal_entity == INC]

    assert hourly() == [f"{INC}-{FEBRUARY}-001"]
    assert hourly() == []
    world.billing_runs.statuses[f"{INC}-{FEBRUARY}-001"] = "SUCCEEDED"
    assert hourly() == [f"{INC}-{MARCH}-001"]


def test_an_invoice_whose_month_a_later_one_billed_says_so_and_is_not_called_late_usage(world: World) -> None:
    """A later month was planned when this one had no run: seen when both ran at once, with nothing late."""
    later = world.start(period=MARCH)
    world.plan(later, period=MARCH)
    world.billing_runs.statuses[later] = "FAILED"
    run = world.start(period=FEBRUARY)
    world.plan(run, period=FEBRUARY)
    world.billing_runs.statuses[run] = "FAILED"
    finish(world, later)  # redriven
    finish(world, run)
    found = codes(world, FEBRUARY)
    assert set(found) >= {"UA", "B6", "FL", "HA"}  # two of them with late usage
    assert {tuple(each) for each in found.values()} == {("month_billed_elsewhere",)}


def test_the_turns_of_a_store_of_before_begin_with_its_next_run() -> None:
    world = World()
    world.start()
    for key in [key for key in world.runs.items if key.partition.startswith("turns#")]:
        del world.runs.items[key]
    world.billing_runs.statuses[f"{INC}-{JANUARY}-001"] = "SUCCEEDED"
    assert world.start() == f"{INC}-{JANUARY}-002"
