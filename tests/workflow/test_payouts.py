"""Payouts of gateways: found at the bank, made of what they settle, or a variance until they are."""

import pytest

from billproof.errors import InvalidInput
from billproof.money import Money
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.gateway_model import GatewayTold
from billproof.payments.model import ReceiptStatus
from billproof.payments.service import read_payment_event
from billproof.payments.settlement import gateway_balance
from billproof.reconciliation.model import Cause
from tests.support.balances import FEB, JAN
from tests.support.bank_days import apply_all, entry, of_day, put
from tests.support.cash import number_of, open_of, receipt, usd
from tests.support.gateways import (
    CARDS,
    NOW,
    charge_row,
    deliver,
    gateway_world,
    on_accounts,
    paid_by_card,
    report,
    take_message,
)
from tests.support.world import INC, World


def test_a_payout_that_the_bank_tells_of_first_is_no_customers_payment() -> None:
    world = gateway_world(JAN)
    put(world, of_day(8, "0", entry("28.83", 8, reference="b-1", remittance=f"Card Processor {number_of(world, JAN)}")))
    apply_all(world)
    (state,) = world.cash_book.received(INC)
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.PROPOSED, usd(30))
    report(world, charge_row(world), "2013-02-06,payout,po-1,,,-28.83,,,")
    deliver(world)
    state = world.cash_book.state(INC, state.receipt.id)
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.PAID_OUT, usd(0))
    assert world.gateway_book.receipt_of_payout(INC, CARDS, "po-1") == state.receipt.id
    assert on_accounts(world) == {"cash": "28.83", "fees": "1.17", "receivable": "-30.00"}


@pytest.mark.parametrize(
    ("amount", "day", "text"),
    [("28.82", 8, "Card Processor"), ("28.83", 10, "Card Processor"), ("28.83", 8, "Card Proc")],
    ids=["another amount", "too late", "nobody's"],
)
def test_what_is_not_the_payout_is_not_found(amount: str, day: int, text: str) -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world), "2013-02-06,payout,po-1,,,-28.83,,,")
    deliver(world)
    put(world, of_day(day, "0", entry(amount, day, reference="b-1", remittance=text)))
    apply_all(world)
    assert world.gateway_book.receipt_of_payout(INC, CARDS, "po-1") is None
    assert on_accounts(world)["clearing"] == "28.83"


def test_two_payouts_of_one_amount_are_two_credits() -> None:
    world = gateway_world(JAN)
    report(world, "2013-02-06,payout,po-1,,,-5.00,,,", "2013-02-06,payout,po-2,,,-5.00,,,")
    deliver(world)
    named = entry("5", 7, reference="b-1", remittance="Card Processor po-2")
    put(world, of_day(7, "0", named, entry("5", 7, remittance="Card Processor")))
    apply_all(world)
    receipts = {world.gateway_book.receipt_of_payout(INC, CARDS, payout) for payout in ("po-1", "po-2")}
    assert receipts == {state.receipt.id for state in world.cash_book.received(INC)}


def causes(world: World, month: str = JAN) -> list[tuple[Cause, str, Money, Money]]:
    wanted = {Cause.PAYOUT_DIFFERS, Cause.PAYOUT_NOT_FOUND, Cause.CHARGE_UNKNOWN, Cause.CASH_NOT_POSTED}
    wanted.add(Cause.GATEWAY_DIFFERENCE)
    return [
        (one.cause, one.external_reference, one.invoiced, one.posted)
        for one in world.reconcile(period=month).variances
        if one.cause in wanted
    ]


def test_a_payout_that_does_not_add_up_or_is_not_at_the_bank_is_a_variance_until_it_is() -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world), "2013-02-06,payout,po-1,,,-26.83,,,")
    deliver(world)
    assert causes(world) == [
        (Cause.PAYOUT_DIFFERS, "cards/po-1", usd("28.83"), usd("26.83")),
        (Cause.PAYOUT_NOT_FOUND, "cards/po-1", usd("26.83"), usd(0)),
    ]
    put(world, of_day(8, "0", entry("26.83", 8, reference="b-1", remittance="Card Processor po-1")))
    apply_all(world)
    report(world, "2013-02-06,monthly fee,fee-1,,po-1,-2.00,,,", name="missing.csv")
    deliver(world)
    assert causes(world) == []


def test_a_refund_of_a_charge_that_nobody_told_of_waits_and_is_a_variance() -> None:
    world = gateway_world(JAN)
    report(world, "2013-02-05,refund,re-1,ch-1,,-10.00,,,")
    deliver(world)
    assert causes(world) == [(Cause.CHARGE_UNKNOWN, "cards/re-1", usd(-10), usd(0))]
    report(world, charge_row(world), name="late.csv")
    deliver(world)
    assert causes(world) == []
    assert paid_by_card(world, "ch-1").refunded.amount == usd(10)


def test_a_fee_that_was_never_booked_is_a_variance() -> None:
    world = gateway_world(JAN)
    report(world, "2013-02-05,monthly fee,fee-1,,,-2.00,,,")
    (body,) = world.payment_events.bodies
    event = read_payment_event(body)
    assert isinstance(event, GatewayTold)
    world.gateway_book.keep(event.movement)  # and the call dies
    assert causes(world) == [(Cause.CASH_NOT_POSTED, event.movement.id, usd(2), usd(0))]
    deliver(world)
    assert causes(world) == []


def test_what_a_gateway_holds_is_what_its_clearing_account_holds() -> None:
    world = gateway_world(JAN, FEB)
    report(
        world,
        charge_row(world),
        charge_row(world, FEB, "ch-2"),
        "2013-02-06,payout,po-1,,,-20.00,,,",
        "2013-02-12,payout,po-2,,,-8.00,,,",
    )
    deliver(world)
    put(world, of_day(8, "0", entry("20", 8, reference="b-1", remittance="Card Processor")))
    apply_all(world)
    entity = world.directory.legal_entity(INC)
    balance = gateway_balance(entity.gateway(CARDS), entity, world.gateway_book)
    assert (balance.held, balance.on_the_way) == (usd("29.66"), usd(8))
    assert on_accounts(world)["clearing"] == (balance.held + balance.on_the_way).text
    assert [payout.is_sound for payout in balance.payouts] == [False, False]


def test_a_payout_that_a_person_gave_to_a_customer_is_a_payout_again_once_that_is_undone() -> None:
    world = gateway_world(JAN)
    put(world, of_day(8, "0", entry("28.83", 8, reference="b-1", remittance="Card Processor")))
    apply_all(world)
    (state,) = world.cash_book.received(INC)
    said = {"legal_entity": INC, "receipt": state.receipt.id, "reason": "their payment"}
    pays = {"account": "UA", "pays": [{"number": number_of(world, JAN), "amount": "28.83"}]}

    def decide(**fields: object) -> None:
        decision = ReceiptDecision.model_validate(said | fields)
        sources = world.cash_sources(NOW)
        decide_receipt(decision, decided_by="ben", sources=sources, events=world.payment_events)
        deliver(world)

    decide(verdict="applied", **pays)
    report(world, charge_row(world), "2013-02-06,payout,po-1,,,-28.83,,,")
    deliver(world)
    assert world.gateway_book.receipt_of_payout(INC, CARDS, "po-1") is None
    decide(verdict="reversed")
    assert world.gateway_book.receipt_of_payout(INC, CARDS, "po-1") == state.receipt.id
    assert world.cash_book.state(INC, state.receipt.id).status is ReceiptStatus.PAID_OUT
    assert on_accounts(world)["cash"] == "28.83"
    assert "clearing" not in on_accounts(world)


def test_a_payout_is_found_though_a_whole_month_lies_within_its_days() -> None:
    """Within 40 days of 24 January to 5 March lies all of February, in which the payout is."""
    world = gateway_world(JAN, days_to_arrive=40)
    report(world, "2013-02-27,payout,po-9,,,-5.00,,,")
    deliver(world)
    arrived = receipt(usd("5.00"), "z1", booked_on="2013-03-05", remittance="Card Processor")
    take_message(world, f'{{"kind": "receipt", "receipt": {arrived.model_dump_json()}}}')
    assert world.gateway_book.receipt_of_payout(INC, CARDS, "po-9") is not None


def test_what_a_gateway_took_back_and_no_receipt_gave_is_a_variance() -> None:
    """30.00 are refunded and then disputed: the dispute is refused, and the gateway holds 30.00 less than the books."""
    world = gateway_world(JAN)
    report(world, charge_row(world), "2013-02-05,refund,re-1,ch-1,,-30.00,,,")
    deliver(world)
    assert causes(world) == []
    report(world, "2013-02-06,chargeback,d-1,ch-1,,-30.00,,,", name="later")
    with pytest.raises(InvalidInput):
        deliver(world)
    wanted = [(Cause.GATEWAY_DIFFERENCE, "cards/d-1", usd(0), usd(-30))]
    assert [found for month in (JAN, FEB) for found in causes(world, month)] == wanted
