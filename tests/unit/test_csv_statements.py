"""Statements as CSV by a declared format: signs, days, balances, what a format must say, and what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.adapters.bank_files.values import MOST_BYTES
from billproof.errors import InvalidInput
from billproof.masterdata.csv_files import CsvStatementFormat, DayFormat
from billproof.money import Money
from billproof.payments.statements import BankStatement, MovementKind
from billproof_ops.paths import ROOT
from tests.support.parties import seller

COLUMNS = {"booked_on": "Day", "amount": "Amount", "balance": "Balance", "remittance": ["Text", "More"]}
FORMAT: dict[str, Any] = {
    "id": "house-bank",
    "encoding": "utf-8",
    "delimiter": ";",
    "decimal_sign": ",",
    "thousands_sign": ".",
    "day_format": "DD.MM.YYYY",
    "order": "newest_first",
    "account": "DE89 3704 0044 0532 0130 00",
    "currency": "EUR",
    "columns": COLUMNS,
}
HEAD = "Day;Text;More;Amount;Balance"


def read(*rows: str, head: str = HEAD, **fields: Any) -> BankStatement:
    [statement] = parse_statement("\n".join([head, *rows]).encode(), CsvStatementFormat.model_validate(FORMAT | fields))
    return statement


def columns(**others: Any) -> dict[str, Any]:
    return {"columns": {name: header for name, header in (COLUMNS | others).items() if header is not None}}


def test_the_first_balance_less_the_first_amount_opens_it() -> None:
    statement = read("24.11.2026;B;;-1.000,50;-900,50", '23.11.2026;"INV;1";INV 2;100,00;100,00')
    assert (statement.opening, statement.closing) == (Money.of("0", "EUR"), Money.of("-900.50", "EUR"))
    assert (statement.account, statement.entries[0].remittance) == ("DE89370400440532013000", "INV;1\nINV 2")


@pytest.mark.parametrize(
    ("written", "amount"), [("+5,00", "5"), ("5,00-", "-5"), ("- 5,00", "-5"), ("1.234.567,8", "1234567.8")]
)
def test_signs_and_thousands_are_read(written: str, amount: str) -> None:
    [entry] = read(f"23.11.2026;;;{written};{written}").entries
    assert entry.amount == Money.of(amount, "EUR")


@pytest.mark.parametrize(
    "written",
    [
        "5.00",
        "12.34,00",
        "1.2345,00",
        "1e3",
        "5,",
        ",5",
        "5,001",
        "NaN",
        "--5,00",
        "5,00 EUR",
        "\u0665,00",
        "",
        "-",
        "1 000,00",
    ],
)
def test_what_is_no_amount_is_refused_with_its_column(written: str) -> None:
    with pytest.raises(InvalidInput, match="line 2, column Amount"):
        read(f"23.11.2026;;;{written};1,00")


@pytest.mark.parametrize(
    ("written", "day_format"),
    [
        ("2026-11-23", DayFormat.YEAR_FIRST),
        ("20261123", DayFormat.COMPACT),
        ("23.11.2026", DayFormat.DOTTED),
        ("23.11.26", DayFormat.DOTTED_SHORT),
        ("23/11/2026", DayFormat.DAY_FIRST),
        ("23-11-2026", DayFormat.DASHED),
        ("11/23/2026", DayFormat.MONTH_FIRST),
    ],
)
def test_days_are_read_as_the_format_says(written: str, day_format: DayFormat) -> None:
    assert read(f"{written};;;1,00;1,00", day_format=day_format).starts_on.isoformat() == "2026-11-23"
    with pytest.raises(InvalidInput, match="line 2, column Day"):
        read(f"{written}0;;;1,00;1,00", day_format=day_format)


def test_two_columns_without_a_sign_are_read_as_credit_and_debit() -> None:
    both = columns(amount=None, credit="In", debit="Out")
    head = "Day;Text;More;In;Out;Balance"
    entries = read("23.11.2026;;;;3,00;2,00", "23.11.2026;;;5,00;0,00;5,00", head=head, **both).entries
    assert [entry.amount.text for entry in entries] == ["5.00", "-3.00"]
    with pytest.raises(InvalidInput, match="exactly one of credit and debit"):
        read("23.11.2026;;;5,00;3,00;2,00", head=head, **both)


def test_opening_and_closing_may_stand_in_every_line() -> None:
    ends = columns(balance=None, opening="First", closing="Last")
    head = "Day;Text;More;Amount;First;Last"
    assert read("23.11.2026;;;5,00;1,00;6,00", head=head, **ends).closing == Money.of("6", "EUR")
    with pytest.raises(InvalidInput, match=r"make 6.00, and closing is 7.00 EUR"):
        read("23.11.2026;;;5,00;1,00;7,00", head=head, **ends)
    with pytest.raises(InvalidInput, match="not the same in every line"):
        read("23.11.2026;;;5,00;1,00;6,00", "23.11.2026;;;5,00;1,00;7,00", head=head, **ends)


def test_a_line_that_is_missing_is_found_by_the_balances() -> None:
    said = r"the balance is 9\.00, and the one before it and the entry make 8\.00 EUR \(place=line 2\)"
    with pytest.raises(InvalidInput, match=said):
        read("24.11.2026;;;3,00;9,00", "23.11.2026;;;5,00;5,00")


def test_a_marked_line_was_taken_back() -> None:
    [entry] = read(
        "23.11.2026;;;-5,00;-5,00;Return", head=f"{HEAD};Kind", returned_texts=["Return"], **columns(returned="Kind")
    ).entries
    assert entry.kind is MovementKind.REVERSAL


def test_each_account_and_currency_is_a_statement_of_its_own() -> None:
    whose = FORMAT | columns(account="Account", currency="Currency") | {"account": None, "currency": None}
    rows = ["23.11.2026;;;1,00;1,00;A;EUR", "23.11.2026;;;2,00;2,00;A;USD", "23.11.2026;;;3,00;3,00;B;EUR"]
    data = "\n".join([f"{HEAD};Account;Currency", *rows]).encode()
    statements = parse_statement(data, CsvStatementFormat.model_validate(whose))
    assert [(one.account, one.currency) for one in statements] == [("A", "EUR"), ("A", "USD"), ("B", "EUR")]


def test_lines_before_the_table_and_marks_of_byte_order_are_skipped() -> None:
    data = f"My account\nSome words\n{HEAD}\n23.11.2026;MÜLLER;;1,00;1,00\n\n"
    for code, codec in (("utf-8", "utf-8-sig"), ("utf-16", "utf-16"), ("iso-8859-1", "latin-1")):
        declared = CsvStatementFormat.model_validate(FORMAT | {"skipped_lines": 2, "encoding": code})
        assert parse_statement(data.encode(codec), declared)[0].entries[0].remittance == "MÜLLER"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b" \n ", "the file is empty"),
        (f"{HEAD}\n".encode(), "there is no entry"),
        (b"Day;Text;Amount;Balance\n", "not exactly one column More"),
        (f"{HEAD};Amount\n".encode(), "not exactly one column Amount"),
        (f"{HEAD}\n23.11.2026;;;1,00\n".encode(), "there are 4 cells, and 5 columns.*line 2"),
        (f'{HEAD}\n23.11.2026;"A;;1,00;1,00\n'.encode(), "not sound CSV, or it is cut off"),
        (f"{HEAD}\n23.11.2026;MÜLLER;;1,00;1,00\n".encode("latin-1"), "not text in utf-8"),
        (f"{HEAD}\n23.11.2026;A\x00;;1,00;1,00\n".encode(), "control character.*line 2"),
        (f"{HEAD}\n;A;;1,00;1,00\n".encode(), "there is no day.*line 2, column Day"),
        (f"{HEAD}\n23.11.2026;{'A' * 65537};;1,00;1,00\n".encode(), "remittance: .*at most 65536.*line 2"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse_statement(data, CsvStatementFormat.model_validate(FORMAT))


def test_the_format_of_the_page_is_one() -> None:
    page = (ROOT / "docs" / "bank-statements.md").read_text(encoding="utf-8")
    declared = CsvStatementFormat.model_validate_json(page.partition("```json\n")[2].partition("```")[0])
    assert declared.columns.headers == ("Booked", "Amount", "Balance", "Name", "IBAN", "Text 1", "Text 2")
    assert all(f"`{written.value}`" in page for written in DayFormat)


@pytest.mark.parametrize("data", [b"Day;Amount\n", b"\x89PNG\r\n", b"{}", b"%PDF-1.7"])
def test_a_file_of_no_known_format_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"none of CAMT.053, CAMT.054, MT940 and BAI2"):
        parse_statement(data)


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidInput, match=f"larger than {MOST_BYTES} bytes"):
        parse_statement(b"<" * (MOST_BYTES + 1))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"thousands_sign": ","}, "cannot separate thousands and decimals"),
        (columns(amount=None), "the amount is either one column or two"),
        (columns(amount=None, credit="In"), "the amount is either one column or two"),
        (columns(credit="In", debit="Out"), "the amount is either one column or two"),
        (columns(balance=None), "the balance is either one column or two"),
        ({"account": None}, "account and currency are each"),
        (columns(currency="Currency"), "account and currency are each"),
        (columns(original_amount="Sent"), "an original amount needs its currency"),
        (columns(returned="Kind"), "needs its texts"),
        ({"returned_texts": ["R"]}, "texts need their column"),
        ({"currency": "EUX"}, "not a currency of ISO 4217"),
        ({"encoding": "ebcdic"}, "encoding"),
    ],
)
def test_a_format_that_does_not_say_everything_once_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CsvStatementFormat.model_validate(FORMAT | fields)


def test_a_legal_entity_has_its_formats_by_name() -> None:
    declared = CsvStatementFormat.model_validate(FORMAT)
    published = seller("US", csv_statements=[declared])
    assert published.csv_format("house-bank") == declared
    with pytest.raises(InvalidInput, match="no CSV format of that name"):
        published.csv_format("other-bank")
    with pytest.raises(ValidationError, match="two CSV formats have one id"):
        seller("US", csv_statements=[declared, declared])
