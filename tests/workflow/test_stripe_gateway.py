"""What customers pay by Stripe: events say which transactions of its balance are new, and those are booked."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from billproof.adapters.stripe.events import messages_of, partner_event
from billproof.adapters.stripe.signatures import signature
from billproof.conservation.cash import cash_statement
from billproof.errors import BillproofError, ExternalServiceUnavailable, InvalidInput, NotFound
from billproof.payments.gateway_balance import read_balance_change
from billproof.payments.settlement import gateway_balance
from billproof.receivables.disputes import CreditOutcomes, DisputeStatus
from tests.support.balances import FEB, JAN
from tests.support.bank_days import apply_all, entry, of_day, put
from tests.support.cash import number_of, open_of, receivables_of, usd
from tests.support.gateways import CARDS, gateway_world, on_accounts, paid_by_card
from tests.support.stripe_account import FINGERPRINT, LAST_DIGITS, FakeAccount
from tests.support.stripe_world import OLD_SECRET, SECRET, STRIPE, StripeSide, call
from tests.support.verifying import verified
from tests.support.world import EUROPE, INC

type Event = dict[str, Any]


def charged(side: StripeSide, name: str = "ch_1", month: str = JAN) -> Event:
    """A customer pays an invoice of 30.00 by card, and says which in the metadata; Stripe keeps 1.17."""
    return side.account.charge(name, 3000, fee=117, metadata={"invoice": number_of(side.world, month)})


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


def test_a_dispute_that_is_lost_is_a_fact_and_moves_nothing() -> None:
    side = StripeSide(JAN)
    side.happens(charged(side), side.account.dispute("dp_1", "ch_1", 3000), side.account.loses("dp_1"))
    (dispute,) = side.world.dispute_book.of_account(INC, "UA")
    assert (dispute.status(CreditOutcomes()), open_of(side.world, JAN)) == (DisputeStatus.OPEN, usd(30))
    told = side.world.gateway_book.of_charge(INC, CARDS, "ch_1")
    assert [one.movement.value for one in told] == ["dispute", "dispute_lost"]


def test_the_money_of_a_refund_that_failed_is_a_receipt_that_a_person_decides_about() -> None:
    side = StripeSide(JAN)
    side.happens(charged(side), side.account.refund("re_1", "ch_1", 3000), side.account.refund_fails("re_1"))
    assert on_accounts(side.world) == {"clearing": "28.83", "fees": "1.17", "unapplied": "-30.00"}
    failed = side.account.sources["re_1"]["failure_balance_transaction"]
    assert paid_by_card(side.world, failed).receipt.remittance == "refund re_1 did not arrive"


def everything(side: StripeSide) -> list[Event]:
    """Two charges, of one a part refunded, the other disputed and won, and a payout of all that."""
    account = side.account
    events = [charged(side), charged(side, "ch_2", FEB), account.refund("re_1", "ch_1", 1000)]
    events += [account.dispute("dp_1", "ch_2", 3000), *account.wins("dp_1")]
    return [*events, *account.payout("po_1")]


def end_of(side: StripeSide) -> object:
    entity = side.world.directory.legal_entity(INC)
    balance = gateway_balance(entity.gateway(CARDS), entity, side.world.gateway_book)
    opens = [open_of(side.world, month) for month in (JAN, FEB)]
    disputes = [dispute.status(CreditOutcomes()) for dispute in side.world.dispute_book.of_account(INC, "UA")]
    return balance, on_accounts(side.world), opens, disputes


@settings(max_examples=15, deadline=None)
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
    (error,) = refused
    assert str(error) == (
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


# ------------------------------------------------------------------------------------------------------- the webhook


def test_nothing_of_a_card_goes_further_than_the_signature() -> None:
    side = StripeSide(JAN)
    side.happens(charged(side), side.account.refund("re_1", "ch_1", 1000))
    side.tell(side.account.event("charge.updated", "ch_1"))
    kept = str([records.items for records in side.world.records.values()]) + str(side.world.payment_events.bodies)
    assert "ch_1" in kept
    assert all(private not in kept for private in (f'"{LAST_DIGITS}"', FINGERPRINT, "exp_year", "paying@united"))


def test_an_event_about_something_else_is_acknowledged_and_counted() -> None:
    side = StripeSide()
    other = {
        "object": "event",
        "type": "customer.created",
        "livemode": False,
        "data": {"object": {"object": "customer"}},
    }
    side.tell(other, other | {"type": "something.new", "data": {"object": {"object": "novelty"}}})
    assert [answer["outcome"] for answer in side.answers] == ["ignored", "ignored"]
    assert side.world.payment_events.bodies == []


def test_a_charge_of_which_nothing_moved_yet_is_ignored() -> None:
    """A payment that is not captured, or failed, moves no balance."""
    side = StripeSide()
    event = side.account.charge("ch_1", 3000)
    event["data"]["object"]["balance_transaction"] = None
    side.tell(event, event | {"type": "charge.failed"})
    assert side.world.payment_events.bodies == []


def refused(side: StripeSide, event: Event, **fields: Any) -> tuple[int, str, str]:
    status, problem = call(side.world, json.dumps(event), **fields)
    assert side.world.payment_events.bodies == []
    return status, problem["code"], problem["detail"]


NOBODY = (401, "no_caller", "nobody who may call this signed it")


@pytest.mark.parametrize(
    "fields",
    [
        {"secret": "whsec_of_another"},
        {"header": ""},
        {"header": "t=,v1="},
        {"header": "v1=" + "0" * 64},
        {"header": "t=1363737601,t=1363737601,v1=" + "0" * 64},
        {"header": "t=1363737601,v1=\u00e9"},
        {"header": "t=1363737601," + "v1=0," * 1_000},
        {"later": 301},
        {"later": -301},
        {"gateway": "others"},
        {"legal_entity": EUROPE},
        {"legal_entity": "nobody"},
    ],
)
def test_what_no_secret_of_the_gateway_signed_now_is_refused_and_told_nothing(fields: dict[str, Any]) -> None:
    side = StripeSide()
    assert refused(side, side.account.charge("ch_1", 3000), **fields) == NOBODY


@pytest.mark.parametrize("fields", [{"secret": OLD_SECRET}, {"secret": SECRET}, {"later": 299}, {"later": -299}])
def test_while_a_secret_is_replaced_both_sign(fields: dict[str, Any]) -> None:
    side = StripeSide()
    assert call(side.world, json.dumps(side.account.charge("ch_1", 3000)), **fields)[0] == 200


def test_a_body_that_was_changed_by_one_letter_is_refused() -> None:
    side = StripeSide()
    body = json.dumps(side.account.charge("ch_1", 3000))
    at = str(int(side.world.now().timestamp()))
    header = f"t={at},v1={signature(body.encode(), at, SECRET)}"
    assert call(side.world, body, header=header)[0] == 200
    assert call(side.world, body.replace("ch_1", "ch_2"), header=header)[0] == 401
    assert call(side.world, body, header=header.replace(f"t={at}", f"t={int(at) + 1}"))[0] == 401


def test_a_body_that_is_too_large_is_refused() -> None:
    side = StripeSide()
    assert call(side.world, "x" * 1_000_001)[0] == 413


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"livemode": True}, "not of the test mode"),
        ({"livemode": None}, "not of the test mode"),
        ({"account": "acct_other"}, "another account"),
        ({"object": "v2.core.event"}, "no event of Stripe"),
        ({"data": {}}, "not as Stripe documents"),
        ({"data": []}, "not as Stripe documents"),
        ({"data": {"object": {"object": "charge", "balance_transaction": 7}}}, "transactions"),
        ({"data": {"object": {"object": "charge", "balance_transaction": {}}}}, "not as Stripe documents"),
        ({"data": {"object": {"object": "payout", "reconciliation_status": "completed"}}}, "not as Stripe documents"),
    ],
)
def test_an_event_of_another_account_or_shape_is_refused_with_a_reason(change: Event, what: str) -> None:
    side = StripeSide()
    status, code, detail = refused(side, side.account.charge("ch_1", 3000) | change)
    assert (status, code) == (422, "invalid_input")
    assert what in detail


@pytest.mark.parametrize("body", ["{", "[]", "null", "[" * 100_000, '"event"'])
def test_what_is_signed_and_no_event_is_refused(body: str) -> None:
    assert call(StripeSide().world, body)[0] == 422


def test_a_gateway_that_is_not_stripe_takes_no_event_of_it() -> None:
    world = gateway_world()
    entity = world.directory.legal_entity(INC)
    with pytest.raises(InvalidInput, match="no account of Stripe"):
        messages_of(FakeAccount().charge("ch_1", 100), entity, entity.gateway(CARDS))


# -------------------------------------------------------------------------------------------------------- EventBridge


def envelope(detail: object, destination: str = "ed_test_skymeter") -> str:
    return json.dumps(
        {
            "version": "0",
            "id": "8d5b1d1c-0000-4000-8000-000000000000",
            "detail-type": "charge.succeeded",
            "source": f"aws.partner/stripe.com/{destination}",
            "account": "123456789012",
            "time": "2013-02-04T12:00:00Z",
            "region": "us-east-1",
            "resources": [f"arn:aws:events:us-east-1::event-source/aws.partner/stripe.com/{destination}"],
            "detail": detail,
        }
    )


def test_an_event_of_the_partner_bus_says_the_same_as_the_webhook() -> None:
    side = StripeSide(JAN)
    event = charged(side)
    side.tell(event)
    (body,) = side.waiting()
    taken = partner_event(envelope(event), side.world.directory)
    assert taken == (INC, [read_balance_change(body)])


def test_an_event_of_no_gateways_destination_is_refused() -> None:
    side = StripeSide(JAN)
    with pytest.raises(InvalidInput, match="no gateway has the event destination"):
        partner_event(envelope(charged(side), "ed_test_other"), side.world.directory)
    with pytest.raises(InvalidInput, match="no event of Stripe"):
        partner_event(envelope(None), side.world.directory)


@pytest.mark.parametrize("body", ["{", "[]", '"aws.partner/stripe.com/"', '{"source": "aws.partner/stripe.co/ed_1"}'])
def test_every_other_message_is_no_event_of_the_partner_bus(body: str) -> None:
    assert partner_event(body, StripeSide().world.directory) is None
    assert read_balance_change(body) is None


# -------------------------------------------------------------------------------------------------- what is published


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"kind": "stripe", "report": None}, "names its account"),
        ({"stripe": STRIPE}, "names its account"),
        ({"kind": "stripe", "stripe": STRIPE}, "the format of its settlement reports"),
        ({"kind": "stripe", "report": None, "stripe": STRIPE | {"livemode": "true"}}, "livemode"),
        ({"kind": "stripe", "report": None, "stripe": STRIPE | {"account": "skymeter"}}, "account"),
    ],
)
def test_a_gateway_at_stripe_names_its_account_and_nothing_else(fields: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        gateway_world(**fields)


def test_a_legal_entity_that_nobody_knows_is_not_there() -> None:
    side = StripeSide()
    with pytest.raises(NotFound):
        side.take('{"kind": "balance", "legal_entity": "nobody", "source": "cards", "transactions": ["txn_1"]}')
