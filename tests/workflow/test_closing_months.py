"""A month is closed where it balances, or with open points that somebody answers for."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from billproof.approvals.policy import VarianceRules
from billproof.errors import Conflict, InvalidInput, NotAllowed
from billproof.invoicing.series import Series
from billproof.periods import Period
from billproof.pipeline.month_facts import signed_off
from billproof.ports import Key, Record
from tests.support.balances import JAN
from tests.support.cash import arrival, cash_world, number_of, told, usd
from tests.support.closing import ask_to_reopen, billed, close, let_variances_wait, of_report, short_paid
from tests.support.faults import restore, snapshot
from tests.support.world import INC, World

LEAST_CALLS = 5
MARCH = datetime(2013, 3, 3, 12, tzinfo=UTC)


def test_a_month_that_balances_is_closed_by_any_person_of_the_policy_once() -> None:
    world = billed()
    signed = close(world)
    assert (signed.signed_by, signed.period, signed.open_points) == ("ana", JAN, ())
    world.moment = MARCH
    assert close(world, by="ben") == signed


def test_nobody_else_closes_or_reopens_a_month() -> None:
    world = billed()
    with pytest.raises(NotAllowed):
        close(world, by="eve")
    close(world)
    with pytest.raises(NotAllowed):
        ask_to_reopen(world, by="eve")


def test_a_month_that_was_not_reconciled_since_its_last_run_is_not_closed() -> None:
    world = cash_world(JAN)
    with pytest.raises(Conflict, match="2013-01 was not reconciled since"):
        close(world)
    world.reconcile(period=JAN)
    world.moment = MARCH
    world.bill(period=JAN)
    with pytest.raises(Conflict, match="2013-01 was not reconciled since 2013-03-03"):
        close(world)


def test_what_is_open_refuses_the_close_and_is_named() -> None:
    world = short_paid()
    (variance,) = of_report(world)
    with pytest.raises(Conflict, match=rf"{variance.id} short_paid 10.00 USD: it is not named as an open point"):
        close(world)
    assert signed_off(world.runs, INC, JAN) is None


def test_a_month_is_closed_with_what_who_closes_may_answer_for() -> None:
    world = short_paid()
    (variance,) = of_report(world)
    with pytest.raises(InvalidInput, match="need a reason"):
        close(world, points=(variance.id,))
    with pytest.raises(Conflict, match="over the limit of carla"):
        close(world, by="carla", points=(variance.id,), reason="the rest is promised for March")
    with pytest.raises(Conflict, match="Vunknown is no variance of the month"):
        close(world, points=(variance.id, "Vunknown"), reason="the rest is promised for March")
    (point,) = close(world, points=(variance.id,), reason="the rest is promised for March").open_points
    assert (point.variance, point.category, point.account, str(point.amount)) == (
        variance.id,
        "short_paid",
        "UA",
        "10.00 USD",
    )
    assert (point.accepted_by, point.reason, point.exception) == ("ana", "the rest is promised for March", "")


def test_a_variance_over_the_threshold_is_closed_with_by_an_approval_of_somebody_else_only() -> None:
    world = short_paid()
    let_variances_wait(world, threshold={"USD": "5"})
    (variance,) = of_report(world)
    exception = f"{INC}.{JAN}._{variance.id}.001"
    opened = world.exception_store.state(exception).opened
    assert (opened.kind, str(opened.amount), opened.requested_by) == ("variance", "10.00 USD", "schedule")
    assert world.wait(exception, "t1").told == ("ana", "ben")
    named: dict[str, Any] = {"points": (variance.id,), "reason": "the rest is promised"}
    with pytest.raises(Conflict, match=f"exception {exception} is open"):
        close(world, **named)
    world.publish_again_by("ana", INC)
    assert world.decide(exception, "approved", "carla").refusal == "over_limit"
    assert world.decide(exception, "approved", "ben", "written off in March").outcome == "decided"
    assert world.tokens.answers["t1"] == {"exception": exception, "kind": "variance", "decision": "approved"}
    (point,) = close(world, by="carla", **named).open_points
    assert (point.accepted_by, point.reason, point.exception) == ("ben", "written off in March", exception)


def test_a_variance_that_was_rejected_keeps_its_month_open() -> None:
    world = short_paid()
    let_variances_wait(world)
    (variance,) = of_report(world)
    exception = f"{INC}.{JAN}._{variance.id}.001"
    world.decide(exception, "rejected", "ben", "the customer pays the rest")
    with pytest.raises(Conflict, match=f"exception {exception} is rejected"):
        close(world, by="ben", points=(variance.id,), reason="anyway")


def test_a_variance_that_is_gone_waits_no_more_and_one_that_comes_back_waits_again() -> None:
    world = short_paid()
    let_variances_wait(world)
    (variance,) = of_report(world)
    first = f"{INC}.{JAN}._{variance.id}.001"
    kept = snapshot(world)
    told(world, arrival("10", reference="2", remittance=number_of(world, JAN)))
    assert of_report(world) == []
    assert world.exception_store.state(first).status == "superseded"
    assert world.wait(first, "t1").outcome == "superseded"
    state = world.exception_store.state(first)
    restore(world, kept)
    for record in (Record(*pair) for pair in [*state_records(world, state.opened.subject, state.decision)]):
        world.records["exceptions"].create(record)
    assert [one.id for one in of_report(world)] == [variance.id]
    assert world.exception_store.state(f"{INC}.{JAN}._{variance.id}.002").status == "open"


def state_records(world: World, subject: str, decision: Any) -> list[Any]:
    """Return what ended an exception, to be written into an earlier snapshot: its variance comes back."""
    return [(Key(f"exceptions#{INC}#{JAN}", f"{subject}#001#decided"), decision.model_dump(mode="json"))]


def test_raising_again_raises_nothing_and_starts_what_was_not_started() -> None:
    world = short_paid()
    let_variances_wait(world)
    of_report(world)
    names = list(world.exceptions.executions)
    world.exceptions.executions.clear()
    of_report(world)
    assert (len(names), [*world.exceptions.executions]) == (1, names)
    assert len(world.exception_store.of_period(INC, JAN)) == 1


def test_who_owns_a_variance_is_the_policys_to_say() -> None:
    world = short_paid()
    told(world, arrival("7", reference="2"))
    assert {one.category: one.owner for one in of_report(world)} == {
        "short_paid": "billing",
        "unknown_payer": "billing",
    }
    let_variances_wait(world, threshold={"USD": "100"}, owners={"short_paid": "tax"}, owner="engineering")
    assert {one.category: one.owner for one in of_report(world)} == {
        "short_paid": "tax",
        "unknown_payer": "engineering",
    }
    assert world.exception_store.of_period(INC, JAN) == []


def test_the_threshold_of_a_currency_holds_for_it_alone() -> None:
    rules = VarianceRules.model_validate({"threshold": {"USD": "10"}})
    assert [rules.waits(usd(amount)) for amount in ("10", "10.01", "-11")] == [False, True, True]
    assert VarianceRules().waits(usd("0"))


def test_a_month_that_is_reopened_opens_none_before_it() -> None:
    """Nothing was numbered in March: of February, which stays closed, no number may be dated."""
    world, series = billed(), Series(INC, "SKY-US", date(2013, 2, 1))
    for month in ("2013-02", "2013-03"):
        world.register.dates.close(INC, Period.month(month))
    world.register.dates.reopen(INC, Period.month("2013-03"))
    last = world.register.dates.last(series)
    assert last is not None
    assert world.register.dates.issued_on(last[1]) == date(2013, 3, 1)


def test_what_nobody_knows_the_amount_of_is_answered_for_without_a_limit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison of an invoice raised: 0.00 would be within every limit and under every threshold."""

    def raises(*_: object, **__: object) -> None:
        message = "a bug"
        raise KeyError(message)

    world = billed()
    monkeypatch.setattr("billproof.reconciliation.comparison.compare", raises)
    (variance,) = of_report(world)
    assert (variance.cause, variance.category) == ("internal_error", "missing_in_erp")
    with pytest.raises(Conflict, match="only a role without a limit answers for it"):
        close(world, by="carla", points=(variance.id,), reason="the rest is promised for March")
    let_variances_wait(world, threshold={"USD": "1000000"})
    of_report(world)
    opened = world.exception_store.state(f"{INC}.{JAN}._{variance.id}.001").opened
    assert opened.amount is None
