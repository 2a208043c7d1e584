"""What customers pay by card: charges, refunds, disputes, fees and payouts, to the cent, in books and bank."""

import json
import re

import pytest
from pydantic import ValidationError

from billproof.conservation.cash import cash_statement
from billproof.errors import Conflict, InvalidInput, Unreadable
from billproof.masterdata.gateways import MovementOfGateway
from billproof.masterdata.parties import PaymentMethod
from billproof.payments.model import UseKind
from billproof.personal_numbers import without_card_numbers
from billproof.receivables.disputes import CreditOutcomes, DisputeStatus
from billproof.store_keys import PartitionName
from billproof_ops.paths import ROOT
from tests.support.balances import FEB, JAN
from tests.support.bank_days import apply_all, entry, of_day, put
from tests.support.cash import EURO_BANK, number_of, open_of, receivables_of, usd
from tests.support.gateways import (
    CARDS,
    CLEARING,
    FEES,
    GATEWAY,
    charge_row,
    deliver,
    gateway_world,
    on_accounts,
    paid_by_card,
    report,
    take_message,
)
from tests.support.verifying import verified
from tests.support.world import INC


def test_a_payout_is_its_charges_less_fees_refunds_and_disputes_and_the_clearing_account_comes_to_zero() -> None:
    world = gateway_world(JAN, FEB)
    rows = (
        charge_row(world),
        charge_row(world, FEB, "ch-2"),
        "2013-02-05,refund,re-1,ch-2,po-1,-10.00,,United,",
        "2013-02-05,monthly fee,fee-1,,po-1,-2.00,,,",
        "2013-02-06,payout,po-1,,,-45.66,,,",
    )
    assert report(world, *rows).movements == 7  # two of the charges' fees
    deliver(world)
    assert on_accounts(world) == {"clearing": "45.66", "fees": "4.34", "receivable": "-50.00"}
    put(world, of_day(8, "0", entry("45.66", 8, reference="b-1", remittance="Card Processor po-1")))
    apply_all(world)
    assert on_accounts(world) == {"cash": "45.66", "fees": "4.34", "receivable": "-50.00"}
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(0), usd(10))
    assert cash_statement(receivables_of(world), world.dispute_book).balances
    items = world.gateway_book.items(INC, CARDS, "po-1")
    assert usd(0).plus(item.amount for item in items) == usd("45.66")
    world.settle()
    assert verified(world).findings == ()


def test_a_refund_leaves_paid_what_is_still_owed() -> None:
    """30.00 by card, of which 10.00 go back: the other 20.00 still pay the invoice."""
    world = gateway_world(JAN)
    report(world, charge_row(world), "2013-02-05,refund,re-1,ch-1,,-10.00,,,")
    deliver(world)
    state = paid_by_card(world, "ch-1")
    assert (state.applied.amount, state.refunded.amount, open_of(world, JAN)) == (usd(20), usd(10), usd(10))
    kinds = [use.kind for use in state.uses]
    assert kinds == [UseKind.APPLIED, UseKind.REVERSED, UseKind.REFUNDED, UseKind.APPLIED]


def test_more_than_was_paid_never_goes_back() -> None:
    world = gateway_world(JAN)
    report(
        world,
        charge_row(world),
        "2013-02-05,refund,re-1,ch-1,,-20.00,,,",
        "2013-02-05,refund,re-2,ch-1,,-10.01,,,",
    )
    *fine, too_much = world.payment_events.bodies
    for body in fine:
        take_message(world, body)
    with pytest.raises(
        InvalidInput, match=r"10\.01 USD cannot go back by a refund of a charge of which 10\.00 USD are left"
    ):
        take_message(world, too_much)
    assert paid_by_card(world, "ch-1").refunded.amount == usd(20)


def test_a_dispute_opens_the_invoice_and_nobody_is_reminded_of_it() -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world), "2013-02-07,chargeback,dp-1,ch-1,,-30.00,15.00,,")
    deliver(world)
    assert open_of(world, JAN) == usd(30)
    (dispute,) = world.dispute_book.of_account(INC, "UA")
    assert (dispute.opened.amount, dispute.opened.opened_by) == (usd(30), "gateway cards")
    (ours,) = [
        equation
        for equation in cash_statement(receivables_of(world), world.dispute_book).equations
        if equation.code == "invoices released"
    ]
    assert (str(ours.parts["open"]), str(ours.parts["disputed"])) == ("0.00", "30.00")
    assert on_accounts(world) == {"clearing": "-16.17", "fees": "16.17"}


@pytest.mark.parametrize("taken", ["-30.00", "-12.50"])
def test_a_dispute_that_is_won_pays_the_invoice_again(taken: str) -> None:
    world = gateway_world(JAN)
    report(
        world,
        charge_row(world),
        f"2013-02-07,chargeback,dp-1,ch-1,,{taken},,,",
        f"2013-02-27,reversal,dp-1,ch-1,,{taken[1:]},,,",
    )
    deliver(world)
    assert open_of(world, JAN) == usd(0)
    (dispute,) = world.dispute_book.of_account(INC, "UA")
    assert dispute.opened.amount == usd(taken[1:])
    assert dispute.status(CreditOutcomes()) is DisputeStatus.REJECTED
    assert on_accounts(world) == {"clearing": "28.83", "fees": "1.17", "receivable": "-30.00"}
    assert cash_statement(receivables_of(world), world.dispute_book).balances


def test_a_dispute_that_is_lost_waits_for_a_person_and_moves_nothing() -> None:
    world = gateway_world(JAN)
    lost = ("2013-02-07,chargeback,dp-1,ch-1,,-30.00,,,", "2013-02-27,lost,dp-1,ch-1,,0.00,,,")
    report(world, charge_row(world), *lost)
    deliver(world)
    (dispute,) = world.dispute_book.of_account(INC, "UA")
    assert (dispute.status(CreditOutcomes()), open_of(world, JAN)) == (DisputeStatus.OPEN, usd(30))


def test_a_charge_that_was_disputed_and_won_is_refunded_of_what_came_again() -> None:
    world = gateway_world(JAN)
    report(
        world,
        charge_row(world),
        "2013-02-07,chargeback,dp-1,ch-1,,-30.00,,,",
        "2013-02-27,reversal,dp-1,ch-1,,30.00,,,",
        "2013-02-28,refund,re-1,ch-1,,-30.00,,,",
    )
    deliver(world)
    assert on_accounts(world) == {"clearing": "-1.17", "fees": "1.17"}
    assert open_of(world, JAN) == usd(30)


def test_one_reference_is_one_movement_of_one_payout() -> None:
    world = gateway_world(JAN)
    report(world, "2013-02-05,monthly fee,fee-1,,po-1,-2.00,,,")
    deliver(world)
    report(world, "2013-02-05,monthly fee,fee-1,,po-1,-3.00,,,")
    with pytest.raises(Conflict, match="one reference to two movements"):
        deliver(world)
    world.payment_events.bodies.clear()
    report(world, "2013-02-05,monthly fee,fee-1,,po-2,-2.00,,,")
    with pytest.raises(Conflict, match="part of another payout"):
        deliver(world)


def test_a_payout_that_is_told_later_settles_what_is_known() -> None:
    world = gateway_world(JAN)
    report(world, "2013-02-05,monthly fee,fee-1,,,-2.00,,,")
    deliver(world)
    report(world, "2013-02-05,monthly fee,fee-1,,po-1,-2.00,,,")
    deliver(world)
    assert [item.reference for item in world.gateway_book.items(INC, CARDS, "po-1")] == ["fee-1"]
    assert on_accounts(world) == {"clearing": "-2.00", "fees": "2.00"}


CARD = "4242 4242 4242 4242"


def test_a_cards_number_is_never_stored() -> None:
    world = gateway_world(JAN)
    report(world, f"2013-02-04,charge,ch-1,,po-1,30.00,1.17,{CARD},{number_of(world, JAN)} 4242424242424242")
    deliver(world)
    state = paid_by_card(world, "ch-1")
    assert (state.receipt.payer.name, open_of(world, JAN)) == ("card ending 4242", usd(0))
    kept = str([records.items for records in world.records.values()]) + str(world.payment_events.bodies)
    assert CARD not in kept
    assert CARD.replace(" ", "") not in kept


@pytest.mark.parametrize("between", ["", " ", "-", ".", "  ", "\u00a0"])
def test_a_cards_number_is_one_however_it_is_written(between: str) -> None:
    assert without_card_numbers(f"paid by {between.join(['4242'] * 4)}.") == "paid by card ending 4242."
    another = ["4242", "4242", "4242", "4243"]  # of which the check digit is wrong
    assert "ending" not in without_card_numbers(f"paid by {between.join(another)}.")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("2013-02-04,charge,4242424242424242,,,30.00,,,", "no card data is kept"),
        ("2013-02-04,charge,ch-1,,,-30.00,,,", "the amount of a charge has another sign"),
        ("2013-02-04,refund,re-1,ch-1,,30.00,,,", "the amount of a refund has another sign"),
        ("2013-02-04,refund,re-1,,,-30.00,,,", "names the charge that it is of"),
        ("2013-02-04,topup,t-1,,,30.00,,,", "does not say what this movement is"),
        ("2013-02-04,charge,,,,30.00,,,", "a day, an amount and a reference"),
        ("2013-02-04,charge,ch-1,,,30.001,,,", "finer than the minor unit"),
    ],
)
def test_a_report_with_something_wrong_in_it_is_refused_as_a_whole(row: str, what: str) -> None:
    world = gateway_world(JAN)
    with pytest.raises(Unreadable, match=what) as refused:
        report(world, charge_row(world), row)
    assert "line 3" in refused.value.details["place"]
    assert "4242" not in str(refused.value.details)
    assert world.payment_events.bodies == []


def test_a_report_tells_each_reference_once() -> None:
    world = gateway_world(JAN)
    with pytest.raises(Unreadable, match="it has the reference of line 2"):
        report(world, charge_row(world), charge_row(world))


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"pays_into": CARDS}, "cash accounts in the currency of the books"),
        ({"pays_into": EURO_BANK}, "cash accounts in the currency of the books"),
        ({"source": "others"}, "cash accounts in the currency of the books"),
        ({"report": None}, "the format of its settlement reports"),
    ],
)
def test_a_gateway_that_cannot_be_booked_is_not_published(fields: dict[str, object], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        gateway_world(**fields)


def test_the_example_of_the_page_is_what_these_tests_use() -> None:
    page = (ROOT / "docs" / "gateways.md").read_text(encoding="utf-8")
    example, saved = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert PaymentMethod.model_validate(json.loads(saved)["payment_method"]).gateway == CARDS
    document = json.loads(example)
    assert document["gateways"] == [GATEWAY | {"pays_into": document["cash_accounts"][0]["source"]}]
    assert document["chart_of_accounts"]["cash"] == {"fees": FEES}
    assert document["cash_accounts"][1] == {"source": CARDS, "currency": "USD", "ledger_account": CLEARING}
    movements = set(GATEWAY["report"]["movements"].values())
    assert movements == {movement.value for movement in MovementOfGateway}


@pytest.mark.parametrize(
    "kind", ["gateway", "gateway-months", "gateway-charge", "payout", "payout-days", "payout-credits"]
)
def test_what_a_gateway_said_is_missed_where_it_is_taken_away(kind: str) -> None:
    world = gateway_world(JAN)
    report(
        world,
        charge_row(world),
        "2013-02-05,refund,re-1,ch-1,po-1,-10.00,,,",
        "2013-02-06,payout,po-1,,,-18.83,,,",
    )
    deliver(world)
    put(world, of_day(8, "0", entry("18.83", 8, reference="b-1", remittance="Card Processor po-1")))
    apply_all(world)
    world.settle()
    assert verified(world).findings == ()
    items = world.records["payments"].items
    keys = [key for key in items if PartitionName.parse(key.partition).kind == kind]
    assert keys
    for key in keys:
        document = items.pop(key)
        assert verified(world).findings != (), key
        items[key] = document
