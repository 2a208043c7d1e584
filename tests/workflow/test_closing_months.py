"""A month is closed where it balances, or with open points that somebody answers for; two people reopen it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billproof.approvals.policy import VarianceRules
from billproof.errors import Conflict, InvalidInput, InvalidPeriod, IssuedLater, NotAllowed
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.model import Released
from billproof.invoicing.series import Series
from billproof.periods import Period
from billproof.pipeline.month_facts import signed_off
from billproof.pipeline.months import sign_off_month
from billproof.ports import Key, Record
from billproof.proof.service import prove_run
from tests.support.balances import FEB, JAN
from tests.support.cash import cash_world, number_of, usd
from tests.support.closing import ask_to_reopen, close, let_variances_wait, of_report, reopen
from tests.support.faults import Killed, fused, restore, snapshot, state_of
from tests.support.verifying import verified
from tests.support.world import GRACE, INC, World
from tests.workflow.test_cash_in_the_books import arrival, told

LEAST_CALLS = 5
MARCH = datetime(2013, 3, 3, 12, tzinfo=UTC)


def billed(*months: str) -> World:
    world = cash_world(*(months or (JAN,)))
    for month in months or (JAN,):
        world.reconcile(period=month)
    return world


def short_paid() -> World:
    """January's invoice of 30.00 is paid with 20.00."""
    world = billed()
    told(world, arrival("20", remittance=number_of(world, JAN)))
    return world


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


# --- a closed month takes nothing


def taken(world: World, account: str, day: date) -> Released:
    """Release a document of an account on a day, as a run that was planned before does."""
    reference = world.register.released(f"{INC}.{JAN}.UA")
    assert reference is not None
    candidate = Candidate(f"{INC}.2012-12.{account}", reference.document)
    series = Series(entity=INC, prefix="SKY-US", issue_date=day)
    return world.register.release([candidate], series=series, period=Period.month("2012-12"), run="r")[
        candidate.invoice
    ]


@pytest.mark.parametrize("month", [JAN, FEB])
def test_no_number_is_dated_in_a_closed_month(month: str) -> None:
    world = billed(*([JAN] if month == JAN else [JAN, FEB]))
    close(world)
    if month == FEB:
        world.moment = datetime(2013, 4, 3, tzinfo=UTC)
        world.reconcile(period=JAN)
        world.reconcile(period=FEB)
        close(world, FEB)
    with pytest.raises(IssuedLater) as later:
        taken(world, "B", Period.month(month).start)
    assert later.value.day == Period.month(month).end
    assert taken(world, "B", later.value.day).issue_date == Period.month(month).end
    assert world.register.invoice_numbered(INC, 2013, 2 if month == JAN else 3) == f"{INC}.2012-12.B"


def test_of_a_close_and_a_release_at_once_one_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The release has read the series when the month is closed: its number is taken in the place of the close."""
    world = cash_world(JAN)
    create_all = world.records["invoices"].create_all

    def while_the_month_is_closed(records: Sequence[Record]) -> bool:
        monkeypatch.undo()
        world.moment = datetime(2013, 3, 3, tzinfo=UTC)
        sign(world, FEB)
        return create_all(records)

    monkeypatch.setattr(world.records["invoices"], "create_all", while_the_month_is_closed)
    with pytest.raises(IssuedLater, match="has a number of 2013-03-01"):
        taken(world, "B", date(2013, 2, 2))


def sign(world: World, month: str) -> None:
    sign_off_month(
        legal_entity=INC,
        period=month,
        signed_by="ben",
        records=world.runs,
        register=world.register,
        directory=world.directory,
        now=world.now(),
        grace=GRACE,
    )


def test_of_a_close_and_the_start_of_a_run_at_once_the_second_sees_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    world = billed()
    create_all = world.runs.create_all

    def while_the_other_is_first(records: Sequence[Record]) -> bool:
        monkeypatch.undo()
        sign(world, JAN)
        return create_all(records)

    monkeypatch.setattr(world.runs, "create_all", while_the_other_is_first)
    with pytest.raises(InvalidPeriod, match="signed off by ben"):
        world.start(period=JAN)

    other = billed()
    write = other.runs.create_all

    def while_a_run_starts(records: Sequence[Record]) -> bool:
        monkeypatch.undo()
        other.start(period=JAN)
        return write(records)

    monkeypatch.setattr(other.runs, "create_all", while_a_run_starts)
    with pytest.raises(Conflict, match=f"run {INC}-{JAN}-002 has not closed"):
        close(other)


def test_of_two_who_close_at_once_the_first_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    world = billed()
    create_all = world.runs.create_all

    def while_another_closes(records: Sequence[Record]) -> bool:
        monkeypatch.undo()
        close(world, by="ben")
        return create_all(records)

    monkeypatch.setattr(world.runs, "create_all", while_another_closes)
    assert close(world, by="ana").signed_by == "ben"
    assert len([key for key in world.runs.items if key.partition.startswith("signed-off#")]) == 1


def test_credit_notes_and_write_offs_of_a_closed_month_are_dated_in_the_open_one() -> None:
    world = billed()
    close(world)
    world.moment = MARCH
    for reason, kind in (("billing_error", "credit_note"), ("uncollectible", "write_off")):
        lines = [{"line": f"fee:{JAN}", "amount": "5"}] if kind == "credit_note" else []
        note = world.credit_and_approve(f"{INC}.{JAN}.UA", reason, reason=reason, lines=lines)
        assert (note.kind, note.issue_date) == (kind, date(2013, 3, 3))


def test_a_receipt_of_a_closed_month_is_booked_in_the_next_open_one_once() -> None:
    world = cash_world(JAN)
    world.moment = datetime(2013, 4, 3, tzinfo=UTC)
    for month in (JAN, FEB):
        world.reconcile(period=month)
    sign(world, FEB)  # the receipt of 15 February is told afterwards
    body = arrival("30", remittance=number_of(world, JAN))
    assert told(world, body).entries == 2
    sign_march = datetime(2013, 5, 3, tzinfo=UTC)
    dated = [posting.entry.document_date for posting in world.cash_book.intended(INC, "2013-03")]
    assert dated == [date(2013, 3, 1)]
    assert [*world.cash_book.intended(INC, FEB)] == []
    world.moment = sign_march
    sign(world, "2013-03")
    assert told(world, body).entries == 2
    assert [*world.cash_book.intended(INC, "2013-04")] != []  # the application, which is dated in April
    held = world.ledger.of_period(INC, Period.month("2013-03"))
    assert [document.document_date for document in held] == [date(2013, 3, 1)]
    for month in (JAN, FEB, "2013-03"):
        assert world.reconcile(period=month).variances == ()


# --- reopening


def test_two_people_reopen_a_month_and_it_is_closed_again() -> None:
    world = billed()
    first = close(world)
    exception = ask_to_reopen(world)
    assert exception == ask_to_reopen(world, by="ben")
    assert world.wait(exception, "t1").told == ("ben",)
    assert world.decide(exception, "approved", "ana").refusal == "own_request"
    assert world.decide(exception, "approved", "carla").refusal == "over_limit"
    with pytest.raises(Conflict, match="was not approved"):
        world.apply(exception)
    assert signed_off(world.runs, INC, JAN) == first
    assert world.decide(exception, "approved", "ben", "a source was late").outcome == "decided"
    assert [world.apply(exception).outcome for _ in range(2)] == ["reopened"] * 2
    assert signed_off(world.runs, INC, JAN) is None
    world.moment = MARCH
    world.bill(period=JAN)
    world.reconcile(period=JAN)
    assert close(world, by="ben").signed_by == "ben"
    assert world.apply(exception).outcome == "reopened"  # its message comes again: the month stays closed
    assert signed_off(world.runs, INC, JAN) is not None
    assert reopen(world) == f"{INC}.{JAN}._reopening.002"
    world.settle()
    assert verified(world).findings == ()


def test_a_month_that_is_not_closed_is_not_reopened_nor_one_before_another_that_is() -> None:
    world = billed()
    with pytest.raises(Conflict, match="is not signed off"):
        ask_to_reopen(world)
    close(world)
    with pytest.raises(InvalidInput, match="needs a reason"):
        ask_to_reopen(world, reason=" ")
    exception = ask_to_reopen(world)
    world.decide(exception, "approved", "ben")
    world.moment = datetime(2013, 4, 3, tzinfo=UTC)
    sign(world, FEB)
    applied = world.apply(exception)
    assert (applied.outcome, applied.reason) == (
        "unchanged",
        f"{FEB} of {INC} is signed off, too: reopen it before {JAN}",
    )
    with pytest.raises(Conflict, match=f"{FEB} of {INC} is signed off, too"):
        ask_to_reopen(world)


def test_a_reopening_that_is_rejected_changes_nothing_and_may_be_asked_for_again() -> None:
    world = billed()
    signed = close(world)
    first = ask_to_reopen(world)
    world.decide(first, "rejected", "ben", "it stays closed")
    assert signed_off(world.runs, INC, JAN) == signed
    assert ask_to_reopen(world) == first.replace(".001", ".002")


def test_numbers_may_be_dated_in_a_reopened_month_from_the_last_one_on() -> None:
    world = billed()
    world.moment = MARCH
    world.bill(period=FEB)
    sign(world, FEB)
    world.register.dates.close(INC, Period.month("2013-03"))
    with pytest.raises(IssuedLater):
        taken(world, "B", date(2013, 3, 5))
    world.register.dates.reopen(INC, Period.month("2013-03"))
    world.register.dates.reopen(INC, Period.month("2013-03"))
    assert taken(world, "B", date(2013, 3, 5)).issue_date == date(2013, 3, 5)
    with pytest.raises(IssuedLater, match="2013-03-05"):
        taken(world, "C", date(2013, 3, 4))
    assert prove_run(f"{INC}-{JAN}-001", stores=world.stores()).differences == ()


@pytest.mark.parametrize("after_effect", [False, True])
def test_closing_and_reopening_that_die_at_any_call_are_simply_done_again(*, after_effect: bool) -> None:
    world = short_paid()
    let_variances_wait(world, threshold={"USD": "100"})
    (variance,) = of_report(world)

    fuse = fused(world)

    def closes(world: World) -> None:
        close(world, points=(variance.id,), reason="promised")

    def asks(world: World) -> None:
        ask_to_reopen(world)

    def reopens(world: World) -> None:
        assert world.apply(f"{INC}.{JAN}._reopening.001").outcome == "reopened"

    for step in (closes, asks, reopens):
        if step is reopens:
            world.decide(f"{INC}.{JAN}._reopening.001", "approved", "ben")
        before = snapshot(world)
        step(world)
        wanted = state_of(world)
        for at in (1, 3, *range(5, 400, 7)):
            restore(world, before)
            fuse.arm(at, after_effect=after_effect)
            try:
                step(world)
            except Killed:
                fuse.arm(None)
                step(world)
            else:
                break
            finally:
                fuse.arm(None)
            assert state_of(world) == wanted, (step.__name__, at)
        assert at > LEAST_CALLS
