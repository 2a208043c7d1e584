"""BAI2: minor units, type codes, continued text, control totals, and what is refused."""

from datetime import date

import pytest

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.errors import InvalidInput
from billproof.money import Money
from billproof.payments.statements import MovementKind

FILE = """01,BANK,US,261124,0100,17,80,,2/
02,US,BANK,1,261123,2359,USD,2/
03,0123456789,,010,10000,,,015,14500,,/
88,100,5000,1,Z,400,500,1,Z/
16,165,5000,V,261124,,REF-1,CUST 7,PAYMENT FOR INVOICE INV-2026-0000
88,01, AND MORE/LESS
16,455,500,Z,,/
49,35500,6/
98,35500,1,8/
99,35500,1,10/
"""


def test_amounts_are_minor_units_and_the_type_code_says_which_way_they_went() -> None:
    [statement] = parse_statement(FILE.encode())
    assert (statement.opening, statement.closing) == (Money.of("100", "USD"), Money.of("145", "USD"))
    assert (statement.account, statement.bank_id, statement.ends_on) == ("0123456789", "17", date(2026, 11, 23))
    assert [entry.amount.text for entry in statement.entries] == ["50.00", "-5.00"]
    assert [entry.value_on for entry in statement.entries] == [date(2026, 11, 24), date(2026, 11, 23)]


def test_a_text_that_is_continued_is_cut_there_and_gets_no_blank() -> None:
    [statement] = parse_statement(FILE.encode())
    entry = statement.entries[0]
    assert (entry.reference, entry.remittance) == (
        "REF-1",
        "CUST 7\nPAYMENT FOR INVOICE INV-2026-0000\n01, AND MORE/LESS",
    )


def test_a_currency_without_decimals_has_none() -> None:
    [statement] = parse_statement(FILE.replace("USD", "JPY").encode())
    assert statement.closing == Money.of("14500", "JPY")


@pytest.mark.parametrize("funds", ["", "0", "1", "2", "Z", "V,261124,", "S,1,2,3", "D,2,0,4000,1,1000"])
def test_every_way_to_say_when_money_can_be_used_is_read_over(funds: str) -> None:
    [statement] = parse_statement(FILE.replace("V,261124,", funds).encode())
    assert statement.entries[0].reference == "REF-1"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, MovementKind.CREDIT) for code in ("142", "165", "175", "195", "399", "920", "959")),
        *((code, MovementKind.DEBIT_REVERSAL) for code in ("257", "266")),
    ],
)
def test_a_type_code_says_what_arrived(code: str, kind: MovementKind) -> None:
    [statement] = parse_statement(FILE.replace("16,165", f"16,{code}").encode())
    assert statement.entries[0].kind is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, MovementKind.DEBIT) for code in ("400", "475", "699", "960", "999")),
        *((code, MovementKind.REVERSAL) for code in ("555", "557")),
    ],
)
def test_a_type_code_says_what_left(code: str, kind: MovementKind) -> None:
    [statement] = parse_statement(FILE.replace("16,455", f"16,{code}").encode())
    assert statement.entries[1].kind is kind


def test_an_entry_of_no_money_is_left_out() -> None:
    note = "16,890,,Z,,,A NOTE\n"
    text = FILE.replace("49,35500,6", f"{note}49,35500,7").replace("1,8/", "1,9/").replace("1,10/", "1,11/")
    assert len(parse_statement(text.encode())[0].entries) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("16,165,5000", "16,165,5001", r"control total.*line 8, record 49"),
        ("49,35500,6", "49,35500,5", "count of records"),
        ("98,35500,1,8", "98,35500,2,8", r"a count is not.*record 98"),
        ("99,35500,1,10", "99,35501,1,10", r"control total.*record 99"),
        ("99,35500,1,10/\n", "", "a record 99 is missing"),
        ("49,35500,6/\n", "", "a record 49 is missing"),
        ("99,35500,1,10/\n", "99,35500,1,10/\n01,A/\n", "follows the end"),
        ("16,165,5000", "16,165,50.00", "not an integer.*line 5"),
        ("16,165,5000", "16,165,5_000", "not an integer"),
        ("16,165,5000", "16,165,-5000", "has no sign|control total"),
        ("16,165", "16,720", "which way the money of type code 720 went"),
        ("16,165", "16,16", "no type code"),
        ("015,14500", "015,14600", r"control total"),
        ("010,10000,,,", "020,10000,,,", r"no ledger balance \(type code 010\)"),
        ("USD", "USX", "not a currency"),
        ("261123", "261131", "not a day"),
        ("2359,USD,2", "2359,USD,3", "a day that is not over"),
        ("BANK,1,", "BANK,2,", "deletion, correction or test"),
        ("V,261124", "W,261124", "no funds type"),
        ("V,261124,", "D,101", "no count of days"),
        ("88,01", "87,01", "no record of BAI2.*line 6"),
        ("02,US", "04,US", "no record of BAI2"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(old: str, new: str, said: str) -> None:
    assert old in FILE
    with pytest.raises(InvalidInput, match=said):
        parse_statement(FILE.replace(old, new).encode())


def test_a_file_without_accounts_is_refused() -> None:
    with pytest.raises(InvalidInput, match="there is no account"):
        parse_statement(b"01,BANK,US,261124,0100,17,80,,2/\n99,0,0,2/\n")
