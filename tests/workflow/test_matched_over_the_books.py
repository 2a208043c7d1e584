"""The rules of matching over the real books: what they read there, and what the desk does with their answer."""

from functools import partial

import pytest

from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.model import CashReceipt, ReceiptStatus
from billproof.payments.references import payment_reference
from tests.support.balances import JAN
from tests.support.cash import cash_world, number_of, open_of, receipt, receivables_of, take, usd
from tests.support.world import World

FEB = "2013-02"


@pytest.fixture
def world() -> World:
    return cash_world(JAN, FEB)


def matched(world: World, arrived: CashReceipt) -> ReceiptState:
    return take(world, arrived, partial(match, earlier=EarlierCash(world.cash_book)))


def rule(state: ReceiptState) -> str:
    (use,) = state.uses
    assert use.match is not None
    return use.match.rule


def both_open(world: World) -> tuple[Money, Money]:
    return open_of(world, JAN), open_of(world, FEB)


def test_a_structured_reference_pays_its_invoice(world: World) -> None:
    state = matched(world, receipt(usd(30), structured=payment_reference(number_of(world, FEB))))
    assert (state.status, rule(state)) == (ReceiptStatus.APPLIED, "structured-reference")
    assert both_open(world) == (usd(30), usd(0))


@pytest.mark.parametrize("number", ["SKY-US-CN-2013-000001", "SKY-US-2013-000777"])
def test_a_number_of_a_credit_note_or_of_nothing_is_for_people(number: str, world: World) -> None:
    """UA owes two invoices of 30.00; a credit note has a number like that of the first of them."""
    payer = {"payer": {"name": receivables_of(world).names()["UA"]}}
    alone = matched(world, receipt(usd(30), "1", remittance=number, **payer))
    referenced = matched(world, receipt(usd(60), "2", structured=payment_reference(number), **payer))
    besides = matched(world, receipt(usd(30), "3", remittance=f"{number_of(world, JAN)} less {number}", **payer))
    short = matched(world, receipt(usd(26), "4", remittance=f"{number_of(world, JAN)} less {number}", **payer))
    assert {state.status for state in (alone, referenced, besides, short)} == {ReceiptStatus.PROPOSED}
    assert both_open(world) == (usd(30), usd(30))


def test_a_part_and_the_same_again_is_for_people(world: World) -> None:
    name = receivables_of(world).names()["UA"]
    part = {"remittance": f"invoice {number_of(world, JAN)}", "payer": {"name": name}}
    assert rule(matched(world, receipt(usd(10), "1", **part))) == "part-payment"
    again = matched(world, receipt(usd(10), "2", **part))
    assert (again.status, rule(again)) == (ReceiptStatus.PROPOSED, "part-payment")
    assert both_open(world) == (usd(20), usd(30))


def test_what_is_paid_already_stays_on_the_account(world: World) -> None:
    name = receivables_of(world).names()["UA"]
    whole = {"remittance": number_of(world, JAN), "payer": {"name": name}}
    matched(world, receipt(usd(30), "1", **whole))
    matched(world, receipt(usd(30), "2", structured=payment_reference(number_of(world, FEB))))
    again = matched(world, receipt(usd(30), "3", **whole))
    assert (again.status, rule(again), again.unapplied.amount) == (ReceiptStatus.ON_ACCOUNT, "duplicate", usd(30))


def test_what_names_nothing_and_fits_two_invoices_is_for_people(world: World) -> None:
    name = receivables_of(world).names()["UA"]
    state = matched(world, receipt(usd(30), payer={"name": name}))
    assert (state.status, rule(state)) == (ReceiptStatus.PROPOSED, "several-readings")
    assert both_open(world) == (usd(30), usd(30))


def test_the_cash_book_knows_what_came_shortly_before(world: World) -> None:
    first = receipt(usd(30), "1", structured=payment_reference(number_of(world, JAN)))
    earlier, second = EarlierCash(world.cash_book), receipt(usd(30), "2")
    assert not earlier.came(second, "UA", first.booked_on)
    matched(world, first)
    assert earlier.came(second, "UA", first.booked_on)
    assert not earlier.came(first, "UA", first.booked_on), "it is no other receipt"
    assert not earlier.came(receipt(usd(29), "2"), "UA", first.booked_on)
    assert not earlier.came(second, "UA", first.booked_on.replace(day=16))
    assert not earlier.came(second, "AA", first.booked_on)
    name = receivables_of(world).names()["UA"]
    state = matched(world, receipt(usd(30), "2", payer={"name": name}))
    assert (state.status, rule(state)) == (ReceiptStatus.PROPOSED, "exact-amount")
