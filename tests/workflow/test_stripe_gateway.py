"""What customers pay by Stripe: events say which transactions of its balance are new, and those are booked."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.adapters.stripe.balances import StripeBalances
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.conservation.cash import cash_statement
from billproof.errors import BillproofError, ExternalServiceUnavailable, InvalidInput
from billproof.payments.gateway_balance import BalanceChanged
from billproof.payments.settlement import gateway_balance
from billproof.receivables.disputes import CreditOutcomes, DisputeStatus
from tests.support.balances import FEB, JAN
from tests.support.bank_days import apply_all, entry, of_day, put
from tests.support.cash import open_of, receivables_of, usd
from tests.support.gateways import CARDS, NOW, on_accounts, paid_by_card
from tests.support.levels import LEVEL
from tests.support.stripe_days import charged, end_of, everything
from tests.support.stripe_side import StripeSide
from tests.support.stripe_world import KEY
from tests.support.verifying import verified
from tests.support.world import INC

type Event = dict[str, Any]


def test_a_payout_is_its_charges_less_fees_refunds_and_disputes_and_is_found_at_the_bank() -> None:
    side = StripeSide(JAN, FEB)
    side.happens(
        charged(side),
        charged(side, "ch_2", FEB),
        side.account.refund("re_1", "ch_2", 1000),
    )
    side.account.moved("fee", "fee_of_the_month", -200)
    side.happens(side.account.payout("po_1"))
    assert on_accounts(side.world) == {"clearing": "45.66", "fees": "4.34", "receivable": "-50.00"}
    put(side.world, of_day(7, "0", entry("45.66", 7, reference="b-1", remittance="Card Processor STRIPE po_1")))
    apply_all(side.world)
    assert on_accounts(side.world) == {"cash": "45.66", "fees": "4.34", "receivable": "-50.00"}
    assert (open_of(side.world, JAN), open_of(side.world, FEB)) == (usd(0), usd(10))
    entity = side.world.directory.legal_entity(INC)
    balance = gateway_balance(entity.gateway(CARDS), entity, side.world.gateway_book)
    assert [payout.is_sound for payout in balance.payouts] == [True]
    assert balance.held.is_zero
    assert cash_statement(receivables_of(side.world), side.world.dispute_book).balances
    side.world.settle()
    assert verified(side.world).findings == ()


def test_a_dispute_is_opened_with_its_fee_and_a_win_pays_the_invoice_again() -> None:
    side = StripeSide(JAN)
    side.happens(charged(side), side.account.dispute("dp_1", "ch_1", 3000))
    assert (open_of(side.world, JAN), on_accounts(side.world)) == (usd(30), {"clearing": "-16.17", "fees": "16.17"})
    side.happens(side.account.wins("dp_1", fee=-1500))
    assert on_accounts(side.world) == {"clearing": "28.83", "fees": "1.17", "receivable": "-30.00"}
    (dispute,) = side.world.dispute_book.of_account(INC, "UA")
    assert dispute.status(CreditOutcomes()) is DisputeStatus.REJECTED


def test_what_a_dispute_takes_once_more_after_a_win_is_another_movement() -> None:
    side = StripeSide(JAN)
    side.happens(charged(side))
    side.happens(side.account.dispute("dp_1", "ch_1", 3000))
    side.happens(side.account.wins("dp_1"))
    assert open_of(side.world, JAN) == usd(0)
    side.happens(side.account.withdraws_again("dp_1"))
    assert open_of(side.world, JAN) == usd(30)
    of_charge = side.world.gateway_book.of_charge(INC, CARDS, "ch_1")
    names = [(one.movement.value, one.reference) for one in of_charge]
    assert names == [("dispute", "dp_1"), ("dispute", "dp_1/2"), ("dispute_won", "dp_1")]
    entity = side.world.directory.legal_entity(INC)
    assert gateway_balance(entity.gateway(CARDS), entity, side.world.gateway_book).held == usd("-16.17")
    assert cash_statement(receivables_of(side.world), side.world.dispute_book).balances


def test_a_dispute_that_is_lost_is_a_fact_and_moves_nothing() -> None:
    side = StripeSide(JAN)
    side.happens(charged(side), side.account.dispute("dp_1", "ch_1", 3000), side.account.loses("dp_1"))
    (dispute,) = side.world.dispute_book.of_account(INC, "UA")
    assert (dispute.status(CreditOutcomes()), open_of(side.world, JAN)) == (DisputeStatus.OPEN, usd(30))
    kept = side.world.gateway_book.of_charge(INC, CARDS, "ch_1")
    assert [one.movement.value for one in kept] == ["dispute", "dispute_lost"]


def test_the_money_of_a_refund_that_failed_is_a_receipt_that_a_person_decides_about() -> None:
    side = StripeSide(JAN)
    side.happens(charged(side), side.account.refund("re_1", "ch_1", 3000), side.account.refund_fails("re_1"))
    assert on_accounts(side.world) == {"clearing": "28.83", "fees": "1.17", "unapplied": "-30.00"}
    failed = side.account.sources["re_1"]["failure_balance_transaction"]
    assert paid_by_card(side.world, failed).receipt.remittance == "refund re_1 did not arrive"


@pytest.mark.long
@settings(max_examples=8 * LEVEL, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_in_any_order_twice_or_late_events_come_to_the_same(seed: int) -> None:
    """Of events and of the messages that come of them, any is taken before, after or twice."""
    draw = random.Random(seed)
    plain, side = StripeSide(JAN, FEB), StripeSide(JAN, FEB)
    plain.happens(everything(plain))
    events = everything(side)
    late = [event for event in events if draw.random() < 0.3]
    for some in ([event for event in events if event not in late], late):
        side.tell(*draw.sample(some + draw.choices(some, k=2) if some else [], k=len(some) + (2 if some else 0)))
        while bodies := side.waiting():
            for body in draw.sample(bodies + draw.choices(bodies, k=2), k=len(bodies) + 2):
                side.take(body)
    assert end_of(side) == end_of(plain)
    assert on_accounts(side.world) == {"clearing": "32.66", "fees": "17.34", "receivable": "-50.00"}


def test_a_payout_of_many_transactions_is_read_a_page_at_a_time() -> None:
    side = StripeSide()
    for number in range(250):
        side.account.charge(f"ch_{number}", 100)
    side.happens(side.account.payout("po_1"))
    assert len(side.world.gateway_book.items(INC, CARDS, "po_1")) == 250
    assert len([path for _, path in side.client.calls if path == "/v1/balance_transactions"]) == 3


def test_a_charge_that_is_described_otherwise_later_is_the_same_one() -> None:
    side = StripeSide(JAN)
    side.happens(charged(side))
    side.account.sources["ch_1"] |= {"description": "called about it", "billing_details": {"name": "United Airlines"}}
    side.happens(side.account.payout("po_1"))
    assert paid_by_card(side.world, "ch_1").receipt.payer.name == "United"
    assert {one.reference for one in side.world.gateway_book.items(INC, CARDS, "po_1")} == {"ch_1", "txn_1"}


@pytest.mark.parametrize("status", ["pending", "in_transit"])
def test_a_payout_is_told_once_its_day_is_final(status: str) -> None:
    side = StripeSide()
    side.account.charge("ch_1", 100)
    created, *_ = side.account.payout("po_1", status=status)
    side.account.sources["po_1"]["status"] = status
    side.happens(created)
    assert side.world.gateway_book.payouts(INC, CARDS) == []


def test_a_payout_that_was_canceled_moved_nothing() -> None:
    side = StripeSide()
    side.account.charge("ch_1", 100)
    side.account.payout("po_1")
    back = side.account.moved("payout_reversal", "po_1", 100)
    side.account.sources["po_1"] |= {
        "status": "canceled",
        "failure_balance_transaction": back,
        "reconciliation_status": "not_applicable",
    }
    side.happens(side.account.event("payout.canceled", "po_1"))
    assert side.world.gateway_book.payouts(INC, CARDS) == []
    assert on_accounts(side.world) == {}


def test_what_is_no_movement_of_ours_is_set_apart_with_a_reason_and_the_rest_is_taken() -> None:
    side = StripeSide(JAN)
    charged(side)
    reserved = side.account.moved("connect_reserved_funds", "rsv_1", -500)
    side.tell(*side.account.payout("po_1"))
    refused: list[BillproofError] = []
    while bodies := side.waiting():
        for body in bodies:
            try:
                side.take(body)
            except InvalidInput as error:
                refused.append(error)
    (reserve,) = refused
    assert str(reserve) == (
        "nobody books a balance transaction of the category connect_reserved_funds yet: a person does "
        f"(transaction={reserved})"
    )
    assert open_of(side.world, JAN) == usd(0)
    entity = side.world.directory.legal_entity(INC)
    (payout,) = gateway_balance(entity.gateway(CARDS), entity, side.world.gateway_book).payouts
    assert payout.difference == usd(-5)


@pytest.mark.parametrize(
    ("currency", "what"), [("eur", "the gateway's account is in USD, and this in EUR"), ("xxx", "'XXX' is not")]
)
def test_another_currency_is_refused_with_a_reason(currency: str, what: str) -> None:
    side = StripeSide(JAN)
    side.account.currency = currency
    side.tell(charged(side))
    with pytest.raises(InvalidInput, match=what):
        side.work_off()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda side: side.client.__setattr__("failing", 5), ExternalServiceUnavailable),
        (lambda side: side.account.transactions.clear(), InvalidInput),
        (lambda side: side.account.sources["ch_1"].pop("id"), InvalidInput),
        (lambda side: side.account.transactions["txn_1"].update(amount=30.5), InvalidInput),
        (lambda side: side.account.transactions["txn_1"].update(created=10**18), InvalidInput),
        (lambda side: side.account.sources["ch_1"].update(billing_details=["?"]), InvalidInput),
    ],
)
def test_what_stripe_does_not_answer_or_not_as_documented_stays_in_the_queue(
    change: Callable[[StripeSide], object], error: type[BillproofError]
) -> None:
    side = StripeSide(JAN)
    side.tell(charged(side))
    change(side)
    with pytest.raises(error):
        side.work_off()
    assert on_accounts(side.world) == {}


def test_without_a_key_nothing_is_asked() -> None:
    side = StripeSide(JAN)
    side.tell(charged(side))
    (body,) = side.waiting()
    body = body.replace('"source":"cards"', '"source":"others"')
    with pytest.raises(InvalidInput, match="no gateway of that name"):
        side.take(body)
    assert side.client.calls == []


@pytest.mark.parametrize(("livemode", "asked"), [(False, "http://127.0.0.1:8420"), (True, "https://api.stripe.com")])
def test_a_stand_in_is_asked_where_its_address_is_named_and_never_for_what_is_live(livemode: bool, asked: str) -> None:  # noqa: FBT001
    side = StripeSide(JAN, livemode=livemode)
    named = GatewaySecrets(
        lambda: json.dumps({INC: {CARDS: KEY, f"{CARDS}:address": "http://127.0.0.1:8420"}}), lambda: NOW
    )
    entity = side.world.directory.legal_entity(INC)
    charge = side.account.charge("ch_1", 3000)["data"]["object"]
    change = BalanceChanged.model_validate(
        {"kind": "balance", "legal_entity": INC, "source": CARDS, "transactions": [charge["balance_transaction"]]}
    )
    page = StripeBalances(named, http_client=side.client).read(change, entity, entity.gateway(CARDS))
    assert [movement.amount for movement in page.movements] == [usd(30)]
    assert side.client.hosts == {asked}
