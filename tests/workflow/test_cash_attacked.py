"""What an attack on payments came through with: a careful person would have hesitated, or money was not heard of."""

from functools import partial

import pytest
from pydantic import ValidationError

from billproof.conservation.cash import cash_statement
from billproof.errors import Conflict
from billproof.payments.cash import ReceiptState
from billproof.payments.desk import CashDecision
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.matching.names import comparable_name, name_index
from billproof.payments.matching.numbers import read_numbers
from billproof.payments.model import CashReceipt, ReceiptStatus, UseKind
from billproof.payments.service import read_payment_event
from tests.support.balances import JAN
from tests.support.cash import cash_world, desk_of, number_of, open_of, receipt, receivables_of, take, usd
from tests.support.world import INC, World

BEN = CashDecision(by="ben", reason="the customer asked for it")


def matched(world: World, arrived: CashReceipt) -> ReceiptState:
    return take(world, arrived, partial(match, earlier=EarlierCash(world.cash_book)))


def test_another_amount_for_the_same_reason_is_refused_and_not_swallowed() -> None:
    world = cash_world(JAN)
    receipt_id = take(world, receipt(usd(30))).receipt.id
    desk_of(world).give_back(receipt_id, usd(10), UseKind.REFUNDED, BEN)
    with pytest.raises(Conflict, match=r"10\.00 USD was refunded for the same reason"):
        desk_of(world).give_back(receipt_id, usd(5), UseKind.REFUNDED, BEN)
    assert desk_of(world).give_back(receipt_id, usd(10), UseKind.REFUNDED, BEN).refunded.amount == usd(10)
    assert cash_statement(receivables_of(world), world.dispute_book).balances


def test_a_return_without_a_reference_is_refused() -> None:
    body = (
        '{"kind": "returned", "legal_entity": "skymeter-inc", "channel": "bank", "source": "A", "original": "1",'
        ' "reference": "%s", "amount": {"amount": "1.00", "currency": "USD"}}'
    )
    read_payment_event(body % "R1")
    for reference in ("", "x" * 257):
        with pytest.raises(ValidationError):
            read_payment_event(body % reference)


def test_a_part_that_is_dated_to_the_first_days_of_all_is_matched() -> None:
    world = cash_world(JAN)
    number = number_of(world, JAN)
    take(world, receipt(usd(10), "1", remittance=number))
    state = matched(world, receipt(usd(10), "2", remittance=number, booked_on="0001-01-02"))
    assert state.status is ReceiptStatus.PROPOSED


def test_what_names_nobody_is_not_remembered_as_somebody() -> None:
    world = cash_world(JAN)
    for payer in ({"name": "-"}, {"account": "NOTPROVIDED"}, {"name": "unknown"}, {"account": "0000000000"}):
        first = matched(world, receipt(usd(7), f"1 {payer}", payer=payer))
        desk_of(world).decide(first.receipt.id, account="UA", payments=[], decision=BEN)
        assert matched(world, receipt(usd(30), f"2 {payer}", payer=payer)).status is ReceiptStatus.PROPOSED
    assert open_of(world, JAN) == usd(30)


def test_a_remembered_bank_account_with_a_name_of_signs_alone_is_not_surely_its_account() -> None:
    world = cash_world(JAN)
    first = matched(world, receipt(usd(7), "1", payer={"account": "DE1"}))
    desk_of(world).decide(first.receipt.id, account="UA", payments=[], decision=BEN)
    assert matched(world, receipt(usd(30), "2", payer={"account": "DE1", "name": "***"})).uses[-1].settlements == ()


def test_a_number_of_another_legal_entity_is_no_shortened_or_mistyped_one_of_ours() -> None:
    world = cash_world(JAN)
    ours, number = world.directory.legal_entity(INC), number_of(world, JAN)
    name = receivables_of(world).names()["UA"]
    for sister in ("SKY-EU", "SKY-UK"):
        world.publish(ours.model_copy(update={"id": sister.lower(), "version": 1, "number_prefix": sister}))
        theirs = number.replace(ours.number_prefix, sister)
        assert theirs != number
        state = matched(world, receipt(usd(30), sister, payer={"name": name}, remittance=f"Invoice {theirs}"))
        assert state.status is ReceiptStatus.PROPOSED
    assert open_of(world, JAN) == usd(30)


def test_a_name_that_differs_as_names_of_two_companies_do_is_not_surely_its_account() -> None:
    for name, other in (
        ("West Coast Trading Inc.", "East Coast Trading"),
        ("Hotel Betrieb 21 GmbH", "Hotel Betrieb 22 GmbH"),
        ("North Sea Trading and Logistics", "South Sea Trading and Logistics"),
    ):
        index = name_index((("UA", name),))
        assert not index.is_clearly("UA", comparable_name(other))
    assert name_index((("UA", "Coastal Airlines"),)).is_clearly("UA", comparable_name("Coastal Arilines"))


@pytest.mark.parametrize("text", ["SKY-US-2013-00000\u0130", "SKY-US-20\u01303-000001"])
def test_a_letter_that_ignoring_case_takes_for_another_is_read_as_that(text: str) -> None:
    numbers = read_numbers(text, ("SKY-US",))
    assert (numbers.clean, numbers.corrected) == ([], ["SKY-US-2013-000001"])
