"""What is taken back of a Swiss line that a change of rate divides bears the tax of the days that it is of.

A year of 3,660.00 from July 2023: 184 days at 7.7 % are 1,840.00, 182 from January at 8.1 % are 1,820.00.
"""

from datetime import date
from decimal import Decimal

import pytest

from billproof.invoicing.credit_limits import DaysLeft, Rests
from billproof.invoicing.credit_requests import CreditRequest
from billproof.invoicing.crediting import draft_credit
from billproof.invoicing.model import Invoice
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.pricing.model import PricedLine
from billproof.tax.charged import AccountCharges, ChargedPart, ChargedTax
from billproof.tax.model import Determination
from tests.support.credited import released_as
from tests.support.taxes import customer, difference, fee, invoice_of, seller, tax_lines

SWISS: LegalEntity = seller("CH", currency="CHF")
BUYER = customer("CH")
START, END, APRIL, DECEMBER = "2023-07-01", "2024-07-01", "2024-04-01", "2023-12-01"
YEAR = fee(START, END, "3660.00", currency="CHF")


OLD, NEW = (part.determination for part in tax_lines(SWISS, BUYER, YEAR, issued=START).lines[0].parts)


def charges(*prices: tuple[str, Determination, bool]) -> AccountCharges:
    """What was charged on the year: amounts with their taxes, and whether a credit note took them back for good."""
    parts = tuple(
        ChargedPart(price=Money.of(price, "CHF"), determination=tax, is_concession=conceded)
        for price, tax, conceded in prices
    )
    name = YEAR.service_period.name
    return AccountCharges(
        account="UA", taxes=(ChargedTax(contract="K", period=name, line=YEAR.id, dimension={}, parts=parts),)
    )


ALL_DAYS = DaysLeft(net=Decimal(3660), covered=YEAR.covered)
BILLED = (("1840", OLD, False), ("1820", NEW, False))
OCTOBER = ("-310", OLD, True)
DIFFERENCES = [
    # what was charged, until when the year is now, what less or more is owed: shares at 7.7 % and at 8.1 %, the tax
    ("half the price of all days", BILLED, END, "-1830", ("-920.00", "-910.00"), "-144.55"),
    ("its end on 1 April", BILLED, APRIL, "-910", (None, "-910.00"), "-73.71"),
    ("its end on 1 December", BILLED, DECEMBER, "-2130", ("-310.00", "-1820.00"), "-171.29"),
    ("all of it", BILLED, END, "-3660", ("-1840.00", "-1820.00"), "-289.10"),
    ("an end that is taken back", (("1840", OLD, False), ("910", NEW, False)), END, "910", (None, "910.00"), "73.71"),
    # October is conceded: half of the other days' price is 920 - 310 = 610 and 910
    ("half the price after a concession", (*BILLED, OCTOBER), END, "-1830", ("-920.00", "-910.00"), "-144.55"),
    ("all of it after a concession", (*BILLED, OCTOBER), END, "-3350", ("-1530.00", "-1820.00"), "-265.23"),
]


@pytest.mark.parametrize(
    ("charged", "until", "net", "shares", "tax"), [row[1:] for row in DIFFERENCES], ids=[row[0] for row in DIFFERENCES]
)
def test_a_difference_bears_the_tax_of_the_days_that_owe_less_or_more(
    charged: tuple[tuple[str, Determination, bool], ...],
    until: str,
    net: str,
    shares: tuple[str | None, str | None],
    tax: str,
) -> None:
    line = difference(fee(START, END, "3660.00", covered=until, currency="CHF", id=YEAR.id), net)
    (taxed,) = tax_lines(SWISS, BUYER, line, issued="2024-06-01", charged=charges(*charged)).lines
    by_rate = {part.determination.percent: part.amounts.net.text for part in taxed.parts or (taxed,)}
    wanted = {Decimal(rate): share for rate, share in zip(("7.7", "8.1"), shares, strict=True) if share is not None}
    assert (by_rate, taxed.amounts.tax.text) == (wanted, tax)


def document(*lines: PricedLine, charged: AccountCharges | None = None) -> Invoice:
    invoice = invoice_of(SWISS, BUYER, *lines, issued=START)
    taxed = tax_lines(SWISS, BUYER, *lines, issued=START, charged=charged).lines
    own = tuple(
        line.model_copy(update={"amounts": tax.amounts, "parts": tax.parts, "determination": tax.determination})
        for line, tax in zip(invoice.lines, taxed, strict=True)
    )
    return invoice.model_copy(update={"lines": own})


def credited(invoice: Invoice, earlier: list[Invoice], others: list[Invoice], **terms: object) -> list[tuple[str, str]]:
    """Draft a credit note after earlier ones and other invoices, and return what it takes back at each rate."""
    released = released_as(invoice, "1", SWISS.id)
    facts = {"id": f"C-{len(earlier)}", "invoice": invoice.id, "reason": "goodwill", "note": "as agreed"}
    request = CreditRequest.model_validate({**facts, "requested_by": "ana", **terms})
    earlier.append(
        draft_credit(
            request,
            credit_id=request.id,
            invoice=invoice,
            released=released,
            earlier=earlier,
            issue_date=date(2024, 6, 10),
            rests=Rests(
                [invoice, *others, *earlier], {} if others else {(invoice.period.name, "K", YEAR.id): ALL_DAYS}
            ),
        )
    )
    return [(part.amounts.net.text, part.amounts.tax.text) for line in earlier[-1].lines for part in line.parts]


def test_a_credit_note_for_some_days_bears_their_tax_and_the_next_ones_what_is_left() -> None:
    invoice, notes = document(YEAR), list[Invoice]()
    october = {"days": {"start": "2023-10-01", "end": "2023-11-01"}, "lines": [{"line": YEAR.id, "amount": "310"}]}
    assert credited(invoice, notes, [], **october) == [("-310.00", "-23.87"), ("0.00", "0.00")]
    all_days = {"lines": [{"line": YEAR.id, "amount": "366"}]}
    assert credited(invoice, notes, [], **all_days) == [("-184.00", "-14.17"), ("-182.00", "-14.74")]
    rest = {"lines": [{"line": YEAR.id}]}
    assert credited(invoice, notes, [], **rest) == [("-1346.00", "-103.64"), ("-1638.00", "-132.68")]
    assert sum(note.lines[0].amounts.tax.amount for note in notes) == Decimal("-289.10")


def test_what_a_difference_took_back_of_some_days_a_credit_note_takes_back_no_more() -> None:
    invoice = document(YEAR)
    ended = difference(fee(START, END, "3660.00", covered=APRIL, currency="CHF", id=YEAR.id), "-910")
    later = document(ended, charged=charges(*BILLED))
    rest = {"lines": [{"line": YEAR.id, "amount": "2750"}]}
    assert credited(invoice, [], [later], **rest) == [("-1840.00", "-141.68"), ("-910.00", "-73.71")]


def test_a_full_credit_note_of_a_difference_takes_back_what_it_billed_at_each_rate() -> None:
    """The year was billed to 1 December, 1,530.00 at 7.7 %, then to its end: 310.00 at 7.7 % and 1,820.00 at 8.1 %."""
    first = document(fee(START, END, "1530.00", covered=DECEMBER, currency="CHF", id=YEAR.id))
    later = document(difference(YEAR, "2130"), charged=charges(("1530", OLD, False)))
    assert credited(later, [], [first]) == [("-310.00", "-23.87"), ("-1820.00", "-147.42")]


def test_a_full_credit_note_of_what_was_taken_back_charges_it_again_at_each_rate() -> None:
    """At a quarter of the price 1,380.00 and 1,365.00 were taken back; the credit note charges them again."""
    later = document(difference(YEAR, "-2745"), charged=charges(*BILLED))
    assert credited(later, [], [document(YEAR)]) == [("1380.00", "106.26"), ("1365.00", "110.57")]


def test_a_line_is_credited_whole_where_another_part_of_its_year_has_the_days_of_a_rate() -> None:
    """A version cuts the year on 1 January: the first part owes 1,840.00 of the whole, and the second owes 1,820.00."""
    second = fee(START, END, "1820.00", currency="CHF", id=f"{YEAR.id}@2024-01-01")
    days = {"start": date(2024, 1, 1)}
    second = second.model_copy(update={"covered": second.covered.model_copy(update=days)})
    cut = difference(fee(START, END, "3660.00", covered="2024-01-01", currency="CHF", id=YEAR.id), "-1820")
    later = document(cut, second, charged=charges(*BILLED))
    assert credited(document(YEAR), [], [later]) == [("-1840.00", "-141.68"), ("-1820.00", "-147.42")]


def test_what_another_invoice_billed_again_of_some_days_is_credited_with_the_line() -> None:
    """200.00 of October were credited to be billed again, with an end on 1 April: 200.00 more and 910.00 less."""
    invoice, notes = document(YEAR), list[Invoice]()
    october = {"days": {"start": "2023-10-01", "end": "2023-11-01"}, "rebill": True}
    assert credited(invoice, notes, [], lines=[{"line": YEAR.id, "amount": "200"}], **october) == [
        ("-200.00", "-15.40"),
        ("0.00", "0.00"),
    ]
    ended = difference(fee(START, END, "3660.00", covered=APRIL, currency="CHF", id=YEAR.id), "-710")
    later = document(ended, charged=charges(*BILLED, ("-200", OLD, False)))
    assert [part.amounts.net.text for part in later.lines[0].parts] == ["200.00", "-910.00"]
    assert credited(invoice, notes, [later]) == [("-1840.00", "-141.68"), ("-910.00", "-73.71")]


def test_a_full_credit_note_of_a_discounted_year_takes_back_both_lines_as_they_were_billed() -> None:
    """Half is taken off the year, of which 100.00 are credited before: 50.27 at 7.7 % and 49.73 at 8.1 %."""
    off = YEAR.model_copy(update={"id": f"off:{YEAR.id}", "term": "off", "net": Money.of("-1830", "CHF")})
    invoice, notes = document(YEAR, off), list[Invoice]()
    assert credited(invoice, notes, [], lines=[{"line": YEAR.id, "amount": "100"}]) == [
        ("-50.27", "-3.87"),
        ("-49.73", "-4.03"),
    ]
    assert credited(invoice, notes, []) == [
        ("-1789.73", "-137.81"),
        ("-1770.27", "-143.39"),
        ("920.00", "70.84"),
        ("910.00", "73.71"),
    ]


def test_a_difference_takes_back_no_more_with_a_tax_than_was_charged_with_it() -> None:
    """1,820.00 of the days from January bear 8.1 %, then 500.00 more of them none: an end on 1 January takes both."""
    exempt = OLD.model_copy(update={"percent": Decimal(0), "reason": "exempt", "tax_point": NEW.tax_point})
    cut = difference(fee(START, END, "3660.00", covered="2024-01-01", currency="CHF", id=YEAR.id), "-2320")
    (taxed,) = tax_lines(SWISS, BUYER, cut, issued="2024-06-01", charged=charges(*BILLED, ("500", exempt, False))).lines
    rows = [(f"{part.determination.percent}", part.amounts.net.text, part.amounts.tax.text) for part in taxed.parts]
    assert rows == [("0", "-500.00", "0.00"), ("8.1", "-1820.00", "-147.42")]
