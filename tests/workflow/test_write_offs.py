"""A write-off gives up what is open, not what was paid: 30.00 are billed, and each part is known by hand."""

from decimal import Decimal

import pytest

from billproof.approvals.applying import ApplyOutcome
from billproof.conservation.cash import cash_statement
from billproof.errors import InvalidInput
from billproof.invoicing.model import Invoice
from billproof.payments.desk import CashDecision
from billproof.payments.model import UseKind
from tests.support.balances import JAN, RECEIVABLE, bill, events, in_books
from tests.support.cash import (
    booked,
    cash_world,
    desk_of,
    eur,
    euro_world,
    number_of,
    open_of,
    receipt,
    receivables_of,
    take,
    usd,
)
from tests.support.world import INC, World

UA = f"{INC}.{JAN}.UA"
BAD_DEBT = "6800"
RETURNED = CashDecision(reason="returned by the bank")


def written_off(world: World, request: str = "W-1") -> Invoice:
    return world.credit_and_approve(UA, request, reason="uncollectible")


def parts(world: World) -> dict[str, Decimal]:
    statement = cash_statement(receivables_of(world), world.dispute_book)
    assert statement.balances
    return {name: amount for name, amount in statement.equations[0].parts.items() if amount}


def test_what_a_receipt_paid_is_not_written_off() -> None:
    world = cash_world(JAN)
    booked(world, take(world, receipt(usd("12.34"), remittance=number_of(world, JAN))))
    assert written_off(world).totals.gross == usd("-17.66")
    assert open_of(world, JAN) == usd(0)
    assert parts(world) == {"paid": Decimal("12.34"), "written off": Decimal("17.66")}
    assert (in_books(world, RECEIVABLE), in_books(world, BAD_DEBT)) == ("0.00", "17.66")


def test_a_paid_invoice_is_not_written_off() -> None:
    world = cash_world(JAN)
    take(world, receipt(usd(30), remittance=number_of(world, JAN)))
    with pytest.raises(InvalidInput, match="nothing is open of SKY-US-2013-000001"):
        world.credit(UA, reason="uncollectible")


def test_what_is_open_again_after_a_write_off_is_written_off_by_another() -> None:
    world = cash_world(JAN)
    state = take(world, receipt(usd(10), remittance=number_of(world, JAN)))
    assert written_off(world).totals.gross == usd(-20)
    desk_of(world).give_back(state.receipt.id, usd(10), UseKind.RETURNED, RETURNED)
    assert open_of(world, JAN) == usd(10)
    assert written_off(world, "W-2").totals.gross == usd(-10)
    assert parts(world) == {"written off": Decimal(30)}
    with pytest.raises(InvalidInput, match="nothing is open"):
        world.credit(UA, "W-3", reason="uncollectible")
    with pytest.raises(InvalidInput, match="was written off"):
        world.credit(UA, "C-1")


def test_what_is_open_is_written_off_with_its_share_in_the_books() -> None:
    """30.00 EUR are booked with 37.50 USD; a third is paid with 12.50 USD of the receivable: 25.00 USD are given up."""
    world = euro_world(JAN)
    booked(world, take(world, receipt(eur(10), remittance=number_of(world, JAN))))
    gone = written_off(world)
    assert (gone.totals.gross, gone.in_books.gross) == (eur(-20), usd(-25))
    assert (in_books(world, RECEIVABLE), in_books(world, BAD_DEBT)) == ("0.00", "25.00")


def test_lines_share_what_is_open_to_the_cent() -> None:
    """30.00 and 3 flights of 1.00 are billed; 10.01 are paid of 33.00, and 22.99 are shared by 10 to 1."""
    world = cash_world()
    world.ingest(events(3))
    assert bill(world, JAN) is not None
    take(world, receipt(usd("10.01"), remittance=number_of(world, JAN)))
    gone = written_off(world)
    assert [line.amounts.gross.text for line in gone.lines] == ["-20.90", "-2.09"]


def test_what_is_paid_before_the_approval_is_not_written_off() -> None:
    """30.00 are open when it is asked for, and 10.00 when it is approved: those are written off by another request."""
    world = cash_world(JAN)
    asked = world.credit(UA, "W-1", reason="uncollectible")
    take(world, receipt(usd(20), remittance=number_of(world, JAN)))
    exception = f"{asked.document}.001"
    world.decide(exception, "approved", "ben")
    outdated = world.apply(exception)
    assert (outdated.outcome, open_of(world, JAN)) == (ApplyOutcome.OUTDATED, usd(10))
    assert "30.00 USD of SKY-US-2013-000001 would be written off, of which 10.00 USD are open" in outdated.reason
    assert outdated.raised is not None
    assert not world.exception_store.state(outdated.raised).opened.can_approve
    world.decide(outdated.raised, "rejected", "ben")
    assert written_off(world, "W-2").totals.gross == usd(-10)
    assert parts(world) == {"paid": Decimal(20), "written off": Decimal(10)}


def test_a_write_off_that_was_released_is_released_again_without_change() -> None:
    world = cash_world(JAN)
    asked = world.credit(UA, "W-1", reason="uncollectible")
    world.decide(f"{asked.document}.001", "approved", "ben")
    first = world.apply(f"{asked.document}.001")
    assert (first.outcome, world.apply(f"{asked.document}.001")) == (ApplyOutcome.RELEASED, first)
