"""Receipts at the desk: what they pay, what is left of them, and what undoes them; each amount is known by hand."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from pydantic import ValidationError

from billproof.conservation.cash import cash_statement
from billproof.errors import Conflict, InvalidInput, NotFound
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.desk import CashDecision
from billproof.payments.model import Allocation, CashReceipt, Match, MatchOutcome, Payer, ReceiptStatus, UseKind
from tests.support.balances import FEB, JAN
from tests.support.cash import (
    BANK,
    balance_of,
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

BEN = CashDecision(by="ben", reason="the customer told us on the telephone")


def test_a_receipt_with_a_number_pays_its_invoice_and_the_books_follow() -> None:
    world = cash_world(JAN)
    state = take(world, receipt(usd(30), remittance=number_of(world, JAN)))
    assert state.status is ReceiptStatus.APPLIED
    assert open_of(world, JAN) == usd(0)
    arrival, application = booked(world, state)
    assert balance_of([arrival]) == {"cash": "30.00", "unapplied": "-30.00"}
    assert balance_of([application]) == {"receivable": "-30.00", "unapplied": "30.00"}


def test_a_receipt_that_is_told_again_changes_nothing_and_another_content_is_refused() -> None:
    world = cash_world(JAN)
    paying = receipt(usd(20), remittance=number_of(world, JAN))
    first = take(world, paying)
    assert take(world, paying) == first
    assert open_of(world, JAN) == usd(10)
    with pytest.raises(Conflict, match="one reference to two payments"):
        take(world, receipt(usd(21), remittance=number_of(world, JAN)))


def test_a_part_stays_open_and_what_is_too_much_stays_on_the_account() -> None:
    world = cash_world(JAN)
    number = number_of(world, JAN)
    part = take(world, receipt(usd("12.34"), "a", remittance=number))
    assert (part.status, open_of(world, JAN)) == (ReceiptStatus.APPLIED, usd("17.66"))
    more = take(world, receipt(usd(50), "b", remittance=number))
    assert (more.status, more.account, more.unapplied.amount) == (ReceiptStatus.PART_APPLIED, "UA", usd("32.34"))
    assert balance_of([*booked(world, part), *booked(world, more)]) == {
        "cash": "62.34",
        "receivable": "-30.00",
        "unapplied": "-32.34",
    }


def test_a_person_says_whose_an_unknown_receipt_is_and_the_payer_is_remembered() -> None:
    world = cash_world(JAN, FEB)
    payer = Payer(name="United Airlines", account="GB33 BUKB 2020 1555 5555 55")
    state = take(world, receipt(usd(55), remittance="thanks", payer=payer))
    assert state.status is ReceiptStatus.PROPOSED
    wanted = [(number_of(world, JAN), usd(30)), (number_of(world, FEB), usd(20))]
    state = desk_of(world).decide(state.receipt.id, account="UA", payments=wanted, decision=BEN)
    assert (open_of(world, JAN), open_of(world, FEB), state.unapplied.amount) == (usd(0), usd(10), usd(5))
    assert state.uses[-1].decided_by == "ben"
    assert receivables_of(world).remembered(Payer(account="gb33bukb20201555555555")) == {"UA"}
    stored = str(list(world.records["decisions"].query("payers#skymeter-inc")))
    assert "GB33" not in stored
    assert "United" not in stored


@pytest.mark.parametrize(
    ("account", "month", "amount", "why"),
    [
        ("UA", JAN, usd("30.01"), "which is open of the invoice"),
        ("UA", JAN, eur(1), "the invoice is in USD"),
        ("UA", JAN, usd(0), "cannot be paid"),
        ("UA", JAN, usd(-1), "cannot be paid"),
        ("XX", JAN, usd(1), "no such account"),
        ("UA", None, usd(1), "no invoice of that number"),
    ],
)
def test_what_a_person_decides_is_within_what_there_is(
    account: str, month: str | None, amount: object, why: str
) -> None:
    world = cash_world(JAN)
    state = take(world, receipt(usd(40)))
    number = number_of(world, month) if month else "SKY-US-2013-999999"
    with pytest.raises(InvalidInput, match=why):
        desk_of(world).decide(state.receipt.id, account=account, payments=[(number, amount)], decision=BEN)  # type: ignore[list-item]
    assert world.cash_book.state(state.receipt.legal_entity, state.receipt.id) == state


@pytest.mark.parametrize("amount", ["0", "-1", "10.001", "1e-3"])
def test_a_receipt_is_an_amount_above_zero_in_whole_minor_units(amount: str) -> None:
    with pytest.raises(ValidationError):
        CashReceipt.model_validate({**receipt(usd(1)).model_dump(), "amount": {"amount": amount, "currency": "USD"}})


def test_what_goes_back_is_in_whole_minor_units_too() -> None:
    world = cash_world()
    state = take(world, receipt(usd(10)))
    with pytest.raises(InvalidInput, match="finer than the minor unit"):
        desk_of(world).give_back(
            state.receipt.id, Money(amount=Decimal("0.001"), currency="USD"), UseKind.RETURNED, CashDecision()
        )


def test_money_of_an_account_that_is_gone_is_in_the_statement() -> None:
    world = cash_world(JAN)
    take(world, receipt(usd(30), remittance=number_of(world, JAN)))
    members = [key for key in world.records["contracts"].items if key.partition.startswith("members#")]
    for key in members:
        del world.records["contracts"].items[key]
    (customer,) = cash_statement(receivables_of(world), world.dispute_book).customers
    assert (customer.account, customer.equations[-1].total) == ("UA", Decimal(30))


def test_a_receipt_that_nobody_took_in_is_not_there() -> None:
    with pytest.raises(NotFound):
        desk_of(cash_world()).reverse("R0", BEN)


def test_an_application_is_reversed_by_a_new_fact_and_its_money_can_be_applied_again() -> None:
    world = cash_world(JAN, FEB)
    state = take(world, receipt(usd(30), remittance=number_of(world, JAN)))
    state = desk_of(world).reverse(state.receipt.id, BEN)
    assert (open_of(world, JAN), state.unapplied.amount, state.account) == (usd(30), usd(30), None)
    assert desk_of(world).reverse(state.receipt.id, BEN) == state
    state = desk_of(world).decide(
        state.receipt.id, account="UA", payments=[(number_of(world, FEB), usd(30))], decision=BEN
    )
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(30), usd(0))
    assert [use.kind for use in state.uses] == [UseKind.APPLIED, UseKind.REVERSED, UseKind.APPLIED]
    assert balance_of(booked(world, state)) == {"cash": "30.00", "receivable": "-30.00"}


def test_a_returned_receipt_opens_what_it_paid() -> None:
    world = cash_world(JAN)
    state = take(world, receipt(usd(45), remittance=number_of(world, JAN)))
    desk = desk_of(world)
    state = desk.give_back(state.receipt.id, usd(15), UseKind.REFUNDED, CashDecision("ben", "refund 1"))
    assert (open_of(world, JAN), state.unapplied.amount) == (usd(0), usd(0))
    returned = CashDecision(reason="returned by the bank, entry 77")
    state = desk.give_back(state.receipt.id, usd(30), UseKind.RETURNED, returned)
    assert desk.give_back(state.receipt.id, usd(30), UseKind.RETURNED, returned) == state
    assert (open_of(world, JAN), state.status) == (usd(30), ReceiptStatus.RETURNED)
    assert balance_of(booked(world, state)) == {}
    with pytest.raises(InvalidInput, match=r"of which 0\.00 USD are left"):
        desk.give_back(state.receipt.id, usd(1), UseKind.RETURNED, CashDecision(reason="another"))


def test_two_who_give_the_same_back_at_once_give_it_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reads the receipt before the first writes, and what is known of the reference after that."""
    world = cash_world(JAN)
    state = take(world, receipt(usd(45), remittance=number_of(world, JAN)))
    refund = CashDecision(reason="refund", reference="re_1:1")
    first = desk_of(world).give_back(state.receipt.id, usd(15), UseKind.REFUNDED, refund)
    of_now, stale = CashBook.state, [state]
    monkeypatch.setattr(CashBook, "state", lambda *names: stale.pop() if stale else of_now(*names))
    assert desk_of(world).give_back(state.receipt.id, usd(15), UseKind.REFUNDED, refund) == first
    stale.append(state)
    with pytest.raises(Conflict, match="for the same reason"):
        desk_of(world).give_back(state.receipt.id, usd(14), UseKind.REFUNDED, refund)


def test_what_frees_an_invoice_besides_payment_is_booked_under_its_own_name() -> None:
    world = cash_world(JAN)
    number = number_of(world, JAN)
    document = f"skymeter-inc.{JAN}.UA"
    extras = {"discount": usd("0.60"), "charges": usd("0.35"), "tolerance": usd("0.05")}
    allocation = Allocation(document=document, number=number, paid=usd(29), **extras)
    match = Match(
        outcome=MatchOutcome.APPLIED, rule="test", confidence=Decimal(1), account="UA", allocations=(allocation,)
    )
    state = take(world, receipt(usd(29)), lambda *_: match)
    assert open_of(world, JAN) == usd(0)
    assert balance_of(booked(world, state)) == {
        "cash": "29.00",
        "receivable": "-30.00",
        "discounts": "0.60",
        "charges": "0.35",
        "differences": "0.05",
    }


def test_a_receipt_in_another_currency_books_the_exchange_difference() -> None:
    """30.00 EUR billed at 1.25 are 37.50 USD; paid at 1.50 they are 45.00: a gain of 7.50, in parts as in whole."""
    world = euro_world(JAN)
    number = number_of(world, JAN)
    first = take(world, receipt(eur(10), "a", remittance=number))
    assert balance_of(booked(world, first)) == {"euros": "15.00", "receivable": "-12.50", "exchange": "-2.50"}
    last = take(world, receipt(eur(20), "b", remittance=number))
    both = [*booked(world, first), *booked(world, last)]
    assert balance_of(both) == {"euros": "45.00", "receivable": "-37.50", "exchange": "-7.50"}
    back = desk_of(world).give_back(last.receipt.id, eur(20), UseKind.RETURNED, CashDecision(reason="returned"))
    assert open_of(world, JAN) == eur(20)
    both = [*booked(world, first), *booked(world, back)]
    assert balance_of(both) == {"euros": "15.00", "receivable": "-12.50", "exchange": "-2.50"}


def test_a_receipt_without_a_rate_an_account_or_in_another_currency_is_refused() -> None:
    world = euro_world()
    with pytest.raises(InvalidInput, match="no exchange rate from EUR to USD holds on 2013-01-15"):
        take(world, receipt(eur(10), booked_on="2013-01-15"))
    with pytest.raises(InvalidInput, match="no cash account"):
        take(world, receipt(usd(10), source="nobody"))
    with pytest.raises(InvalidInput, match="the cash account is in USD, and the receipt in JPY"):
        take(world, receipt(Money.of(10, "JPY"), source=BANK))


def test_a_receipt_of_a_day_to_come_is_refused() -> None:
    world = cash_world()
    take(world, receipt(usd(1), "tomorrow", booked_on="2013-02-21"))
    with pytest.raises(InvalidInput, match="booked on 2013-02-22, which is to come"):
        take(world, receipt(usd(1), "later", booked_on="2013-02-22"))


def test_two_receipts_that_pay_one_invoice_at_once_pay_it_once() -> None:
    world = cash_world(JAN)
    number, start = number_of(world, JAN), Barrier(4)

    def pay(reference: str) -> None:
        start.wait()
        take(world, receipt(usd(20), reference, remittance=number))

    threads = [Thread(target=pay, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = list(world.cash_book.received("skymeter-inc", "2013-02"))
    assert open_of(world, JAN) == usd(0)
    applied = sum((state.applied.amount.amount for state in states), Decimal(0))
    assert (len(states), applied) == (4, Decimal(30))


def test_what_a_reversed_decision_remembered_of_a_payer_is_forgotten_for_good() -> None:
    world, payer = cash_world(JAN), Payer(account="GB33BUKB20201555555555")
    for reference in ("a", "b"):
        state = take(world, receipt(usd(5), reference, payer=payer))
        state = desk_of(world).decide(state.receipt.id, account="UA", payments=[], decision=BEN)
        assert receivables_of(world).remembered(payer) == (frozenset({"UA"}) if reference == "a" else frozenset())
        desk_of(world).reverse(state.receipt.id, BEN)
        assert receivables_of(world).remembered(payer) == frozenset()


def test_the_names_of_accounts_are_read_again_after_some_minutes() -> None:
    world = cash_world()
    names = receivables_of(world).names()
    (known,) = names.values()
    account = world.directory.account("UA")
    assert account is not None
    world.publish(account.model_copy(update={"version": account.version + 1, "name": "Another Name"}))
    assert receivables_of(world).names()["UA"] == known
    world.moment += timedelta(minutes=6)
    assert receivables_of(world).names()["UA"] == "Another Name"
