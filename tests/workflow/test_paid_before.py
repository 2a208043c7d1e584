"""Receipts pay the open invoices that were taken over, by their numbers of before; ageing and statements show them.

UA owes R-871 of 1,250.00, due on 30 December 2012, and SKY-US-2013-000041 of 80.50, due on 1 February 2013.
"""

from datetime import date
from decimal import Decimal

import pytest

from billproof.conservation.cash import cash_statement
from billproof.payments.cash import ReceiptState
from billproof.payments.matching import match
from billproof.receivables.ageing import age_receivables
from billproof.receivables.charging import AutomaticContracts
from billproof.receivables.history import histories_of
from billproof.receivables.statement import state_account
from tests.support.cash import balance_of, booked, receipt, receivables_of, take, usd, with_cash
from tests.support.reminders import remind, reminded, with_reminders
from tests.support.taken_over import CONTROLS, opening, running_business, take_over
from tests.support.world import INC, World

FEBRUARY_20 = date(2013, 2, 20)


def taken_over() -> World:
    world = running_business()
    take_over(world)
    world.publish(with_cash(world.directory.legal_entity(INC)))
    return world


def paid(world: World, amount: str, text: str, reference: str = "1") -> ReceiptState:
    return take(world, receipt(usd(amount), reference, remittance=text), match)


def open_items(world: World) -> dict[str, str]:
    return {item.number: item.open.text for item in receivables_of(world).of_account("UA")}


def test_what_was_taken_over_is_open_oldest_due_first() -> None:
    assert list(open_items(taken_over()).items()) == [("R-871", "1250.00"), ("SKY-US-2013-000041", "80.50")]
    assert receivables_of(running_business()).of_account("UA") == []


@pytest.mark.parametrize("text", ["R-871", "invoice r 871, thank you", "Rechnung R.871"])
def test_a_receipt_pays_it_by_its_number_of_before(text: str) -> None:
    world = taken_over()
    state = paid(world, "1250.00", text)
    assert (state.account, state.unapplied.amount) == ("UA", usd(0))
    assert open_items(world) == {"SKY-US-2013-000041": "80.50"}
    assert balance_of(booked(world, state)) == {"cash": "1250.00", "receivable": "-1250.00"}


def test_both_are_paid_by_one_receipt() -> None:
    world = taken_over()
    paid(world, "1330.50", "R-871 and SKY-US-2013-000041")
    assert open_items(world) == {}
    assert cash_statement(receivables_of(world), world.dispute_book).balances


@pytest.mark.parametrize("text", ["", "R-8710", "XR-871", "871", "2013 1250", "R-87 1X"])
def test_a_text_that_does_not_name_it_pays_nothing(text: str) -> None:
    world = taken_over()
    paid(world, "77.00", text)
    assert open_items(world) == {"R-871": "1250.00", "SKY-US-2013-000041": "80.50"}


def test_the_statement_of_cash_goes_on_with_it() -> None:
    """Billed 1,330.50, of it paid 1,250.00 and open 80.50."""
    world = taken_over()
    paid(world, "1250.00", "R-871")
    (released, received) = cash_statement(receivables_of(world), world.dispute_book).equations
    parts = {name: str(amount) for name, amount in released.parts.items() if amount}
    assert (str(released.total), parts) == ("1330.50", {"paid": "1250.00", "open": "80.50"})
    assert received.total == Decimal(1250)


def test_ageing_and_the_statement_of_account_show_it_on_any_day() -> None:
    """On 20 February R-871 is 52 days overdue, the other 19."""
    world = taken_over()
    take(world, receipt(usd("250.00"), remittance="R-871"))
    (whole,) = age_receivables(receivables_of(world), world.dispute_book, on=FEBRUARY_20).totals
    assert {bucket.value: amount.text for bucket, amount in whole.buckets.items() if not amount.is_zero} == {
        "1-30": "80.50",
        "31-60": "1000.00",
    }
    statement = state_account("UA", receivables_of(world), world.dispute_book, on=FEBRUARY_20, only_open=True)
    (dollars,) = statement.currencies
    rows = [(row.number, row.gross.text, row.paid.text, row.open.text, row.days_overdue) for row in dollars.documents]
    assert rows == [
        ("R-871", "1250.00", "250.00", "1000.00", 52),
        ("SKY-US-2013-000041", "80.50", "0.00", "80.50", 19),
    ]


def test_paying_it_twice_leaves_the_second_payment_unapplied() -> None:
    world = taken_over()
    paid(world, "1250.00", "R-871")
    again = paid(world, "1250.00", "R-871", "2")
    assert again.unapplied.amount == usd("1250.00")
    assert cash_statement(receivables_of(world), world.dispute_book).balances


def test_a_customer_is_reminded_of_it_once_a_level_until_it_is_paid() -> None:
    """Overdue since 30 December by 52 days, and since 1 February by 19: the third level, and the second."""
    world = with_reminders(taken_over())
    remind(world, "2013-02-20")
    assert reminded(world) == [("2013-02-20", [("R-871", 3), ("SKY-US-2013-000041", 2)])]
    paid(world, "1330.50", "R-871 and SKY-US-2013-000041")
    remind(world, "2013-03-20")
    assert len(reminded(world)) == 1


def test_nobody_is_charged_for_it_automatically() -> None:
    """What its contract says is in the system of before."""
    world = taken_over()
    histories = list(histories_of("UA", receivables_of(world), world.dispute_book))
    contracts = AutomaticContracts(receivables_of(world))
    assert [contracts.charge_automatically(history) for history in histories] == [False, False]


def of_two_customers(ours: str, theirs: str, *, parent: str | None = None) -> World:
    """UA owes 100.00 by a number, and BB 100.00 by another; BB may be a child of UA."""
    world = running_business()
    account = world.directory.account("UA")
    assert account is not None
    world.publish(account.model_copy(update={"id": "BB", "name": "Blue Bird Logistics", "parent": parent}))
    row = {"currency": "USD", "issued": "2012-11-30", "due": "2012-12-30", "amount": "100"}
    rows = [{**row, "account": "UA", "reference": ours}, {**row, "account": "BB", "reference": theirs}]
    total = {"kind": "receivables", "currency": "USD", "count": 2, "total": "200"}
    take_over(world, opening(receivables=rows, controls=[total, *CONTROLS[1:]]))
    world.publish(with_cash(world.directory.legal_entity(INC)))
    return world


@pytest.mark.parametrize(
    ("ours", "theirs", "text", "paid_for"),
    [
        ("A-2025-1-15", "A-2025-11-5", "A-2025-1-15", "UA"),  # the same letters and digits
        ("A-2025-11-5", "A-2025-1-15", "A-2025-1-15", "BB"),
        ("A-2025-1-15", "A-2025-11-5", "A2025115", None),
        ("R-871", "R-8711", "R-871 1", None),  # it may go on in the next line
        ("R-871", "R-871-1", "R-871 1", None),
        ("R-871", "R-900", "R-871 and R-900", None),
        ("871/2025", "872/2025", "872/2025", None),  # one digit off, and not the last ones
        ("R-871", "R-87", "R-871", None),
        ("10115", "R-900", "Berlin 10115", None),
        ("2025-000871", "R-900", "2025-000871", "UA"),
    ],
)
def test_what_may_be_of_another_customer_is_for_people(ours: str, theirs: str, text: str, paid_for: str | None) -> None:
    """The payer is not known, and both owe the amount."""
    world = of_two_customers(ours, theirs)
    state = paid(world, "100", text)
    assert (state.applied.amount, state.account) == ((usd(100), paid_for) if paid_for else (usd(0), None))
    assert cash_statement(receivables_of(world), world.dispute_book).balances


@pytest.mark.parametrize("parent", ["UA", None])
def test_a_parent_pays_what_its_child_owed_before_and_nobody_else_does(parent: str | None) -> None:
    world = of_two_customers("R-871", "R-900", parent=parent)
    account = world.directory.account("UA")
    assert account is not None
    arrived = receipt(usd(200), remittance="R-871 R-900", payer={"name": account.name})
    state = take(world, arrived, match)
    assert state.applied.amount == (usd(200) if parent else usd(0))
    assert (open_items(world) == {}) is (parent is not None)
    assert cash_statement(receivables_of(world), world.dispute_book).balances
