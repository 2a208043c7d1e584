"""Over which parts of a service period a credit note is earned back: amounts and days by hand."""

from datetime import date
from decimal import Decimal

import pytest

from billproof.invoicing.credit_limits import DaysLeft, MonthLine, Rests
from billproof.invoicing.credit_parts import CreditedRevenue, over_parts
from billproof.invoicing.model import InvoiceLine
from billproof.periods import Period
from billproof.pricing.model import Adjusts, PricedLine
from tests.support.credited import FEE, OFF, draw, invoice_with, line

NOTE = CreditedRevenue("C-1", date(2026, 3, 14), is_concession=True)
MONTH = Period(start=date(2026, 1, 1), end=date(2026, 2, 1))
FIRST, SECOND, THIRD = (
    Period(start=date(2026, 1, 1), end=date(2026, 1, 11)),
    Period(start=date(2026, 1, 11), end=date(2026, 1, 21)),
    Period(start=date(2026, 1, 21), end=date(2026, 2, 1)),
)
OTHER = "more:2026-01"


def lefts(first: str, second: str = "0", third: str = "0") -> dict[MonthLine, DaysLeft]:
    """What is left of the parts into which the month was cut, and of another charge."""
    return {
        ("2026-01", "K", FEE): DaysLeft(net=Decimal(first), covered=FIRST),
        ("2026-01", "K", FEE + "@2026-01-21"): DaysLeft(net=Decimal(third), covered=THIRD),
        ("2026-01", "K", FEE + "@2026-01-11"): DaysLeft(net=Decimal(second), covered=SECOND),
        ("2026-01", "K", OTHER): DaysLeft(net=Decimal(1000), covered=MONTH),
    }


def credited(*lines: tuple[PricedLine, str], days: dict[MonthLine, DaysLeft]) -> list[list[tuple[str, Period]]]:
    """Return of each line how so much of it is earned back, where that is not over its own days alone."""
    invoice, _ = invoice_with(*(priced for priced, _ in lines))
    back, _ = invoice_with(*(_taken_back(priced, amount) for priced, amount in lines))
    done = over_parts(NOTE, invoice.lines, back.lines, invoice, Rests([invoice], days))
    return [_stated(credit) for credit in done]


def _taken_back(priced: PricedLine, amount: str) -> PricedLine:
    adjusts = Adjusts(period="2026-01", line=priced.id, numbers=("N-1",))
    back = line("credit:" + priced.id, amount, model=priced.explanation.price_model)
    return back.model_copy(update={"adjusts": adjusts, "term": priced.term, "charge": priced.charge})


def _stated(credit: InvoiceLine) -> list[tuple[str, Period]]:
    assert credit.priced.adjusts is not None
    earnings = credit.priced.adjusts.exceeding
    assert all(earning.note == "C-1" and earning.is_excess and earning.is_concession for earning in earnings)
    assert all(earning.since == date(2026, 3, 1) for earning in earnings)
    return [(earning.amount.text, earning.schedule.period) for earning in earnings]


@pytest.mark.parametrize(
    ("amount", "days", "right"),
    [
        ("-30", lefts("30", "50", "70"), []),
        ("-31", lefts("30", "50", "70"), [("-30.00", MONTH), ("-1.00", SECOND)]),
        ("-100", lefts("30", "50", "70"), [("-30.00", MONTH), ("-50.00", SECOND), ("-20.00", THIRD)]),
        ("-100", lefts("-5", "0", "70"), [("-30.00", MONTH), ("-70.00", THIRD)]),
        ("-200", lefts("30", "50", "70"), [("-80.00", MONTH), ("-50.00", SECOND), ("-70.00", THIRD)]),
        ("-100", lefts("30"), []),
    ],
)
def test_what_its_part_has_not_left_is_of_the_others(
    amount: str, days: dict[MonthLine, DaysLeft], right: list[tuple[str, Period]]
) -> None:
    """What none of them has left stays over the days of the line."""
    assert credited((line(FEE, "310"), amount), days=days) == [right]


def test_a_fee_counts_with_what_comes_off_it_and_draws_do_not() -> None:
    """100.00 less 50.00 are given back where 30.00 are left: 20.00 of them are of the second part."""
    lines = ((line(FEE, "100"), "-100"), (line(OFF, "-50"), "50"), (draw(net="-40"), "40"), (line(OTHER, "9"), "-9"))
    assert credited(*lines, days=lefts("30", "50")) == [
        [("-80.00", MONTH), ("-20.00", SECOND)],
        [("50.00", MONTH)],
        [],
        [],
    ]


def test_what_is_earned_over_days_of_its_own_stays_there() -> None:
    priced = line(FEE, "310")
    own = priced.model_copy(update={"recognition": priced.recognition.model_copy(update={"period": FIRST})})
    assert credited((own, "-100"), days=lefts("30", "50", "70")) == [[]]


def test_amounts_are_of_the_books() -> None:
    """Of 31.00 of the document 62.00 are in the books: two of them are of the second part."""
    invoice, _ = invoice_with(line(FEE, "310"))
    back, _ = invoice_with(_taken_back(line(FEE, "310"), "-31"))
    twice = back.lines[0].amounts + back.lines[0].amounts
    booked = [back.lines[0].model_copy(update={"booked": twice})]
    (credit,) = over_parts(NOTE, invoice.lines, booked, invoice, Rests([invoice], lefts("30", "50")))
    assert _stated(credit) == [("-60.00", MONTH), ("-2.00", SECOND)]
