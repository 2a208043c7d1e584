"""What is to be refunded as credit notes say: by who took the money, once, and never more than was paid."""

from billproof.payments.model import Channel
from billproof.payments.refunds_due import RefundDue, refunds_due
from tests.support.balances import FEB, JAN
from tests.support.cash import BANK, number_of, open_of, receipt, receivables_of, take, usd
from tests.support.gateways import CARDS, charge_row, deliver, gateway_world, on_accounts, paid_by_card, report
from tests.support.verifying import verified
from tests.support.world import INC, World

JANUARY = f"{INC}.{JAN}.UA"


def due(world: World) -> list[RefundDue]:
    return list(refunds_due(receivables_of(world)))


def ways(world: World) -> list[tuple[str, str, str]]:
    return [(way.source, way.reference, way.amount.text) for one in due(world) for way in one.of_receipts]


def test_a_refund_is_due_until_the_gateway_tells_of_it() -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world))
    deliver(world)
    assert due(world) == []
    credit = world.credit_and_approve(JANUARY, refund=True)
    (wanted,) = due(world)
    (way,) = wanted.of_receipts
    assert (wanted.number, wanted.amount, wanted.account) == (number_of(world, JAN), usd(30), "UA")
    assert len(wanted.credit_notes) == 1
    assert (way.channel, way.receipt) == (Channel.GATEWAY, paid_by_card(world, "ch-1").receipt.id)
    assert ways(world) == [(CARDS, "ch-1", "30.00")]
    report(world, "2013-02-05,refund,re-1,ch-1,,-20.00,,,")
    deliver(world)
    assert ways(world) == [(CARDS, "ch-1", "10.00")]
    report(world, "2013-02-05,refund,re-2,ch-1,,-10.00,,,")
    deliver(world)
    assert due(world) == []
    assert (open_of(world, JAN), credit.refund) == (usd(0), True)
    assert on_accounts(world) == {"clearing": "-1.17", "fees": "1.17"}
    world.settle()
    assert verified(world).findings == ()


def test_a_credit_note_without_a_refund_makes_none_due() -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world))
    deliver(world)
    world.credit_and_approve(JANUARY)
    assert due(world) == []


def test_an_invoice_that_nobody_paid_is_not_refunded() -> None:
    world = gateway_world(JAN)
    world.credit_and_approve(JANUARY, refund=True)
    assert due(world) == []


def test_only_what_was_paid_goes_back_the_last_receipt_first() -> None:
    """20.00 by the bank and then 5.00 by card, of 30.00 that are credited."""
    world = gateway_world(JAN)
    take(world, receipt(usd(20), "bank-1", remittance=number_of(world, JAN)))
    report(world, f"2013-02-04,charge,ch-1,,,5.00,,,{number_of(world, JAN)}")
    deliver(world)
    world.credit_and_approve(JANUARY, refund=True)
    (wanted,) = due(world)
    assert wanted.amount == usd(25)
    assert ways(world) == [(CARDS, "ch-1", "5.00"), (BANK, "bank-1", "20.00")]


def test_money_that_was_left_on_the_account_is_not_due() -> None:
    """40.00 for an invoice of 30.00, which is credited and refunded: the other 10.00 stay on the account."""
    world = gateway_world(JAN)
    report(world, f"2013-02-04,charge,ch-1,,,40.00,,,{number_of(world, JAN)}")
    deliver(world)
    world.credit_and_approve(JANUARY, refund=True)
    assert ways(world) == [(CARDS, "ch-1", "30.00")]
    report(world, "2013-02-05,refund,re-1,ch-1,,-30.00,,,")
    deliver(world)
    assert due(world) == []
    assert paid_by_card(world, "ch-1").unapplied.amount == usd(10)


def test_one_charge_of_two_invoices_is_refunded_for_each_once() -> None:
    world = gateway_world(JAN, FEB)
    report(world, f"2013-03-04,charge,ch-1,,,60.00,,,{number_of(world, JAN)} {number_of(world, FEB)}")
    deliver(world)
    world.credit_and_approve(JANUARY, refund=True)
    world.credit_and_approve(f"{INC}.{FEB}.UA", request="C-2", refund=True)
    assert [one.amount for one in due(world)] == [usd(30), usd(30)]
    report(world, "2013-03-05,refund,re-1,ch-1,,-30.00,,,")
    deliver(world)
    assert [one.amount for one in due(world)] == [usd(30)]
    report(world, "2013-03-05,refund,re-2,ch-1,,-30.00,,,")
    deliver(world)
    assert due(world) == []
