"""The time of supply: which day decides a line's tax, by each jurisdiction's rule, and which lines are divided."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.invoicing.credit_requests import CreditRequest
from billproof.invoicing.crediting import draft_credit
from billproof.invoicing.model import Invoice, InvoiceLine
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money, Rounding, Taxed
from billproof.tax.amounts import credit_parts
from billproof.tax.charged import AccountCharges, ChargedPart, ChargedTax
from billproof.tax.model import TaxPart
from billproof.tax.rows import times_of_supply
from tests.support.credited import released_as
from tests.support.taxes import customer, difference, fee, invoice_of, seller, tax_lines

GERMANY, BRITAIN, SWITZERLAND = seller("DE"), seller("GB"), seller("CH")
ZEALAND, CANADA, STATES = seller("NZ"), seller("CA"), seller("US", "US-UT", "US-SD", "US-NY", "US-DC")

POINTS = [
    # seller, customer, agreed period, ends early, issued, tax point, percent: and why
    (GERMANY, "DE", "2020-12-01", "2021-01-01", None, "2021-01-01", "2020-12-31", "16"),  # section 27 (1) UStG
    (GERMANY, "DE", "2020-12-01", "2021-01-01", None, "2021-06-30", "2020-12-31", "16"),  # approved months later
    (GERMANY, "DE", "2020-07-01", "2021-07-01", None, "2020-07-01", "2021-06-30", "19"),  # a year is one supply
    (GERMANY, "DE", "2020-07-01", "2021-07-01", "2020-12-16", "2020-12-16", "2020-12-15", "16"),  # it ended sooner
    (GERMANY, "DE", "2020-06-01", "2020-07-01", None, "2020-07-01", "2020-06-30", "19"),
    (GERMANY, "FI", "2024-08-01", "2024-09-01", None, "2024-09-01", "2024-08-31", "24"),  # Directive, article 64 (1)
    (GERMANY, "FI", "2024-09-01", "2024-10-01", None, "2024-09-01", "2024-09-30", "25.5"),
    (BRITAIN, "GB", "2010-12-01", "2011-01-01", None, "2011-01-01", "2011-01-01", "17.5"),  # regulation 90 (1)
    (BRITAIN, "GB", "2010-12-01", "2011-01-01", None, "2011-01-04", "2011-01-04", "20"),  # the invoice, not the service
    (
        ZEALAND,
        "NZ",
        "2010-08-01",
        "2010-09-01",
        None,
        "2010-09-01",
        "2010-10-01",
        "15",
    ),  # due in 30 days, section 9 (3)
    (ZEALAND, "NZ", "2010-07-01", "2010-08-01", None, "2010-08-01", "2010-08-31", "12.5"),
    (
        CANADA,
        "CA-NS",
        "2025-03-01",
        "2025-04-01",
        None,
        "2025-04-01",
        "2025-04-01",
        "14",
    ),  # Excise Tax Act, 152 and 168
    (CANADA, "CA-NS", "2025-03-01", "2025-04-01", None, "2025-03-31", "2025-03-31", "15"),
    (STATES, "US-UT", "2019-03-15", "2019-04-15", None, "2019-04-20", "2019-03-15", "4.7"),  # SSUTA 329: an increase
    (STATES, "US-UT", "2019-04-01", "2019-05-01", None, "2019-05-01", "2019-04-01", "4.85"),
    (STATES, "US-SD", "2023-06-15", "2023-07-15", None, "2023-07-20", "2023-07-20", "4.2"),  # SSUTA 329: a decrease
    (STATES, "US-DC", "2026-09-01", "2026-10-01", None, "2026-10-01", "2026-09-30", "6"),  # when it is rendered
    (SWITZERLAND, "CH", "2023-12-01", "2024-01-01", None, "2024-01-10", "2023-12-31", "7.7"),  # MWSTG, article 115
]


@pytest.mark.parametrize(("entity", "place", "start", "end", "covered", "issued", "point", "percent"), POINTS)
def test_the_tax_point_of_a_line(
    entity: LegalEntity, place: str, start: str, end: str, covered: str | None, issued: str, point: str, percent: str
) -> None:
    country, _, region = place.partition("-")
    account = customer(country, region or None, customer_kind="consumer")
    home = entity if country in {entity.address.country, "US", "CA"} else seller(entity.address.country, country)
    taxed = tax_lines(home, account, fee(start, end, covered=covered), issued=issued)
    (line,) = taxed.lines
    assert (line.determination.tax_point, line.determination.percent) == (date.fromisoformat(point), Decimal(percent))
    assert line.parts == ()


def test_two_lines_of_one_invoice_have_their_own_tax_points() -> None:
    usage, advance = fee("2020-12-01", "2021-01-01"), fee("2021-01-01", "2021-02-01")
    taxed = tax_lines(GERMANY, customer("DE"), usage, advance, issued="2021-01-01")
    assert [line.amounts.tax.text for line in taxed.lines] == ["16.00", "19.00"]


def test_a_part_of_a_year_has_the_tax_point_of_the_year() -> None:
    """A price that changes within an agreed period makes two lines of one supply."""
    before, after = (
        fee("2020-07-01", "2021-07-01", covered="2020-11-01", id="fee:a"),
        fee("2020-07-01", "2021-07-01", id="fee:b"),
    )
    taxed = tax_lines(GERMANY, customer("DE"), before, after, issued="2020-07-01")
    assert [line.determination.percent for line in taxed.lines] == [Decimal(19), Decimal(19)]


def test_the_lower_rate_of_two_days_is_of_the_rate_alone_and_not_of_a_registration() -> None:
    """Utah's first day of registration is within the period: the line bears the tax of its last day."""
    dated = {"jurisdiction": "US-UT", "number": "1", "effective": {"start": "2019-04-01"}}
    entity = seller("US", absent=("US",), tax_registrations=[dated])
    line = fee("2019-03-15", "2019-04-15", currency="USD")
    (taxed,) = tax_lines(entity, customer("US", "UT"), line, issued="2019-04-20").lines
    assert (taxed.determination.tax_point, taxed.amounts.tax.text) == (date(2019, 4, 14), "4.85")


def test_a_certificate_counts_at_the_tax_point() -> None:
    certificate = {
        "jurisdiction": "US-NY",
        "certificate": "ST-119.1",
        "reason": "exempt organization",
        "effective": {"start": "2026-01-01", "end": "2026-02-01"},
    }
    school = customer("US", "NY", exemptions=[certificate])
    lines = [fee("2026-01-01", "2026-02-01", currency="USD"), fee("2026-02-01", "2026-03-01", currency="USD")]
    taxed = tax_lines(STATES, school, *lines, issued="2026-02-01")
    assert [line.amounts.tax.text for line in taxed.lines] == ["0.00", "4.00"]


def test_switzerland_divides_a_year_at_the_change_of_rate_and_germany_does_not() -> None:
    year = fee("2023-07-01", "2024-07-01", "3660.00", currency="CHF")  # 184 and 182 of 366 days
    (line,) = tax_lines(SWITZERLAND, customer("CH"), year, issued="2023-07-01").lines
    rows = [(part.amounts.net.text, f"{part.determination.percent}", part.amounts.tax.text) for part in line.parts]
    days = [part.days.name for part in line.parts if part.days]
    assert days == ["2023-07-01_2024-01-01", "2024-01-01_2024-07-01"]
    assert rows == [("1840.00", "7.7", "141.68"), ("1820.00", "8.1", "147.42")]
    assert (line.amounts.net.text, line.amounts.tax.text, line.tax_by_line.text) == ("3660.00", "289.10", "289.10")
    (whole,) = tax_lines(GERMANY, customer("DE"), fee("2020-07-01", "2021-07-01", "3650.00"), issued="2020-07-01").lines
    assert (whole.amounts.tax.text, whole.parts) == ("693.50", ())


def test_a_divided_line_is_credited_part_by_part_to_nothing() -> None:
    year = fee("2023-07-01", "2024-07-01", "3660.00", currency="CHF")
    (line,) = tax_lines(SWITZERLAND, customer("CH"), year, issued="2023-07-01").lines
    before = Money.zero("CHF")
    taken: list[TaxPart] = []
    for net in ("1000.01", "1000.01", "1659.98"):
        credit = Money.of(net, "CHF")
        taken += credit_parts(line.parts, before, credit, Rounding.HALF_UP)
        before += credit
    sums = [sum(getattr(part.amounts, name).amount for part in taken) for name in ("net", "tax", "gross")]
    assert sums == [Decimal("-3660.00"), Decimal("-289.10"), Decimal("-3949.10")]
    assert [part.amounts.net.text for part in taken[:2]] == ["-502.74", "-497.27"]  # 184 and 182 of 366 of 1000.01


def test_credit_notes_of_a_divided_line_are_divided_as_it_was() -> None:
    year = fee("2023-07-01", "2024-07-01", "3660.00", currency="CHF")
    swiss = seller("CH", currency="CHF")
    invoice = invoice_of(swiss, customer("CH"), year, issued="2023-07-01")
    summary = [(group.percent, group.amounts.net.text, group.amounts.tax.text) for group in invoice.tax_summary]
    assert summary == [("7.7", "1840.00", "141.68"), ("8.1", "1820.00", "147.42")]
    released = released_as(invoice, "1", swiss.id)
    notes: list[Invoice] = []
    for number, amount in enumerate(("1000.01", None)):
        lines = [{"line": year.id, "amount": amount}]
        facts = {"id": f"C-{number}", "invoice": invoice.id, "reason": "goodwill", "note": "as agreed"}
        request = CreditRequest.model_validate({**facts, "lines": lines, "requested_by": "ana"})
        day = date(2024, 1, 10)
        notes.append(
            draft_credit(
                request, credit_id=f"C{number}", invoice=invoice, released=released, earlier=notes, issue_date=day
            )
        )
    taxes = [[(group.percent, group.amounts.tax.text) for group in note.tax_summary] for note in notes]
    assert taxes == [[("7.7", "-38.71"), ("8.1", "-40.28")], [("7.7", "-102.97"), ("8.1", "-107.14")]]
    assert (notes[0].totals.gross + notes[1].totals.gross) == -invoice.totals.gross


def charges(line: str, *parts: tuple[str, str]) -> AccountCharges:
    """What was charged on a German line: amounts, each with a rate."""
    account = customer("DE")
    dated = {"16": "2020-12-01", "19": "2021-01-01"}
    charged = []
    for price, percent in parts:
        start = date.fromisoformat(dated[percent])
        month = fee(str(start), str(start.replace(month=start.month % 12 + 1, year=start.year + start.month // 12)))
        (taxed,) = tax_lines(GERMANY, account, month, issued="2021-02-01").lines
        charged.append(ChargedPart(price=Money.of(price, "EUR"), determination=taxed.determination))
    tax = ChargedTax(contract="K", period="2021-01", line=line, dimension={}, parts=tuple(charged))
    return AccountCharges(account="UA", taxes=(tax,))


@pytest.mark.parametrize(
    ("charged", "net", "tax"),
    [
        ([("100.00", "16")], "-40.00", "-6.40"),  # at the rate that was charged, not the 19 % of its tax point
        ([("100.00", "16"), ("50.00", "19")], "-40.00", "-7.60"),  # the latest first
        ([("100.00", "16"), ("50.00", "19")], "-80.00", "-14.30"),  # 50 at 19 % and 30 at 16 %
        (
            [("100.00", "16"), ("50.00", "19"), ("-50.00", "19")],
            "-40.00",
            "-6.40",
        ),  # what was taken back before is gone
        ([("-100.00", "16")], "40.00", "6.40"),  # a discount that is taken back
        ([("100.00", "16")], "40.00", "7.60"),  # more is billed: by the rule of its own tax point
        ([("100.00", "16")], "-140.00", "-22.40"),
    ],
)
def test_what_is_taken_back_carries_the_tax_that_was_charged(
    charged: list[tuple[str, str]], net: str, tax: str
) -> None:
    line = fee("2021-01-01", "2021-02-01")
    adjusted = difference(line, net)
    taxed = tax_lines(GERMANY, customer("DE"), adjusted, issued="2021-02-01", charged=charges(line.id, *charged))
    assert taxed.lines[0].amounts.tax.text == tax


def test_every_rule_of_the_time_of_supply_has_a_source_and_no_jurisdiction_two() -> None:
    rows = times_of_supply().rows
    places = [place for row in rows for place in row.jurisdictions]
    assert len(places) == len(set(places))
    assert all(row.source for row in rows)


def test_the_books_name_each_jurisdiction_of_a_divided_line() -> None:
    """100.00 was charged in Germany with 19 %, then 50.00 in Austria with 20 %: 80.00 are taken back of both."""
    january = fee("2026-01-01", "2026-02-01")
    entity = seller("DE", "AT")
    buyer: dict[str, Any] = {"customer_kind": "consumer", "vat_number": None}
    parts = []
    for country, price in (("DE", "100.00"), ("AT", "50.00")):
        (taxed,) = tax_lines(entity, customer(country, **buyer), january, issued="2026-02-01").lines
        parts.append(ChargedPart(price=Money.of(price, "EUR"), determination=taxed.determination))
    tax = ChargedTax(contract="K", period="2026-01", line=january.id, dimension={}, parts=tuple(parts))
    adjusted = difference(january, "-80.00")
    charged = AccountCharges(account="UA", taxes=(tax,))
    (line,) = tax_lines(entity, customer("DE"), adjusted, issued="2026-03-01", charged=charged).lines
    facts = {name: getattr(line, name) for name in type(line).model_fields if name != "line"}
    taxes = InvoiceLine(priced=adjusted, **facts).taxes_in_books
    assert [(place, amount.text) for place, amount in taxes] == [("AT", "-10.00"), ("DE", "-5.70")]
    booked = Taxed.of(Money.of("-96.00", "USD"), Money.of("-18.84", "USD"))
    in_dollars = InvoiceLine(priced=adjusted, **facts, booked=booked).taxes_in_books
    assert [(place, amount.text) for place, amount in in_dollars] == [("AT", "-12.00"), ("DE", "-6.84")]
