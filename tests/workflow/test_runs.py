"""A run is started once, planned into batches, and closed when all of them are there."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from billproof.errors import Contended, InvalidPeriod, NotFound
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.closing import read_statement
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import plan_billing_run
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes
from billproof.pipeline.starting import StartedRun, run_ids, start_billing_run
from billproof.reconciliation.service import reconcile_all
from billproof.usage import log
from billproof.usage.buckets import Buckets
from tests.support.world import EUROPE, GRACE, INC, JANUARY, NOW, REQUESTER, World, flight


def test_a_run_is_named_after_what_it_bills() -> None:
    world = World()
    assert world.start() == "skymeter-inc-2013-01-001"
    assert world.billing_runs.executions["skymeter-inc-2013-01-001"] == {
        "run_id": "skymeter-inc-2013-01-001",
        "legal_entity": INC,
        "period": JANUARY,
        "requested_by": REQUESTER,
        "only_accounts": [],
    }


def test_a_run_that_is_under_way_is_not_started_again() -> None:
    world = World()
    assert world.start() == world.start()
    assert len(world.billing_runs.executions) == 1
    world.billing_runs.statuses["skymeter-inc-2013-01-001"] = "FAILED"
    assert world.start() == "skymeter-inc-2013-01-002"
    assert run_ids(world.runs, INC, JANUARY) == ["skymeter-inc-2013-01-001", "skymeter-inc-2013-01-002"]


def test_a_starter_that_died_before_it_started_is_made_good() -> None:
    world = World()
    world.start()
    world.billing_runs.executions.clear()
    world.billing_runs.statuses.clear()
    assert world.start() == "skymeter-inc-2013-01-001"
    assert len(world.billing_runs.executions) == 1


def test_a_closed_run_is_over_for_ever_though_its_execution_is_forgotten() -> None:
    world = World()
    world.bill()
    world.billing_runs.statuses.clear()  # as Step Functions does after 90 days
    world.billing_runs.executions.clear()
    assert world.start() == "skymeter-inc-2013-01-002"
    assert list(world.billing_runs.executions) == ["skymeter-inc-2013-01-002"]


@pytest.mark.parametrize(("days", "run"), [(89, "skymeter-inc-2013-01-001"), (90, "skymeter-inc-2013-01-002")])
def test_a_run_that_failed_before_executions_were_forgotten_keeps_its_artefacts(days: int, run: str) -> None:
    world = World()
    world.start()
    world.billing_runs.statuses.clear()
    world.billing_runs.executions.clear()
    world.moment += timedelta(days=days)
    assert world.start() == run


def test_starters_that_keep_colliding_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(world.runs, "create_all", lambda _records: False)
    with pytest.raises(Contended):
        world.start()


@pytest.mark.parametrize(("entity", "period", "error"), [("nobody", JANUARY, NotFound), (INC, "2013", InvalidPeriod)])
def test_what_cannot_be_billed_is_not_started(entity: str, period: str, error: type[Exception]) -> None:
    world = World()
    with pytest.raises(error):
        start_billing_run(
            legal_entity=entity,
            period=period,
            records=world.runs,
            workflows=world.billing_runs,
            directory=world.directory,
            now=NOW,
            grace=GRACE,
        )


def test_batches_lie_within_buckets_and_hold_every_account_once() -> None:
    world = World(buckets=4, batch_size=2)
    plan = world.plan(world.start())
    assert plan.accounts == 13
    assert all(int(batch.split("-")[0]) in plan.buckets for batch in plan.batches)
    assert len(plan.batches) == len(set(plan.batches)) >= 7


def test_a_legal_entity_without_accounts_has_nothing_to_bill() -> None:
    world = World()
    world.publish(world.directory.legal_entity(INC).model_copy(update={"id": "empty"}))
    planned = plan_billing_run(
        PlanRequest(run_id="empty-2013-01-001", legal_entity="empty", period=JANUARY, requested_by="carla"),
        ports=PlanPorts(world.directory, world.register, world.objects, world.runs),
        sizes=RunSizes(buckets=Buckets((1,)), batch_size=1, max_concurrency=1),
        now=NOW,
    )
    assert (planned.outcome, planned.accounts) == ("nothing_to_bill", 0)
    assert world.close("empty-2013-01-001").outcome == "closed"


def test_an_account_without_a_profile_is_held_not_left_out() -> None:
    world = World()
    for key in [key for key in world.records["contracts"].items if key.partition == "account#UA"]:
        del world.records["contracts"].items[key]
    statement = world.bill()
    assert [finding.code for finding in statement.findings if finding.account == "UA"] == ["internal_error"]


def test_a_missing_batch_keeps_the_run_open() -> None:
    world = World(buckets=4)
    run_id = world.start()
    plan = world.plan(run_id)
    for bucket in plan.buckets:
        aggregate_usage(run_id=run_id, bucket=bucket, objects=world.objects)
    world.check(run_id)
    for batch in plan.batches[1:]:
        world.invoice_batch(run_id, batch)
    closed = world.close(run_id)
    assert (closed.outcome, closed.missing) == ("incomplete", (plan.batches[0],))
    assert closed.missing_key is not None
    assert json.loads(world.objects.get(closed.missing_key)) == [{"run_id": run_id, "batch_id": plan.batches[0]}]
    with pytest.raises(NotFound):
        read_statement(world.objects, run_id)
    world.invoice_batch(run_id, plan.batches[0])
    assert world.close(run_id).outcome == "closed"
    assert world.close(run_id).outcome == "closed"


def test_the_statement_accounts_for_every_event() -> None:
    world = World()
    world.ingest([flight(1), flight(2, type="flight.cancelled"), flight(3, account="B6"), flight(4, account="DL")])
    world.ingest([flight(1), flight(1, data={"distance": "1"})])
    world.ingest(
        [
            flight(5, data={"distance": "-1"}),
            flight(6, account="ZZ"),
            {"no": "event"},
            flight(7, account="DL", data={"distance": "-1"}),
        ]
    )
    statement = world.bill()
    events = statement.events
    assert events.copies == events.metered + events.excluded + events.orphan + events.duplicate + events.conflicting
    assert (events.metered, events.excluded, events.duplicate, events.conflicting) == (2, 1, 1, 1)
    assert (statement.quarantined, statement.quarantined_unattributed) == (1, 0)
    of_no_account = world.bill(EUROPE).quarantine[1:]  # the first legal entity looks after what nobody claims
    assert [(place.kind, place.events) for place in of_no_account] == [("source", 1)]  # one was received in February
    assert statement.totals["USD"].invoices == 13
    assert [finding.code for finding in statement.findings] == ["usage_in_quarantine"]
    reasons = [refused.reason for refused in log.read_quarantine(world.objects, "2013-01-05")]
    assert reasons.count("conflicting_duplicate") == 1


def test_reconciling_without_a_period_takes_the_last_whole_month_of_everyone() -> None:
    world = World()
    for entity in (INC, EUROPE):
        world.bill(entity)
        world.post_all(entity)
    sources = world.reconciliation_sources()
    result = reconcile_all(legal_entity=None, period=None, now=NOW, sources=sources)
    assert (result.outcome, result.reconciled) == (
        "balanced",
        tuple(f"skymeter-{entity}.{month}" for entity in ("europe", "inc") for month in ("2012-12", "2013-01")),
    )
    world.records["ledger"].items.clear()
    result = reconcile_all(legal_entity=INC, period=JANUARY, now=NOW, sources=sources)
    assert (result.outcome, result.variances > 0) == ("variances", True)


def test_a_period_is_not_run_before_its_cut_off() -> None:
    world = World()
    world.moment = datetime(2013, 2, 2, 11, 0, tzinfo=UTC)
    with pytest.raises(InvalidPeriod, match="2013-01 still accepts usage: its cut-off is 2013-02-02 12:00 UTC"):
        world.start()


def test_a_run_of_some_accounts_is_never_passed_off_as_the_run_that_was_asked_for() -> None:
    world = World()

    def start(*accounts: str) -> StartedRun:
        return start_billing_run(
            legal_entity=INC,
            period=JANUARY,
            records=world.runs,
            workflows=world.billing_runs,
            directory=world.directory,
            now=world.now(),
            grace=GRACE,
            only_accounts=accounts,
        )

    first = start("UA")
    assert start("UA").run_id == first.run_id
    with pytest.raises(Contended, match="running for UA only"):
        start()
    del world.billing_runs.statuses[first.run_id]  # its starter died before it started it
    del world.billing_runs.executions[first.run_id]
    with pytest.raises(Contended):
        start()
    assert world.billing_runs.executions[first.run_id]["only_accounts"] == ["UA"]
    world.billing_runs.statuses[first.run_id] = "SUCCEEDED"
    assert start().run_id.endswith("-002")
