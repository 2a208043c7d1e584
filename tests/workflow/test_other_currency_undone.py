"""Money in another currency that waits, is undone, refunded, or comes from a known payer; by hand."""

from datetime import date
from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.findings import VarianceCategory
from billproof.payments.desk import CashDecision
from billproof.payments.model import Channel, MatchOutcome, ReceiptStatus, UseKind
from billproof.payments.references import payment_reference
from billproof.payments.refunds_due import refunds_due
from billproof.reconciliation.model import Cause
from billproof.reconciliation.unsettled import not_applied
from tests.support.balances import JAN
from tests.support.cash import (
    BANK,
    cash_world,
    desk_of,
    eur,
    euro_world,
    number_of,
    open_of,
    receipt,
    receivables_of,
    usd,
)
from tests.support.other_currency import FEB, YES, balances, in_books, matched, named, said, with_rate
from tests.support.world import INC


def test_without_a_rate_of_the_day_it_waits_with_the_reason_and_a_person_applies_it_once_there_is_one() -> None:
    world = euro_world(JAN)
    state = matched(world, named(world, usd(45), booked_on="2013-01-20"))
    assert (state.status, state.unapplied.amount) == (ReceiptStatus.PROPOSED, usd(45))
    assert "no exchange rate from USD to EUR holds on 2013-01-20" in said(state)
    payments = [(number_of(world, JAN), usd(45))]
    with pytest.raises(InvalidInput, match="no exchange rate from USD to EUR holds on 2013-01-20"):
        desk_of(world).decide(state.receipt.id, account="UA", payments=payments, decision=YES)
    (waits,) = not_applied(state)
    assert (waits.cause, waits.category) == (Cause.OF_NOBODY, VarianceCategory.CURRENCY)
    with_rate(world, "EUR-USD", "2013-01-19", "1.50")
    state = desk_of(world).decide(state.receipt.id, account="UA", payments=payments, decision=YES)
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.APPLIED, eur(0))


def test_a_reversal_undoes_the_exchange_difference_too() -> None:
    world = euro_world(JAN)
    state = matched(world, named(world, usd(45)))
    state = desk_of(world).reverse(state.receipt.id, YES)
    assert (open_of(world, JAN), state.unapplied.amount) == (eur(30), usd(45))
    assert in_books(world, state) == {"cash": "45.00", "unapplied": "-45.00"}
    assert balances(world)


def test_what_the_bank_takes_back_opens_the_invoice_and_leaves_nothing_in_the_books() -> None:
    world = euro_world(JAN)
    state = matched(world, named(world, usd(45)))
    state = desk_of(world).give_back(state.receipt.id, usd(45), UseKind.RETURNED, CashDecision(reason="returned"))
    assert open_of(world, JAN) == eur(30)
    assert in_books(world, state) == {}
    assert balances(world)


def test_a_credit_note_is_refunded_in_what_was_paid() -> None:
    """All of 30.00 EUR is credited and refunded: the 44.40 USD that paid it go back, and nothing is due after that."""
    world = euro_world(JAN)
    state = matched(world, named(world, usd("44.40")))
    world.credit_and_approve(f"{INC}.{JAN}.UA", refund=True)
    (due,) = refunds_due(receivables_of(world))
    assert (due.amount, [way.amount for way in due.of_receipts]) == (eur(30), [usd("44.40")])
    desk_of(world).give_back(state.receipt.id, usd("22.20"), UseKind.REFUNDED, CashDecision(reason="half"))
    (due,) = refunds_due(receivables_of(world))
    assert (due.amount, [way.amount for way in due.of_receipts]) == (eur(15), [usd("22.20")])
    state = desk_of(world).give_back(state.receipt.id, usd("22.20"), UseKind.REFUNDED, CashDecision(reason="rest"))
    assert list(refunds_due(receivables_of(world))) == []
    assert (open_of(world, JAN), in_books(world, state)) == (eur(0), {})
    assert balances(world)


def test_a_known_payer_with_one_open_invoice_needs_no_reference() -> None:
    world = euro_world(JAN)
    state = matched(world, named(world, usd("44.40"), remittance="our payment"))
    assert state.status is ReceiptStatus.APPLIED
    again = matched(world, named(world, usd("44.40"), "2", remittance="our payment"))
    assert (again.status, again.applied.amount) == (ReceiptStatus.ON_ACCOUNT, usd(0))


@pytest.mark.parametrize(
    ("months", "fields"),
    [
        ((JAN, FEB), {"remittance": ""}),
        ((JAN,), {"remittance": "", "payer": {}}),
        ((JAN,), {"remittance": "", "payer": {"name": "Somebody Else Ltd"}}),
        ((JAN,), {"payer": {"name": "Somebody Else Ltd"}}),
        ((JAN,), {"remittance": "SKY-US-2013-9"}),
    ],
)
def test_the_amount_alone_applies_nothing(months: tuple[str, ...], fields: dict[str, Any]) -> None:
    """Two invoices are open, nobody knows the payer, or the text names something that is no document of the payer."""
    world = euro_world(*months)
    state = matched(world, named(world, usd(45), booked_on="2013-02-20", **fields))
    assert state.uses[-1].kind is UseKind.PROPOSED
    assert state.uses[-1].match is not None
    assert state.uses[-1].match.outcome is not MatchOutcome.APPLIED


def test_a_gateways_part_refund_keeps_the_rest_paid_at_the_same_rate() -> None:
    """45.00 USD paid 30.00 EUR; 15.00 go back: 30.00 USD still pay 20.00 EUR, at 1.50."""
    world = euro_world(JAN)
    state = matched(world, named(world, usd(45)))
    part = state.applications[0].settlements[0].allocation
    assert part.paid_by(usd(30)) == eur(20)
    assert (part.of(eur(20)).spent, part.of(eur(20)).paid) == (usd(30), eur(20))
    assert part.paid_by(usd(45)) == eur(30)


def test_a_receipt_of_before_is_told_again_with_what_is_read_of_it_now() -> None:
    """A statement that was read before value dates were kept tells of the same money now."""
    old = receipt(usd(45), channel=Channel.BANK, source=BANK)
    new = receipt(usd(45), channel=Channel.BANK, source=BANK, value_on="2013-02-14", original=eur(30))
    other = receipt(usd(45), channel=Channel.BANK, source=BANK, value_on="2013-02-13")
    assert old.tells_of(new)
    assert new.tells_of(old)
    assert not new.tells_of(other)
    assert "value_on" not in old.model_dump_json()
    assert date(2013, 2, 14) == new.value_on


def test_the_books_know_how_early_or_late_an_account_pays() -> None:
    """Invoices are issued on 1 February and 1 March, and due 30 days later; what was reversed does not count."""
    world = cash_world(JAN, FEB)
    due = [receivables_of(world).item(f"{INC}.{month}.UA").due for month in (JAN, FEB)]  # type: ignore[union-attr]
    assert receivables_of(world).days_after_due("UA") == []
    first = matched(world, receipt(usd(30), "1", structured=payment_reference(number_of(world, JAN))))
    matched(world, receipt(usd(30), "2", structured=payment_reference(number_of(world, FEB))))
    days = [(date(2013, 2, 15) - day).days for day in due]
    assert receivables_of(world).days_after_due("UA") == days
    desk_of(world).reverse(first.receipt.id, YES)
    assert receivables_of(world).days_after_due("UA") == days[1:]
