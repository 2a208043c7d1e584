"""What credit notes leave to a customer's balance, and what is given back of what a balance paid."""

import pytest

from billproof.errors import InvalidInput
from billproof.invoicing.balance import BalanceChange, Settlement, Worth, change_of
from billproof.money import Money
from tests.support.balances import (
    BALANCE,
    FEB,
    JAN,
    MAR,
    RECEIVABLE,
    bill,
    holds,
    in_books,
    table,
    taken_back,
    world_with_balances,
)
from tests.support.world import INC


def test_a_credit_note_takes_off_what_is_open_and_gives_back_what_the_balance_paid() -> None:
    world = world_with_balances()
    taken_back(world, flights=50)  # 20.00 are left
    bill(world, MAR)  # 30.00, of which 20.00 are drawn
    world.credit_and_approve(f"{INC}.{MAR}.UA")
    assert table(world)[-2:] == ["SKY-US-2013-000003 -20.00 0.00", "SKY-US-CN-2013-000001 20.00 20.00"]
    assert in_books(world, BALANCE) == "-20.00"
    assert in_books(world, RECEIVABLE) == "80.00"
    assert holds(world, MAR)


def test_a_credit_note_of_a_paid_invoice_is_left_to_the_balance() -> None:
    world = world_with_balances()
    bill(world, JAN)
    world.credit_and_approve(f"{INC}.{JAN}.UA", lines=[{"line": "fee:2013-01", "amount": "12"}], to_balance=True)
    assert bill(world, FEB) is not None
    assert table(world) == ["SKY-US-CN-2013-000001 12.00 12.00", "SKY-US-2013-000002 -12.00 0.00"]
    assert in_books(world, BALANCE) == "0.00"
    assert holds(world, FEB)


def test_what_is_refunded_is_no_balance() -> None:
    world = world_with_balances()
    bill(world, JAN)
    world.credit_and_approve(f"{INC}.{JAN}.UA", refund=True)
    assert table(world) == []


def test_a_credit_note_over_the_limit_says_so_to_the_approver() -> None:
    world = world_with_balances("10")
    bill(world, JAN)
    asked = world.credit(f"{INC}.{JAN}.UA", to_balance=True)
    codes = [finding.code for finding in world.exception_store.state(asked.exception).opened.findings]
    assert codes == ["credit_requested", "balance_over_limit"]


def test_a_balance_needs_an_account_and_is_not_refunded_too() -> None:
    world = world_with_balances(account=None)
    bill(world, JAN)
    with pytest.raises(InvalidInput, match="has no account for customers' balances"):
        world.credit(f"{INC}.{JAN}.UA", to_balance=True)
    with pytest.raises(ValueError, match="it is refunded or left to the balance, not both"):
        world.credit(f"{INC}.{JAN}.UA", to_balance=True, refund=True)


def test_a_write_off_gives_up_what_is_open_alone() -> None:
    world = world_with_balances()
    taken_back(world, flights=50)
    bill(world, MAR)
    invoice = f"{INC}.{MAR}.UA"
    gone = world.credit_and_approve(invoice, reason="uncollectible")
    assert gone.totals.gross.text == "-10.00"  # the balance paid 20.00 of 30.00
    assert table(world)[-1] == "SKY-US-2013-000003 -20.00 0.00"
    assert in_books(world, RECEIVABLE) == "80.00"


def worth(amount: str, booked: str) -> Worth:
    return Worth(Money.of(amount, "USD"), Money.of(booked, "EUR"))


NOTHING = worth("0", "0")


@pytest.mark.parametrize(
    ("gross", "opening", "settlement", "due", "change"),
    [
        (worth("-10.00", "-8.00"), NOTHING, Settlement.INVOICE, NOTHING, worth("10.00", "8.00")),
        (worth("30.00", "27.00"), worth("10.00", "8.01"), Settlement.INVOICE, NOTHING, worth("-10.00", "-8.01")),
        (worth("5.00", "4.50"), worth("10.00", "8.01"), Settlement.INVOICE, NOTHING, worth("-5.00", "-4.01")),
        (worth("-30.00", "-27.00"), NOTHING, Settlement.CREDIT_NOTE, worth("30.00", "27.00"), NOTHING),
        # what drew 10.00 at 8.01 gives them back at 8.01: the receivable of 18.99 comes to nothing
        (worth("-30.00", "-27.00"), NOTHING, Settlement.CREDIT_NOTE, worth("20.00", "18.99"), worth("10.00", "8.01")),
        # 60.00 booked with 60.00 were open, and are credited at 54.00: the rest gives the 40.00 back at their 30.00
        (worth("-60.00", "-54.00"), NOTHING, Settlement.CREDIT_NOTE, worth("60.00", "60.00"), worth("0", "-6.00")),
        (worth("-40.00", "-36.00"), NOTHING, Settlement.CREDIT_NOTE, worth("0", "6.00"), worth("40.00", "30.00")),
        (worth("-30.00", "-27.00"), NOTHING, Settlement.WHOLE, worth("30.00", "27.00"), worth("30.00", "27.00")),
        (worth("-30.00", "-27.00"), NOTHING, Settlement.NONE, worth("20.00", "18.99"), NOTHING),
    ],
)
def test_in_another_currency_what_is_left_and_drawn_comes_to_nothing_in_the_books(
    gross: Worth, opening: Worth, settlement: Settlement, due: Worth, change: Worth
) -> None:
    assert change_of(gross, opening, settlement, due) == change


def test_a_balance_that_is_drawn_cent_by_cent_ends_at_nothing_in_both_currencies() -> None:
    left = worth("1.00", "0.77")
    for _ in range(100):
        left += change_of(worth("0.01", "0.01"), left, Settlement.INVOICE, NOTHING)
    assert left == NOTHING
    assert isinstance(left, Worth)
    assert BalanceChange.model_fields.keys() >= {"opening_booked", "change_booked"}
