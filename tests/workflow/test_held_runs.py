"""Runs that wait for a person: what they are worth, and what becomes of them when they run again."""

import pytest

from billproof.pipeline.aggregating import aggregate_usage
from tests.support.completeness import RUN, check, control_total
from tests.support.world import EUROPE, INC, World, flight


def test_a_held_run_is_planned_again_and_sees_what_arrived() -> None:
    world = World()
    world.ingest([flight(1), control_total(2)])
    assert check(world).outcome == "incomplete"
    case = f"{INC}.2013-01._run.001-01"
    assert check(world).outcome == "incomplete"  # the step is repeated: still one case
    assert [each.opened.id for each in world.exception_store.of_period(INC, "2013-01")] == [case]
    answer = world.decide(case, "rejected", "ana", "the source sends it again")
    assert answer.outcome == "decided"
    world.wait(case, "t")
    assert world.tokens.answers["t"] == {"exception": case, "kind": "run", "decision": "rejected"}
    assert check(world).outcome == "incomplete"
    second = f"{INC}.2013-01._run.001-02"
    assert world.exception_store.state(second).status == "open"
    world.ingest([flight(2)])
    assert check(world).outcome == "complete"


@pytest.mark.parametrize(("entity", "account"), [(INC, "F9"), (INC, "WN"), (EUROPE, "AA")])
def test_what_is_missing_is_never_worth_nothing(entity: str, account: str) -> None:
    """A month of an allowance, used up to a part, does not say that the days without any usage cost nothing."""
    world = World()
    world.ingest([flight(day, account=account, day=f"2013-01-{day:02d}") for day in range(1, 9)])
    found = check(world, f"{entity}-2013-01-001")
    assert {finding.code for finding in found.findings} == {"source_silent"}
    assert (found.outcome, found.amount_at_risk) == ("incomplete", None)
    case = f"{entity}.2013-01._run.001-01"
    limited = world.decide(case, "approved", "ana")
    assert (limited.outcome, "limit" in limited.message) == ("refused", True)
    assert world.decide(case, "approved", "ben").outcome == "decided"  # who has no limit


def test_a_run_that_follows_one_that_was_aborted_leaves_one_exception() -> None:
    world = World()
    world.ingest([flight(1), control_total(2)])
    first, second, third = (f"{INC}-2013-01-{number:03d}" for number in (1, 2, 3))
    assert check(world, first).outcome == "incomplete"
    world.billing_runs.statuses[first] = "ABORTED"
    assert check(world, second).outcome == "incomplete"
    states = world.exception_store.of_period(INC, "2013-01")
    assert [state.status for state in states] == ["superseded", "open"]
    assert states[0].decision is not None
    assert states[0].decision.reason == f"see run {second}"
    world.billing_runs.statuses[second] = "ABORTED"
    world.ingest([flight(2)])
    assert check(world, third).outcome == "complete"
    assert world.exception_store.waiting(INC, "2013-01") == []


def test_a_run_of_some_accounts_leaves_the_exception_of_the_month_alone() -> None:
    world = World()
    world.ingest([flight(1), control_total(2)])
    assert check(world).outcome == "incomplete"
    world.billing_runs.statuses[RUN] = "ABORTED"
    run = world.start()
    for bucket in world.plan(run, only_accounts=("UA",)).buckets:
        aggregate_usage(run_id=run, bucket=bucket, objects=world.objects)
    world.check(run)
    assert world.exception_store.state(f"{INC}.2013-01._run.001-01").status == "open"
