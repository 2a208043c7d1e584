"""Money that goes out to a customer at the bank is explained by exactly one refund, or waits for a person."""

from collections.abc import Callable
from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.findings import VarianceCategory
from billproof.payments.cash import ReceiptState
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.paid_back import payments_that_wait
from billproof.payments.returns import BankReturn
from billproof.payments.statements import MovementKind, StatementEntry
from billproof.payments.taking_statements import TakenFile
from billproof.reconciliation.model import Cause
from tests.support.balances import FEB, JAN
from tests.support.bank_days import NOW, apply_all, entry, of_day, put
from tests.support.cash import BANK, EURO_BANK, cash_world, number_of, open_of, usd
from tests.support.world import INC, World

IBAN = "GB33BUKB20201555555555"
JANUARY = f"{INC}.{JAN}.UA"


def paid_world(*months: str) -> World:
    """UA paid the 30.00 of each month from its bank account, on 5 February."""
    world = cash_world(*months)
    arriving = [from_ua(number_of(world, month), reference=f"r-{month}") for month in months]
    put(world, of_day(5, "0", *arriving), name="paid.xml")
    apply_all(world)
    return world


def from_ua(text: str, **fields: Any) -> StatementEntry:
    return entry("30", 5, remittance=text, party={"account": IBAN, "name": "Payments"}, **fields)


def debit(amount: str = "-30", day: int = 8, **fields: Any) -> StatementEntry:
    return entry(amount, day, **{"party": {"account": IBAN}} | fields)


def pay(world: World, *debits: StatementEntry, name: str = "debits.xml", **fields: Any) -> TakenFile:
    return put(world, of_day(debits[0].booked_on.day, "500", *debits, **fields), name=name)


def waiting(world: World) -> list[BankReturn]:
    receivables = world.cash_sources(NOW).receivables(INC)
    return payments_that_wait(world.statement_book.paid_to_customers(INC), receivables)


def give_back(world: World, state: ReceiptState, amount: str = "30", **fields: str) -> None:
    wanted = {
        "legal_entity": INC,
        "receipt": state.receipt.id,
        "verdict": "refunded",
        "amount": amount,
        "reason": "they called",
    }
    decision = ReceiptDecision.model_validate(wanted | fields)
    decide_receipt(decision, decided_by="ben", sources=world.cash_sources(NOW), events=world.payment_events)


def receipts(world: World) -> list[ReceiptState]:
    return list(world.cash_book.received(INC))


@pytest.mark.parametrize(
    "fields",
    [
        {"party": {"account": "gb33 bukb 2020 1555 5555 55"}},
        {"party": {"name": "UNITED AIR LINES"}},
        {"party": {"name": "Somebody"}, "remittance": "refund of {number}"},
        {"party": {"name": "Somebody"}, "end_to_end": "{number}"},
        {"party": {"name": "Somebody"}, "remittance": "refund of {receipt}, sorry"},
    ],
    ids=["bank account", "name", "document in the text", "document in the id", "receipt in the text"],
)
def test_a_payment_to_a_customer_that_no_refund_explains_waits(fields: dict[str, Any]) -> None:
    world = paid_world(JAN)
    names = {"number": number_of(world, JAN), "receipt": receipts(world)[0].receipt.id}
    texts = {name: text.format(**names) for name, text in fields.items() if isinstance(text, str)}
    taken = pay(world, debit(**fields | texts))
    assert (taken.receipts, taken.returned, taken.returns_waiting) == (0, 0, 1)
    (payment,) = waiting(world)
    assert (payment.accounts, payment.amount, payment.source) == (("UA",), usd(30), BANK)
    assert world.statement_book.returns_that_wait(INC) == []
    assert pay(world, debit(**fields | texts), name="again.xml").returns_waiting == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"party": {"name": "United Airline Catering", "account": "DE02120300000000202051"}},
        {"party": {"name": "United"}},
        {"party": {"name": "Tax office"}, "remittance": "VAT 2013-000001, our reference 000001"},
        {"party": {}},
        {"party": {"account": EURO_BANK}, "remittance": "to our other account, {number}"},
        {"party": {"account": IBAN}, "kind": MovementKind.REVERSAL},
    ],
    ids=["supplier", "part of a name", "tax office", "nobody", "own account", "reversal"],
)
def test_a_payment_to_anybody_else_is_no_finding(fields: dict[str, Any]) -> None:
    world = paid_world(JAN)
    fields = {"party": fields["party"]} | {
        name: text.format(number=number_of(world, JAN)) if name == "remittance" else text
        for name, text in fields.items()
    }
    taken = pay(world, debit(**fields))
    is_reversal = fields.get("kind") is MovementKind.REVERSAL
    assert taken.returns_waiting == int(is_reversal)
    assert (waiting(world), world.statement_book.paid_to_customers(INC)) == ([], [])


@pytest.mark.parametrize("order", [1, -1], ids=["noted first", "paid first"])
def test_a_noted_refund_explains_one_payment_of_its_amount(order: int) -> None:
    """30.00 were paid back twice, and one refund of 30.00 was noted."""
    world = paid_world(JAN, FEB)
    first, _ = receipts(world)
    steps: list[Callable[[], object]] = [lambda: give_back(world, first), lambda: pay(world, debit(), debit())]
    for step in steps[::order]:
        step()
    (payment,) = waiting(world)
    assert payment.amount == usd(30)
    give_back(world, receipts(world)[1])
    assert waiting(world) == []


def test_a_refund_of_another_amount_explains_nothing() -> None:
    world = paid_world(JAN)
    give_back(world, receipts(world)[0], "29.99")
    assert pay(world, debit()).returns_waiting == 1


def test_a_person_says_which_receipt_was_paid_back_and_its_invoice_is_open_again() -> None:
    world = paid_world(JAN, FEB)
    pay(world, debit("-20"))
    (payment,) = waiting(world)
    with pytest.raises(InvalidInput, match=r"the bank says 20.00 USD .* and not 0.01"):
        give_back(world, receipts(world)[0], "0.01", reference=payment.reference)
    for _ in range(2):
        give_back(world, receipts(world)[0], "20", reference=payment.reference)
    assert waiting(world) == []
    assert pay(world, debit("-20", day=9), name="other.xml").returns_waiting == 1, "it explains no other payment"
    assert open_of(world, JAN) == usd(30)


def test_a_credit_note_whose_money_goes_back_by_the_bank_explains_its_payment_once() -> None:
    world = paid_world(JAN)
    world.credit_and_approve(JANUARY, refund=True)
    assert pay(world, debit()).returns_waiting == 0
    assert pay(world, debit(day=9), name="twice.xml").returns_waiting == 1
    give_back(world, receipts(world)[0])
    (payment,) = waiting(world)
    assert payment.booked_on.day == 9, "the refund that was noted is that of the credit note"


def test_a_credit_note_without_a_refund_explains_no_payment() -> None:
    world = paid_world(JAN)
    world.credit_and_approve(JANUARY)
    assert pay(world, debit()).returns_waiting == 1


def test_a_payment_that_waits_is_a_variance_of_its_month_and_customer() -> None:
    world = paid_world(JAN)
    pay(world, debit("-12.50"))

    def of_returns() -> list[tuple[Any, ...]]:
        variances = world.reconcile(period=JAN).variances
        return [
            (one.category, one.billing_account, one.invoiced, one.posted, one.since)
            for one in variances
            if one.cause is Cause.RETURN_WAITS
        ]

    (payment,) = waiting(world)
    known = (VarianceCategory.MISSING_IN_BILLING, "UA", usd("12.50"), usd(0), payment.booked_on)
    assert of_returns() == [known]
    give_back(world, receipts(world)[0], "12.50")
    assert of_returns() == []


def test_a_payment_that_two_statements_tell_of_waits_once() -> None:
    world = paid_world(JAN)
    pay(world, debit())
    taken = pay(world, debit(remittance="now with a text"), name="anew.xml")
    assert (taken.returns_waiting, len(waiting(world))) == (1, 1)


@pytest.mark.parametrize("known_by", ["name", "text"])
def test_a_refund_of_one_customer_explains_no_payment_to_another(known_by: str) -> None:
    """30.00 of UA were refunded; 30.00 are paid to B6, by its name or by a text that names its receipt."""
    world = paid_world(JAN)
    give_back(world, receipts(world)[0])
    other = world.directory.account("UA")
    assert other is not None
    world.publish(other.model_copy(update={"id": "B6", "name": "JetBlue Airways"}))
    put(world, of_day(6, "0", entry("30", 6, reference="b6")), name="b6.xml")
    apply_all(world)
    (of_b6,) = (state.receipt.id for state in receipts(world) if state.receipt.reference == "b6")
    named: dict[str, dict[str, Any]] = {"name": {"party": {"name": "Jetblue Airways"}}, "text": {"remittance": of_b6}}
    assert pay(world, debit(**{"party": {}} | named[known_by])).returns_waiting == 1
