"""MT940: marks, days without a year, the three ways to fill field 86, and what is refused."""

from datetime import date

import pytest

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.errors import InvalidInput
from billproof.money import Money
from billproof.payments.statements import BankStatement, MovementKind

HEAD = ":20:STARTUMS\n:25:DE89370400440532013000EUR\n:28C:00012/001\n:60F:C261231EUR100,00\n"
END = ":86:A WORD OF THE BANK\n-\n"


def read(*lines: str, closing: str = "150,00", opening: str = HEAD) -> BankStatement:
    text = opening + "".join(f"{line}\n" for line in lines) + f":62F:C270102EUR{closing}\n" + END
    [statement] = parse_statement(text.encode())
    return statement


CREDIT = ":61:2701020102C50,00NTRFNONREF//B1"


def test_a_statement_is_read_with_its_number_and_the_account_without_its_currency() -> None:
    statement = read(CREDIT)
    assert (statement.account, statement.number, statement.page) == ("DE89370400440532013000", 12, 1)
    assert (statement.starts_on, statement.ends_on) == (date(2026, 12, 31), date(2027, 1, 2))


@pytest.mark.parametrize(
    ("mark", "closing", "kind"),
    [
        ("C", "150,00", MovementKind.CREDIT),
        ("CR", "150,00", MovementKind.CREDIT),  # and the last letter of the currency
        ("D", "50,00", MovementKind.DEBIT),
        ("RC", "50,00", MovementKind.REVERSAL),
        ("RCR", "50,00", MovementKind.REVERSAL),
        ("RD", "150,00", MovementKind.DEBIT_REVERSAL),
    ],
)
def test_a_credit_that_is_taken_back_leaves_and_a_debit_that_is_taken_back_arrives(
    mark: str, closing: str, kind: MovementKind
) -> None:
    [entry] = read(CREDIT.replace("C50", f"{mark}50"), closing=closing).entries
    assert entry.kind is kind


def test_a_returned_item_is_a_reversal_also_without_its_mark() -> None:
    [entry] = read(CREDIT.replace("C50", "D50").replace("NTRF", "NRTI"), closing="50,00").entries
    assert entry.kind is MovementKind.REVERSAL


@pytest.mark.parametrize(
    ("days", "booked"),
    [("2701020102", date(2027, 1, 2)), ("2701021231", date(2026, 12, 31)), ("261231", date(2026, 12, 31))],
)
def test_a_booking_day_without_a_year_is_the_one_nearest_to_the_value_day(days: str, booked: date) -> None:
    assert read(CREDIT.replace("2701020102", days)).entries[0].booked_on == booked


def test_a_value_day_outside_of_the_statement_is_no_booking_day() -> None:
    [entry] = read(CREDIT.replace("2701020102", "270109")).entries
    assert (entry.booked_on, entry.value_on) == (date(2027, 1, 2), date(2027, 1, 9))


NUMBERED = ":86:166?00CREDIT?10999?20EREF+E2E 7?21SVWZ+INV 2026-00?220001 WHY? 12 MORE?23 THAN ELEVEN BIC?24IBAN\n"
NAMES = "?30COBADEFFXXX?31DE02120300000000202051?32CUSTOMER\n ONE GMBH ?33AND CO"


def test_numbered_subfields_are_the_text_the_name_and_the_account() -> None:
    [entry] = read(CREDIT, NUMBERED + NAMES).entries
    # A question mark, words that look like labels, and blanks at the ends of lines are all of the text.
    assert entry.remittance == "INV 2026-00\n0001 WHY? 12 MORE\n THAN ELEVEN BIC\nIBAN"
    assert (entry.party.name, entry.party.account) == ("CUSTOMER ONE GMBH AND CO", "DE02120300000000202051")
    assert (entry.end_to_end, entry.reference) == ("E2E 7", "B1")


def test_a_prefix_is_known_where_a_line_ends_within_it() -> None:
    [entry] = read(CREDIT, ":86:166?20EREF+1SV?21WZ+THE TEXT").entries
    assert (entry.end_to_end, entry.remittance) == ("1", "THE TEXT")


def test_a_repeated_subfield_is_kept() -> None:
    assert read(CREDIT, ":86:166?20INV 1?20INV 2").entries[0].remittance == "INV 1\nINV 2"


def test_words_between_slashes_are_the_text_the_name_and_the_account() -> None:
    words = ":86:/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/THE CUSTO\nMER/REMI/INV 1/EREF/X"
    [entry] = read(CREDIT, words).entries
    assert (entry.party.name, entry.party.account) == ("THE CUSTOMER", "NL91ABNA0417164300")
    assert (entry.remittance, entry.end_to_end) == ("INV 1", "X")


def test_a_payer_cannot_write_another_account_into_the_text() -> None:
    [entry] = read(CREDIT, ":86:/IBAN/NL91ABNA0417164300/NAME/ME/REMI/INV 1 /IBAN/DE02/NAME/YOU").entries
    assert (entry.party.name, entry.party.account) == ("ME", "NL91ABNA0417164300")
    assert entry.remittance == "INV 1 /IBAN/DE02/NAME/YOU"


def test_free_text_stays_line_by_line() -> None:
    assert read(CREDIT, ":86:PAYMENT\n-OF INVOICE\nINV-1").entries[0].remittance == "PAYMENT\n-OF INVOICE\nINV-1"


def test_a_structured_reference_is_told_apart() -> None:
    [entry] = read(CREDIT, ":86:166?20SVWZ+RF18 5390 0754 7034").entries
    assert (entry.structured, entry.remittance) == ("RF18539007547034", "")


@pytest.mark.parametrize("where", ["{line}\n/OCMT/USD60,00//CHGS/EUR1,50/", "{line}\n:86:/OCMT/USD60,/CHGS/EUR1,5/"])
def test_what_was_sent_and_what_was_kept_may_stand_in_both_fields(where: str) -> None:
    [entry] = read(where.format(line=CREDIT)).entries
    assert (entry.original, entry.charges) == (Money.of("60", "USD"), Money.of("1.50", "EUR"))


def test_what_the_bank_says_of_the_statement_is_no_text_of_an_entry() -> None:
    assert read(CREDIT).entries[0].remittance == ""


def test_several_statements_of_a_file_are_several() -> None:
    first = HEAD + CREDIT + "\n:62F:C270102EUR150,00\n-\n"
    second = first.replace("C261231EUR100", "C270102EUR150").replace("270102EUR150,00\n-", "270102EUR200,00\n-")
    assert [statement.closing for statement in parse_statement((first + second).encode())] == [
        Money.of("150", "EUR"),
        Money.of("200", "EUR"),
    ]


def test_umlauts_are_read_in_both_encodings_that_banks_use() -> None:
    text = HEAD + CREDIT + "\n:86:MÜLLER\n:62F:C270102EUR150,00\n-"
    texts = {parse_statement(text.encode(code))[0].entries[0].remittance for code in ("utf-8", "windows-1252")}
    assert texts == {"MÜLLER"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([CREDIT.replace("50,00", "50.00")], "this is no entry.*line 5, field 61"),
        ([CREDIT.replace("50,00", "5e1,")], "this is no entry"),
        ([CREDIT.replace("NTRFNONREF", "")], "this is no entry"),
        ([CREDIT.replace("50,00", "50,001")], "finer than the minor unit"),
        ([CREDIT.replace("2701020102", "2702300230")], "not a day"),
        ([CREDIT.replace("2701020102", "2701020230")], "the entry day is no day"),
        ([CREDIT.replace("50,00", "49,99")], r"make 149\.99, and closing is 150\.00"),
        ([CREDIT, ":60F:C261231EUR100,00"], "stands twice"),
        ([CREDIT, ":62F:C270102EUR150,00"], "stands twice"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(lines: list[str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(*lines)


@pytest.mark.parametrize("missing", [":25:", ":28C:", ":60F:", ":62F:"])
def test_a_statement_without_one_of_its_fields_is_refused(missing: str) -> None:
    whole = HEAD + CREDIT + "\n:62F:C270102EUR150,00\n-"
    with pytest.raises(InvalidInput, match="there is no field"):
        parse_statement("\n".join(line for line in whole.splitlines() if not line.startswith(missing)).encode())


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"not a currency.*field 60F"):
        read(CREDIT, opening=HEAD.replace("EUR100", "EUX100"))
