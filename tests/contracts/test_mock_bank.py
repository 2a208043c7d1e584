"""What a bank of somebody else sends of payments as customers make them: mock-bank writes it, our parsers read it."""

from collections.abc import Iterator

import pytest

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.errors import Conflict, InvalidInput
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.cash import ReceivedMoney
from billproof.payments.continuity import Continuity, follows
from billproof.payments.model import CashReceipt
from billproof.payments.statements import BankStatement, receipts
from tests.support.bank_files import flat
from tests.support.fakes import MemoryRecords
from tests.support.mock_bank import CUSTOMER, IBAN, NUMBER, MockBank, mock_bank

MANY = [f"2026-{number:06}" for number in range(1, 13)]


@pytest.fixture
def bank() -> Iterator[MockBank]:
    with mock_bank() as opened:
        yield opened


def read(data: bytes) -> BankStatement:
    [statement] = parse_statement(data)
    return statement


def arrived(statement: BankStatement) -> list[CashReceipt]:
    return receipts(statement, "INC")


def test_a_short_payment_one_without_a_reference_and_one_for_many_invoices_are_a_receipt_each(bank: MockBank) -> None:
    bank.pays(99_950, note="Invoice 2026-000001 less our fee")
    bank.pays(4_200)
    bank.pays(1_200_000, note=f"Invoices {', '.join(MANY)}", wrap=35)
    bank.pays(5_000, reference="RF18539007547034")
    short, silent, many, structured = arrived(read(bank.next_day()["camt.053"]))
    assert (short.amount, short.remittance) == (Money.of("999.50", "EUR"), "Invoice 2026-000001 less our fee")
    assert (silent.remittance, silent.structured, silent.payer.account) == ("", None, CUSTOMER["iban"])
    assert many.amount == Money.of("12000", "EUR")
    assert all(len(line) <= 35 for line in many.remittance.splitlines())
    assert flat(many.remittance) == flat(f"Invoices {', '.join(MANY)}")
    assert structured.structured == "RF18539007547034"


def test_a_notification_and_the_statement_after_it_tell_of_the_same_receipts(bank: MockBank) -> None:
    bank.pays(99_950, note="2026-000001")
    bank.pays(4_200)
    sent = bank.next_day()
    notice, statement = read(sent["camt.054"]), read(sent["camt.053"])
    assert (notice.is_notification, statement.is_notification) == (True, False)
    assert [receipt.id for receipt in arrived(notice)] == [receipt.id for receipt in arrived(statement)]


def test_money_that_is_told_by_a_notification_and_by_a_statement_is_received_once(bank: MockBank) -> None:
    bank.pays(99_950, note="2026-000001")
    sent = bank.next_day()
    [told], [again] = arrived(read(sent["camt.054"])), arrived(read(sent["camt.053"]))
    book = CashBook(MemoryRecords())
    first = book.receive(ReceivedMoney(receipt=told, booked=told.amount))
    assert book.receive(ReceivedMoney(receipt=again, booked=again.amount)) == first
    other = again.model_copy(update={"amount": Money.of("999.51", "EUR")})
    with pytest.raises(Conflict, match="came before with another content"):
        book.receive(ReceivedMoney(receipt=other, booked=other.amount))


def test_a_statement_with_a_hole_in_it_is_refused_with_both_figures(bank: MockBank) -> None:
    bank.account(behaviour="statement-gap")
    bank.pays(4_200)
    bank.pays(99_950)
    data = bank.next_day()["camt.053"]
    with pytest.raises(InvalidInput, match=r"entries make 125042\.00, and closing is 126041\.50 EUR"):
        read(data)


def test_the_statements_of_following_days_follow_and_a_day_left_out_is_a_gap(bank: MockBank) -> None:
    days = []
    for amount in (100, 200, 300):
        bank.pays(amount)
        days.append(read(bank.next_day()["camt.053"]))
    assert [follows(days[0], days[1]).continuity, follows(days[1], days[2]).continuity] == [Continuity.FOLLOWS] * 2
    gap = follows(days[0], days[2])
    assert (gap.continuity, gap.difference) == (Continuity.GAP, Money.of("2", "EUR"))


def test_a_day_without_entries_is_a_statement_without_entries(bank: MockBank) -> None:
    statement = read(bank.next_day()["camt.053"])
    assert (statement.account, statement.entries, statement.opening) == (IBAN, (), statement.closing)


def test_the_same_day_as_bai2_has_the_same_amounts(bank: MockBank) -> None:
    bank.account(format="nacha")
    bank.pays(99_950, reference="RF18539007547034")
    bank.pays(4_200)
    statement = read(bank.next_day()["bai2.sta"])
    assert (statement.account, statement.closing) == (NUMBER, Money.of("126041.50", "EUR"))
    assert [receipt.amount.text for receipt in arrived(statement)] == ["999.50", "42.00"]
    assert [receipt.structured for receipt in arrived(statement)] == ["RF18539007547034", None]
