"""Work that is done for every legal entity: one that fails never stops the next."""

import json
from typing import Any

import pytest

from billproof.approvals.raising import open_run_exception
from billproof.erp.recognition import recognize_revenue
from billproof.errors import (
    RETRIED,
    Contended,
    ExternalServiceUnavailable,
    InvalidPeriod,
    NotFound,
    WorkFailed,
    work_apart,
)
from billproof.nets import traced, without_text
from billproof.reconciliation.parts import PartItem, join_parts, reconcile_part, write_items
from billproof.reconciliation.service import reconcile_all
from billproof.reconciliation.sums import report_key
from billproof_ops import exceptions
from billproof_ops.errors import OpsError
from billproof_ops.target import Target
from tests.support.world import EUROPE, INC, JANUARY, NOW, World, flight

FAILING = {"b", "d"}


def work(name: str) -> str:
    if name in FAILING:
        message = f"{name} is missing"
        raise NotFound(message)
    return name.upper()


@pytest.mark.parametrize(("names", "done"), [("", []), ("ac", ["A", "C"])])
def test_what_succeeds_is_returned_in_order(names: str, done: list[str]) -> None:
    assert work_apart(work, ((name, name) for name in names)) == done


def test_the_error_of_a_single_item_is_raised_as_it_is() -> None:
    with pytest.raises(NotFound, match="b is missing"):
        work_apart(work, [("b", "b")])


def test_several_are_tried_all_and_those_that_failed_are_named() -> None:
    tried: list[str] = []

    def remember(name: str) -> str:
        tried.append(name)
        return work(name)

    with pytest.raises(WorkFailed, match="2 of 4 failed, the others are done: b: b is missing; d: d is missing"):
        work_apart(remember, ((name, name) for name in "abcd"))
    assert tried == ["a", "b", "c", "d"]


@pytest.mark.parametrize("retryable", [Contended, ExternalServiceUnavailable])
def test_where_another_try_may_help_all_that_failed_the_workflow_is_told_to_try_again(
    retryable: type[ExternalServiceUnavailable],
) -> None:
    def fail(name: str) -> str:
        if name in FAILING:
            message = f"no answer for {name}"
            raise retryable(message)
        return work(name)

    said = "2 of 4 failed, the others are done: b: no answer for b; d: no answer for d"
    with pytest.raises(ExternalServiceUnavailable, match=said) as raised:
        work_apart(fail, ((name, name) for name in "abcd"))
    assert type(raised.value).__name__ in RETRIED


def test_where_another_try_helps_only_some_it_is_not_asked_for() -> None:
    def fail(name: str) -> str:
        if name == "a":
            message = "no answer"
            raise ExternalServiceUnavailable(message)
        return work(name)

    with pytest.raises(WorkFailed, match="2 of 2 failed, the others are done: a: no answer; b: b is missing"):
        work_apart(fail, [("a", "a"), ("b", "b")])


def test_what_failed_is_logged_with_where_each_was_raised_and_without_what_is_not_ours() -> None:
    def fail(name: str) -> str:
        if name == "a":
            message = "12 Main St"
            raise ValueError(message)
        return work(name)

    with pytest.raises(WorkFailed) as raised:
        work_apart(fail, [("a", "a"), ("b", "b")])
    told = traced(raised.value)
    assert "WorkFailed: 2 of 2 failed, the others are done: a: ValueError; b: b is missing" in told
    assert ("in fail" in told, "NotFound (not_found): b is missing" in told, "Main St" in told) == (True, True, False)
    assert "Main St" not in str(without_text(raised.value, "t"))


def ports(world: World) -> dict[str, Any]:
    return {"directory": world.directory, "register": world.register, "erps": world.erps, "objects": world.objects}


def test_a_legal_entity_that_cannot_be_reconciled_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    of_period = world.register.of_period

    def fails_in_europe(legal_entity: str, period: str) -> Any:
        if legal_entity == EUROPE:
            message = "no answer"
            raise NotFound(message)
        return of_period(legal_entity, period)

    monkeypatch.setattr(world.register, "of_period", fails_in_europe)
    with pytest.raises(WorkFailed, match=r"2 of 4 failed.*skymeter-europe 2012-12: no answer; skymeter-europe 2013-01"):
        reconcile_all(legal_entity=None, period=None, now=NOW, sources=world.reconciliation_sources())
    assert list(world.objects.keys("reconciliation/")) == [report_key(INC, "2012-12"), report_key(INC, JANUARY)]


def test_a_legal_entity_whose_revenue_cannot_be_recognized_does_not_stop_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    asked: set[tuple[str, str]] = set()

    def deferred(legal_entity: str, month: str) -> list[str]:
        asked.add((legal_entity, month))
        if legal_entity == EUROPE:
            message = "no answer"
            raise NotFound(message)
        return []

    monkeypatch.setattr(world.register, "deferred", deferred)
    with pytest.raises(WorkFailed, match=r"1 of 2 failed.*skymeter-europe: no answer"):
        recognize_revenue(legal_entity=None, month=None, now=NOW, **ports(world))
    first, *months = ("2012-10", "2012-11", "2012-12", JANUARY)
    assert asked == {(EUROPE, first), (INC, first), *((INC, month) for month in months)}
    with pytest.raises(InvalidPeriod):
        recognize_revenue(legal_entity=INC, month="2099-01", now=NOW, **ports(world))


def test_the_exception_of_a_run_has_no_workflow_of_its_own_to_start_again() -> None:
    world = World()
    run = f"{INC}-{JANUARY}-001"
    opened = open_exception(world, run)

    class Stack(Target):
        ports: Any = world

    with pytest.raises(OpsError, match=f"billproof run redrive {run}"):
        exceptions.restart(Stack(outputs={}), opened)


def test_waits_that_an_emulator_ended_go_on_and_so_does_what_was_approved_meanwhile() -> None:
    """Two invoices are held and one of them is approved; the emulator stops, which fails both of their executions."""
    world = World(accounts={"UA", "EV"})
    for account in ("UA", "EV"):
        world.publish(world.directory.contracts(account)[0].model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, type="flight.cancelled"), flight(1, account="EV", type="flight.cancelled")])
    world.bill()

    class Stack(Target):
        ports: Any = world

        def machine(self, _: str) -> Any:
            return world.exceptions

    stack = Stack(outputs={})
    started = dict(world.exceptions.executions)
    world.exceptions.statuses.update(dict.fromkeys(started, "RUNNING"))
    assert exceptions.resume_waits(stack) == 0
    assert world.decide(f"{INC}.{JANUARY}.UA.001", "approved", "ben").outcome == "decided"
    world.exceptions.statuses.update(dict.fromkeys(started, "FAILED"))
    assert exceptions.resume_waits(stack) == 2
    begun = {name: document for name, document in world.exceptions.executions.items() if name not in started}
    assert begun == {f"{name}-1": document for name, document in started.items()}
    world.exceptions.statuses.update(dict.fromkeys(begun, "RUNNING"))
    assert exceptions.resume_waits(stack) == 0
    assert world.apply(f"{INC}.{JANUARY}.UA.001").outcome == "released"
    world.exceptions.statuses.update(dict.fromkeys(begun, "FAILED"))
    assert exceptions.resume_waits(stack) == 1  # what is released waits for nothing


def open_exception(world: World, run: str) -> str:
    opened = open_run_exception(
        run_id=run,
        legal_entity=INC,
        period=JANUARY,
        requested_by="carla",
        amount=None,
        findings=(),
        exception_store=world.exception_store,
        now=NOW,
    )
    return opened.id


def test_a_part_that_was_not_reconciled_in_its_round_is_missed_and_stops_no_other_month() -> None:
    world = World()
    months = [(INC, JANUARY), (EUROPE, JANUARY)]
    for moment in ("earlier", "now"):
        key = write_items(months, moment, world.objects)
        for item in map(PartItem.model_validate, json.loads(world.objects.get(key))):
            if (moment, item.legal_entity, item.part) != ("now", INC, 3):
                reconcile_part(item, world.reconciliation_sources())
    with pytest.raises(WorkFailed, match=r"1 of 2 failed.*part 3 of skymeter-inc 2013-01 was not reconciled"):
        join_parts(key, world.reconciliation_sources())
    assert list(world.objects.keys("reconciliation/")) == [report_key(EUROPE, JANUARY)]
