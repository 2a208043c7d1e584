"""What comes in the moment in which a month is closed is seen by the close, or is dated after the month."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from billproof.errors import Conflict
from billproof.pipeline.closing_begun import LONGEST, BegunClose, begin_closing
from billproof.pipeline.month_facts import MonthFacts, SignOff, signed_off
from billproof.ports import Record
from tests.support.balances import FEB, JAN
from tests.support.cash import receipt, told, usd
from tests.support.closing import billed, close, of_report, reopen
from tests.support.events import MemoryPositions, MemorySink, published
from tests.support.world import INC, World


def dated(world: World) -> dict[str, str]:
    """The months of the entries of payments, by the day on which each receipt was booked."""
    postings = [posting.entry for month in (JAN, FEB, "2013-03") for posting in world.cash_book.intended(INC, month)]
    return {posting.external_reference: posting.period for posting in postings}


def late(day: str, amount: str = "1") -> str:
    arrived = receipt(usd(amount), day, booked_on=day)
    return f'{{"kind": "receipt", "receipt": {arrived.model_dump_json()}}}'


def test_a_receipt_in_the_moment_of_the_sign_off_is_dated_after_the_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes after the month was looked at for the last time."""
    world = billed()
    told(world, late("2013-01-10"))
    points = tuple(variance.id for variance in of_report(world, "2012-12"))
    create_all = world.runs.create_all

    def meanwhile(records: Sequence[Record]) -> bool:
        if any(record.key.partition == f"signed-off#{INC}" for record in records):
            monkeypatch.undo()
            told(world, late("2013-01-20"))
        return create_all(records)

    monkeypatch.setattr(world.runs, "create_all", meanwhile)
    close(world, points=points, reason="we ask whose it is")
    assert sorted(dated(world).values()) == [JAN, FEB]


def test_a_receipt_that_comes_while_a_month_is_looked_at_refuses_the_close(monkeypatch: pytest.MonkeyPatch) -> None:
    world = billed()
    world.reconcile(period="2012-12")

    def meanwhile(*what: Any, **more: Any) -> BegunClose:
        told(world, late("2013-01-10"))
        return begin_closing(*what, **more)

    monkeypatch.setattr("billproof.pipeline.months.begin_closing", meanwhile)
    with pytest.raises(Conflict, match="was not reconciled since"):
        close(world)
    monkeypatch.undo()
    told(world, late("2013-01-20"))  # the close was given up: the month takes entries
    assert set(dated(world).values()) == {JAN}
    assert signed_off(world.runs, INC, JAN) is None


def test_a_close_that_died_holds_no_entry_up_for_longer_than_a_call() -> None:
    world = billed()
    begin_closing(world.runs, INC, JAN, by="ana", now=world.now())
    told(world, late("2013-01-10"))
    world.moment = world.now() + LONGEST + timedelta(seconds=1)
    told(world, late("2013-01-20"))
    assert sorted(dated(world).values()) == [JAN, FEB]


def test_a_month_that_is_reopened_takes_entries_again() -> None:
    world = billed()
    world.reconcile(period="2012-12")
    close(world)
    told(world, late("2013-01-10"))
    reopen(world)
    told(world, late("2013-01-20"))
    assert sorted(dated(world).values()) == [JAN, FEB]


def test_of_a_sign_off_that_nobody_decided_no_system_is_told() -> None:
    """A function that writes runs might write that a month is signed off: it does not count, and is told to nobody."""
    world, sink = billed(), MemorySink()
    forged = SignOff(legal_entity=INC, period=JAN, signed_by="ben", signed_at="2013-03-01T00:00:00Z")
    assert world.runs.create(MonthFacts(world.runs, INC, JAN).following(forged))
    assert signed_off(world.runs, INC, JAN) is None
    published(world, sink, positions=MemoryPositions())
    assert [event.type for event in sink.events if "month" in event.type] == []
    close(world)
    published(world, sink, positions=MemoryPositions())
    assert [event.type for event in sink.events if "month" in event.type] == ["billproof.month.closed.v1"]
