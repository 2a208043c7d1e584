"""A closed month takes no run and no document; two people reopen it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from billproof.errors import Conflict, InvalidInput, InvalidPeriod, IssuedLater
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.model import Released
from billproof.invoicing.series import Series
from billproof.periods import Period
from billproof.pipeline.month_facts import signed_off
from billproof.ports import Record
from billproof.proof.service import prove_run
from tests.support.balances import FEB, JAN
from tests.support.cash import arrival, cash_world, number_of, told
from tests.support.closing import ask_to_reopen, billed, close, let_variances_wait, of_report, reopen, short_paid, sign
from tests.support.events import MemoryPositions, MemorySink, published
from tests.support.faults import Killed, fused, restore, snapshot, state_of
from tests.support.verifying import verified
from tests.support.world import INC, World

LEAST_CALLS = 5
MARCH = datetime(2013, 3, 3, 12, tzinfo=UTC)


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


def test_two_people_reopen_a_month_and_it_is_closed_again() -> None:
    world = billed()
    first = close(world)
    exception = ask_to_reopen(world)
    assert exception == ask_to_reopen(world, by="ben")
    assert world.wait(exception, "t1").told == ("ben",)
    assert world.decide(exception, "approved", "ana").refusal == "own_request"
    assert world.decide(exception, "approved", "carla").refusal == "own_policy"
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
    reopen(world, FEB)
    assert reopen(world) == exception.replace(".001", ".002")  # what was approved in vain is asked for anew


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


def test_the_audit_finds_a_sign_off_or_a_reopening_that_is_gone_or_changed() -> None:
    world = billed()
    close(world)
    reopen(world)
    world.settle()
    assert verified(world).findings == ()
    facts = world.records["runs"].items
    for key in [key for key in facts if key.partition == f"signed-off#{INC}"]:
        kept = facts.pop(key)
        assert [key.sort in str(finding) for finding in verified(world).findings] == [True]
        facts[key] = {**kept, "period": FEB}
        assert len(verified(world).findings) == 1
        facts[key] = kept


def test_other_systems_are_told_of_a_month_that_is_closed_and_reopened() -> None:
    world, sink = billed(), MemorySink()
    close(world)
    reopen(world)
    published(world, sink, positions=MemoryPositions())
    of_month = [event for event in sink.events if event.type.startswith("billproof.month.")]
    assert [event.type for event in of_month] == ["billproof.month.closed.v1", "billproof.month.reopened.v1"]
    assert [(event.subject, event.legal_entity, event.data["by"]) for event in of_month] == [
        (JAN, INC, "ana"),
        (JAN, INC, "ben"),
    ]
