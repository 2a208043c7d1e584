"""Statements of a bank that overlap tell of the same money: it is booked once, whether it has a reference or not."""

from contextlib import suppress
from datetime import date

import pytest

from billproof.errors import Conflict
from billproof.payments.continuity import Continuity, breaks, overlaps
from billproof.payments.statements import MovementKind
from tests.support.balances import JAN
from tests.support.bank_days import apply_all, entry, of_day, put
from tests.support.cash import BANK, cash_world, number_of, usd
from tests.support.world import INC, World


def sums(world: World) -> tuple[str, str]:
    """What arrived in all, and what is left of it on accounts."""
    states = list(world.cash_book.received(INC))
    return (
        usd(0).plus(state.receipt.amount for state in states).text,
        usd(0).plus(state.unapplied.amount for state in states).text,
    )


def test_a_day_that_the_bank_writes_anew_is_no_more_money() -> None:
    """30.00 and 40.00 without a reference; then one text differs, and then one entry more is told."""
    world = cash_world(JAN)
    paid, other = entry("30", 5, remittance=number_of(world, JAN)), entry("40", 5, remittance="thanks")
    put(world, of_day(5, "0", paid, other))
    apply_all(world)
    put(world, of_day(5, "0", paid, other.model_copy(update={"remittance": "thankz"})), name="anew.xml")
    with pytest.raises(Conflict, match="another content"):
        apply_all(world)
    world.payment_events.bodies.clear()
    assert sums(world) == ("70.00", "40.00")
    more = of_day(5, "0", entry("30", 5, remittance="more"), other, paid)
    for name in ("more.xml", "more again.xml"):
        put(world, more, name=name)
        apply_all(world)
        assert sums(world) == ("100.00", "70.00")
    assert len(breaks(world.statement_book.of_account(INC, BANK))) == 2


@pytest.mark.parametrize("reference", [None, "of-the-bank"])
@pytest.mark.parametrize("day", [4, 5, 6])
@pytest.mark.parametrize("day_first", [False, True])
def test_a_day_and_its_week_tell_of_the_same_money(*, reference: str | None, day: int, day_first: bool) -> None:
    """The first day, one within, and the last day."""
    world = cash_world(JAN)
    paid = entry("30", 5, remittance=number_of(world, JAN))
    entries = {4: entry("5", 4), 5: paid, 6: entry("2", 6)}
    week = of_day(6, "0", *entries.values(), starts_on=date(2013, 2, 4))
    opening = {4: "0", 5: "5", 6: "35"}[day]
    files = [week, of_day(day, opening, entries[day].model_copy(update={"reference": reference}))]
    for number, statement in enumerate(reversed(files) if day_first else files):
        put(world, statement, name=f"{number}.xml")
        apply_all(world)
    assert sums(world) == ("37.00", "7.00")
    (broken,) = breaks(world.statement_book.of_account(INC, BANK))
    assert broken.continuity is Continuity.OVERLAP


@pytest.mark.parametrize("later_first", [False, True])
def test_two_weeks_that_share_a_day_tell_of_its_money_once(*, later_first: bool) -> None:
    """Both tell of the 6th, with 2.00 and 3.00; without it, the second one follows."""
    world = cash_world()
    shared = (entry("2", 6), entry("3", 6, remittance="b"))
    first = of_day(6, "0", entry("5", 4), *shared, starts_on=date(2013, 2, 4))
    second = of_day(8, "5", *shared, entry("7", 8), starts_on=date(2013, 2, 6))
    follows = of_day(9, "17", entry("2", 8), starts_on=date(2013, 2, 8))
    for number, statement in enumerate([*([second, first] if later_first else [first, second]), follows]):
        put(world, statement, name=f"{number}.xml")
        apply_all(world)
    assert sums(world) == ("19.00", "19.00")
    assert len(breaks(world.statement_book.of_account(INC, BANK))) == 1


def test_parts_of_a_day_that_follow_each_other_are_money_of_their_own() -> None:
    world = cash_world()
    for number, opening in enumerate(("0", "30")):
        put(world, of_day(5, opening, entry("30", 5)), name=f"{number}.xml")
        apply_all(world)
    assert sums(world) == ("60.00", "60.00")


def test_what_a_day_that_is_written_anew_takes_back_is_given_back_once() -> None:
    world = cash_world(JAN)
    paid = entry("30", 5, reference="r-1", remittance=number_of(world, JAN))
    part = entry("-10", 5, reference="r-1", kind=MovementKind.REVERSAL)
    for number, text in enumerate(("a", "b")):
        put(world, of_day(5, "0", paid, part, entry("1", 5, remittance=text)), name=f"{number}.xml")
        with suppress(Conflict):
            apply_all(world)
        world.payment_events.bodies.clear()
    (state,) = (state for state in world.cash_book.received(INC) if state.receipt.reference == "r-1")
    assert (state.returned.amount, world.statement_book.returns_that_wait(INC)) == (usd(10), [])


@pytest.mark.parametrize("reference", [None, "of-the-bank"])
@pytest.mark.parametrize("day", [4, 6])
@pytest.mark.parametrize("day_first", [False, True])
def test_a_day_that_comes_to_nothing_and_its_week_tell_of_the_same_money(
    *, reference: str | None, day: int, day_first: bool
) -> None:
    """Money that arrives and leaves on a day leaves the balances as they were: only its entries say what is told twice.

    4th: 5.00 and -5.00, or on the 6th; 5th: 30.00. In all 35.00 arrive, however often the day is told.
    """
    world = cash_world()
    nothing = (entry("5", day, reference=reference), entry("-5", day))
    week = of_day(6, "0", *nothing, entry("30", 5), starts_on=date(2013, 2, 4))
    files = [week, of_day(day, {4: "0", 6: "30"}[day], *nothing)]
    for number, statement in enumerate(reversed(files) if day_first else files):
        put(world, statement, name=f"{number}.xml")
        apply_all(world)
    assert sums(world) == ("35.00", "35.00")
    (broken,) = breaks(world.statement_book.of_account(INC, BANK))
    assert (broken.continuity, broken.difference.text) == (Continuity.OVERLAP, "0.00")


@pytest.mark.parametrize("later_first", [False, True])
def test_two_weeks_that_share_a_day_that_comes_to_nothing_tell_of_its_money_once(*, later_first: bool) -> None:
    """5.00 on the 4th; 2.00 and -2.00 on the 6th, which both tell of; 7.00 on the 8th: 14.00 arrive."""
    world = cash_world()
    shared = (entry("2", 6), entry("-2", 6, remittance="b"))
    first = of_day(6, "0", entry("5", 4), *shared, starts_on=date(2013, 2, 4))
    second = of_day(8, "5", *shared, entry("7", 8), starts_on=date(2013, 2, 6))
    for number, statement in enumerate([second, first] if later_first else [first, second]):
        put(world, statement, name=f"{number}.xml")
        apply_all(world)
    assert sums(world) == ("14.00", "14.00")
    (broken,) = breaks(world.statement_book.of_account(INC, BANK))
    assert broken.continuity is Continuity.OVERLAP


def test_two_weeks_that_share_a_day_of_other_entries_follow_each_other() -> None:
    """On the 6th the first one tells of 2.00 and -2.00, the second one of 3.00 and -3.00: 5 + 2 + 3 + 7 = 17.00."""
    world = cash_world()
    first = of_day(6, "0", entry("5", 4), entry("2", 6), entry("-2", 6), starts_on=date(2013, 2, 4))
    second = of_day(8, "5", entry("3", 6), entry("-3", 6), entry("7", 8), starts_on=date(2013, 2, 6))
    for number, statement in enumerate([first, second, first]):
        put(world, statement, name=f"{number}.xml")
        apply_all(world)
    assert sums(world) == ("17.00", "17.00")
    assert breaks(world.statement_book.of_account(INC, BANK)) == []


def test_a_day_that_two_statements_share_is_told_apart_by_what_is_booked_on_it() -> None:
    """A statement that was taken in before its days were kept has no digests, and its document stays as it was."""
    world = cash_world()
    put(world, of_day(6, "0", entry("2", 6), entry("-2", 6)))
    (taken,) = world.statement_book.of_account(INC, BANK)
    assert taken.first_day == taken.last_day is not None
    before = taken.model_copy(update={"first_day": None, "last_day": None})
    assert not {"first_day", "last_day"} & set(before.model_dump(mode="json"))
    week = of_day(8, "0", entry("-2", 6), entry("2", 6), entry("7", 8), starts_on=date(2013, 2, 6))
    assert (overlaps(taken, week), overlaps(before, week)) == (True, False)
