"""The schedule starts the runs of every legal entity: each month once, oldest first, after its cut-off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billproof.errors import Contended, ExternalServiceUnavailable
from billproof.pipeline.starting import start_billing_run, start_due_runs
from tests.support.world import EUROPE, GRACE, INC, JANUARY, NOW, World


def start_due(world: World, now: datetime, grace: timedelta = GRACE) -> list[str]:
    started = start_due_runs(
        records=world.runs, workflows=world.billing_runs, directory=world.directory, now=now, grace=grace
    )
    return [run.run_id for run in started]


def test_the_schedule_starts_the_newest_month_of_every_legal_entity_that_has_no_run_yet() -> None:
    world = World()
    assert start_due(world, NOW) == ["skymeter-europe-2013-01-001", "skymeter-inc-2013-01-001"]
    assert start_due(world, NOW) == []


# January ends in the last time zone on 1 February at 12:00 UTC.
@pytest.mark.parametrize(
    ("grace_hours", "still", "then"),
    [
        (0, datetime(2013, 2, 1, 11, 59, tzinfo=UTC), datetime(2013, 2, 1, 12, tzinfo=UTC)),
        (24, datetime(2013, 2, 2, 11, 59, tzinfo=UTC), datetime(2013, 2, 2, 12, tzinfo=UTC)),
        (72, datetime(2013, 2, 4, 11, 59, tzinfo=UTC), datetime(2013, 2, 4, 12, tzinfo=UTC)),
        (720, datetime(2013, 3, 3, 11, 59, tzinfo=UTC), datetime(2013, 3, 3, 12, tzinfo=UTC)),
    ],
)
def test_a_run_starts_when_its_grace_is_over_and_not_before(grace_hours: int, still: datetime, then: datetime) -> None:
    world, grace = World(), timedelta(hours=grace_hours)
    assert start_due(world, still, grace) == ["skymeter-europe-2012-12-001", "skymeter-inc-2012-12-001"]
    world.billing_runs.statuses = dict.fromkeys(world.billing_runs.executions, "SUCCEEDED")
    assert start_due(world, then, grace) == ["skymeter-europe-2013-01-001", "skymeter-inc-2013-01-001"]


def test_months_that_a_silent_schedule_passed_over_are_made_up_for_oldest_first() -> None:
    world = World()
    start_due(world, datetime(2013, 2, 3, tzinfo=UTC))
    world.billing_runs.statuses = dict.fromkeys(world.billing_runs.executions, "SUCCEEDED")
    caught_up = catch_up(world, datetime(2013, 5, 3, tzinfo=UTC), hours=4)
    assert caught_up == [f"{INC}-2013-{month}-001" for month in ("02", "03", "04")]


def catch_up(world: World, now: datetime, hours: int) -> list[str]:
    """Return the runs that the schedule starts in some hours, each of which ends before the next."""
    caught_up = []
    for hour in range(hours):
        world.billing_runs.statuses = dict.fromkeys(world.billing_runs.executions, "SUCCEEDED")
        caught_up += [run for run in start_due(world, now + timedelta(hours=hour)) if INC in run]
    return caught_up


@pytest.mark.parametrize("year", [2014, 2016, 2022])
def test_a_legal_entity_that_is_years_behind_catches_up_with_every_month_in_order(year: int) -> None:
    world = World()
    start_due(world, datetime(2013, 2, 3, tzinfo=UTC))
    now = datetime(year, 2, 3, tzinfo=UTC)
    caught_up = catch_up(world, now, hours=12 * (year - 2013) + 1)
    months = [f"{begun}-{month:02d}" for begun in range(2013, year + 1) for month in range(1, 13)]
    assert caught_up == [f"{INC}-{month}-001" for month in months if "2013-01" < month < f"{year}-02"]
    assert [run for run in start_due(world, now + timedelta(days=1)) if INC in run] == []


def test_a_failed_run_and_one_by_hand_are_not_started_again_by_the_schedule() -> None:
    world = World()
    world.start()
    world.billing_runs.statuses[f"{INC}-2013-01-001"] = "FAILED"
    assert start_due(world, NOW) == ["skymeter-europe-2013-01-001"]


def test_a_run_of_some_accounts_is_no_run_of_the_month() -> None:
    world = World()
    first = start_billing_run(
        legal_entity=INC,
        period=JANUARY,
        records=world.runs,
        workflows=world.billing_runs,
        directory=world.directory,
        now=NOW,
        grace=GRACE,
        only_accounts=["UA"],
    )
    world.billing_runs.statuses[first.run_id] = "SUCCEEDED"
    assert f"{INC}-2013-01-002" in start_due(world, NOW)


def test_a_run_whose_scheduled_starter_died_is_started_the_next_hour() -> None:
    world = World()
    start_due(world, NOW)
    del world.billing_runs.executions[f"{INC}-2013-01-001"]
    world.billing_runs.statuses.pop(f"{INC}-2013-01-001", None)
    assert start_due(world, NOW) == [f"{INC}-2013-01-001"]


def test_an_older_month_whose_starter_died_is_started_before_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(**_arguments: object) -> bool:
        raise TimeoutError

    world = World()
    start_due(world, NOW)
    world.billing_runs.statuses = dict.fromkeys(world.billing_runs.executions, "SUCCEEDED")
    monkeypatch.setattr(world.billing_runs, "start", die)
    with pytest.raises(ExceptionGroup):
        start_due(world, datetime(2013, 4, 3, tzinfo=UTC))
    monkeypatch.undo()
    assert catch_up(world, datetime(2013, 4, 3, 1, tzinfo=UTC), hours=3) == [f"{INC}-2013-02-001", f"{INC}-2013-03-001"]


def test_one_legal_entity_in_trouble_does_not_stop_the_next() -> None:
    world = World()
    for partner in ("another", "better"):
        world.publish(world.directory.legal_entity(INC).model_copy(update={"id": partner}))
    begin = world.billing_runs.start

    def fails_for_two(*, name: str, document: Any) -> bool:
        if document["legal_entity"] in {"another", EUROPE}:
            message = f"no answer for {name}"
            raise Contended(message)
        return begin(name=name, document=document)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.billing_runs, "start", fails_for_two)
        with pytest.raises(
            ExternalServiceUnavailable, match=r"2 of 4 failed.*another: no answer.*skymeter-europe: no answer"
        ):
            start_due(world, NOW)
    assert set(world.billing_runs.executions) == {"better-2013-01-001", f"{INC}-2013-01-001"}
    assert start_due(world, NOW) == ["another-2013-01-001", "skymeter-europe-2013-01-001"]
