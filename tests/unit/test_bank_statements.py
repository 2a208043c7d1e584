"""The rules of bank statements: they add up, they follow each other, and what arrived is told once."""

from datetime import date, timedelta
from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.money import Money
from billproof.payments.continuity import Continuity, follows
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry, receipts

MONDAY = date(2026, 11, 23)


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def booked(amount: str, **fields: Any) -> StatementEntry:
    value = eur(amount)
    kind = MovementKind.DEBIT if value.amount < 0 else MovementKind.CREDIT
    return StatementEntry(**{"amount": value, "kind": kind, "booked_on": MONDAY, "value_on": MONDAY} | fields)


def statement(*entries: StatementEntry, opening: str = "0", closing: str, **fields: Any) -> BankStatement:
    defaults = {"account": "DE89370400440532013000", "currency": "EUR", "starts_on": MONDAY, "ends_on": MONDAY}
    return BankStatement.of(**defaults | fields, opening=eur(opening), closing=eur(closing), entries=entries)


def day(later: int, opening: str, closing: str, **fields: Any) -> BankStatement:
    """Make the statement of a day that moves from one balance to another in one entry."""
    on = MONDAY + timedelta(later)
    moved = str(eur(closing).amount - eur(opening).amount)
    entry = booked(moved, booked_on=on, value_on=on)
    return statement(entry, opening=opening, closing=closing, starts_on=on, ends_on=on, **fields)


def test_a_statement_adds_up_to_the_unit() -> None:
    assert statement(booked("10.00"), booked("-3.01"), opening="-5", closing="1.99").entries
    with pytest.raises(InvalidInput, match=r"opening -5\.00 and the entries make 1\.99, and closing is 2\.00 EUR"):
        statement(booked("10.00"), booked("-3.01"), opening="-5", closing="2.00")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"opening": None}, "both balances"),
        ({"starts_on": MONDAY + timedelta(1)}, "ends before it starts"),
        ({"currency": "USD"}, "entry 1 is in another currency"),
        ({"entries": (booked("1", booked_on=MONDAY + timedelta(1)),)}, "entry 1 is booked on a day that is not within"),
        ({"entries": (), "currency": "USD"}, "a balance is in another currency"),
        ({"account": " "}, "at least 1 character"),
    ],
)
def test_a_statement_that_is_not_sound_is_refused_with_what_is_wrong(fields: dict[str, Any], said: str) -> None:
    sound = statement(booked("1"), closing="1")
    with pytest.raises(InvalidInput, match=said):
        BankStatement.of(**dict(sound) | fields)


@pytest.mark.parametrize(
    ("kind", "amount"), [("credit", "-1"), ("debit_reversal", "-1"), ("debit", "1"), ("reversal", "1")]
)
def test_an_entry_has_the_sign_of_its_kind(kind: str, amount: str) -> None:
    with pytest.raises(ValueError, match=f"a {kind} has the other sign"):
        booked(amount, kind=MovementKind(kind))
    assert booked("0", kind=MovementKind(kind)).amount.is_zero


def test_what_follows_a_statement_opens_with_its_closing_balance() -> None:
    assert follows(day(0, "0", "5"), day(1, "5", "7")).continuity is Continuity.FOLLOWS
    assert follows(day(0, "0", "5"), day(3, "5", "7")).continuity is Continuity.FOLLOWS  # nothing on the days between


def test_a_gap_says_by_how_much() -> None:
    gap = follows(day(0, "0", "5"), day(2, "8", "9"))
    assert (gap.continuity, gap.difference) == (Continuity.GAP, eur("3"))
    assert gap.reason == "it opens with 8.00 EUR, and the one before it closes with 5.00 EUR"


@pytest.mark.parametrize(
    ("earlier", "later", "continuity"),
    [
        ((12, None), (14, None), Continuity.GAP),  # what the 13th moved adds up to nothing
        ((12, None), (13, None), Continuity.FOLLOWS),
        ((12, 1), (12, 2), Continuity.FOLLOWS),
        ((12, 1), (12, 3), Continuity.GAP),
        ((12, 2), (13, 2), Continuity.GAP),
        ((365, None), (1, None), Continuity.FOLLOWS),  # a new year
        ((None, None), (14, None), Continuity.FOLLOWS),
    ],
)
def test_a_number_that_is_left_out_is_a_gap_although_the_balances_agree(
    earlier: tuple[int, int], later: tuple[int, int], continuity: Continuity
) -> None:
    before = day(0, "0", "5", number=earlier[0], page=earlier[1])
    assert follows(before, day(1, "5", "7", number=later[0], page=later[1])).continuity is continuity


def test_the_same_statement_sent_again_is_the_same_also_under_another_name() -> None:
    again = follows(day(0, "0", "5", bank_id="A"), day(0, "0", "5", bank_id="B"))
    assert again.continuity is Continuity.SAME


def test_two_statements_of_the_same_days_overlap() -> None:
    entry = booked("5", booked_on=MONDAY + timedelta(1))
    both = statement(entry, closing="5", ends_on=MONDAY + timedelta(1))
    assert follows(both, day(0, "0", "3")).continuity is Continuity.OVERLAP


def test_statements_of_two_accounts_do_not_follow_each_other() -> None:
    with pytest.raises(InvalidInput, match="one account and currency"):
        follows(day(0, "0", "5"), day(1, "5", "7", account="NL91ABNA0417164300"))


def test_only_credits_are_receipts() -> None:
    entries = (
        booked("10", reference="A"),
        booked("-4"),
        booked("-10", kind=MovementKind.REVERSAL),
        booked("4", kind=MovementKind.DEBIT_REVERSAL),
        booked("0", reference="B"),
    )
    assert [receipt.reference for receipt in receipts(statement(*entries, closing="0"), "INC")] == ["A"]


def test_a_reference_that_two_entries_have_names_neither() -> None:
    told = statement(booked("1", reference="X"), booked("2", reference="X"), booked("3"), closing="6")
    assert [receipt.reference for receipt in receipts(told, "INC")] == [f"{told.id}/{place}" for place in (1, 2, 3)]


def test_a_notification_tells_only_of_what_its_statement_will_call_the_same() -> None:
    entries = (booked("1", reference="X"), booked("2"), booked("3", reference="Y", in_batch=True))
    told = statement(*entries, closing="6")
    notice = BankStatement.of(**dict(told) | {"opening": None, "closing": None})
    [receipt] = receipts(notice, "INC")
    assert receipt.reference == "X"
    assert receipt.id == receipts(told, "INC")[0].id


@pytest.mark.parametrize(
    ("fields", "charges"),
    [
        ({"charges": eur("2")}, eur("2")),
        ({"original": eur("12.50")}, eur("2.50")),
        ({"original": Money.of("12.50", "USD")}, None),
        ({"original": eur("9")}, None),
    ],
)
def test_what_banks_kept_is_what_they_say_or_what_the_payer_sent_more(fields: Any, charges: Money | None) -> None:
    [receipt] = receipts(statement(booked("10", **fields), closing="10"), "INC")
    assert receipt.charges == charges


def test_a_receipt_has_as_much_of_a_long_text_as_it_can_hold_and_no_number_that_is_cut_off() -> None:
    text = "\n".join(f"2026-{number:06}" for number in range(500))
    [receipt] = receipts(statement(booked("1", remittance=text), closing="1"), "INC")
    assert receipt.remittance == text[: 341 * 12 - 1]
    assert receipt.remittance.endswith("\n2026-000340")
