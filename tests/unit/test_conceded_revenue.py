"""Over which days concessions are earned back after terms changed: amounts and days by hand.

A year of 1.00 a day; Q1 are its first 90 days, REST the other 275.
"""

from datetime import date
from decimal import Decimal

import pytest

from billproof.contracts.charges import RecognitionMethod
from billproof.money import Money, Rounding
from billproof.periods import Period
from billproof.pricing.conceded_revenue import stated_concessions
from billproof.pricing.concessions import Conceded, concessions
from billproof.pricing.model import Earning, PricedLine, RevenueSchedule
from billproof.pricing.terms import BilledLine, EarlierPeriod
from billproof.proration import share_of_days
from tests.support.taxes import fee

DAYS = RecognitionMethod.STRAIGHT_LINE_DAYS
FEBRUARY, MARCH = date(2013, 2, 1), date(2013, 3, 1)


def days(start: str, end: str) -> Period:
    return Period(start=date.fromisoformat(start), end=date.fromisoformat(end))


YEAR, Q1, REST = days("2013-01-01", "2014-01-01"), days("2013-01-01", "2013-04-01"), days("2013-04-01", "2014-01-01")
EARLY, LATE, ACROSS = (
    days("2013-01-11", "2013-01-21"),
    days("2013-05-01", "2013-05-11"),
    days("2013-03-22", "2013-04-11"),
)


def part(start: str, end: str, net: str, **changes: object) -> PricedLine:
    """A part of the year, which a version may have cut."""
    line = fee(start, end, net)
    return line.model_copy(update={"id": f"fee:2013@{start}", "service_period": YEAR, **changes})


def taken(amount: str, over: Period, note: str | None = "C1", since: date | None = FEBRUARY, **more: bool) -> Earning:
    schedule = RevenueSchedule(method=DAYS, period=over)
    flags = {"is_concession": True, **more}
    return Earning(amount=Money.of(amount, "EUR"), schedule=schedule, since=since, note=note, **flags)


def billed(line: PricedLine, *earnings: Earning, rate: str = "1") -> BilledLine:
    """What was billed of a line: in the books, `rate` for one of the document."""
    conceded = -sum((earning.amount.amount for earning in earnings if not earning.is_excess), Decimal(0))
    return BilledLine(
        line=line.id,
        term="fee",
        account="UA",
        contract="K",
        contract_version=1,
        charge="fee",
        description="Fee",
        product="platform",
        revenue_category="subscription",
        service_period=YEAR,
        covered=YEAR,
        recognition_method=DAYS,
        recognized_over=YEAR,
        dimension={},
        net=Money.of("365", "EUR"),
        quantity=Decimal(1),
        included_quantity=Decimal(0),
        billed_quantity=Decimal(1),
        numbers=("N-1",),
        conceded=conceded / Decimal(rate),
        earnings=(
            Earning(amount=Money.of("365", "EUR"), schedule=RevenueSchedule(method=DAYS, period=YEAR)),
            *earnings,
        ),
    )


def stated(lines: list[PricedLine], before: BilledLine) -> list[list[tuple[str, Period, str | None]]]:
    """Return what is stated of each line: amounts, days and notes."""
    given = EarlierPeriod(period=Q1, ordinal=2, contracts=(), rounding=Rounding.HALF_UP, billed=(before,))
    conceded: Conceded = concessions(given, lines)
    pairs = {("K", line.id): (line, before if line.id == before.line else None) for line in lines}
    earnings = stated_concessions(pairs, conceded, Rounding.HALF_UP)
    assert all(earning.is_excess for each in earnings.values() for earning in each)
    return [
        [(earning.amount.text, earning.schedule.period, earning.note) for earning in earnings.get(key, ())]
        for key in pairs
    ]


WHOLE = part("2013-01-01", "2014-01-01", "365")
FIRST, SECOND = part("2013-01-01", "2013-04-01", "90"), part("2013-04-01", "2014-01-01", "275")

TABLE = [
    # what is owed now, the concession, what is stated of each part
    ("nothing changed", [WHOLE], [taken("-30", YEAR)], [[]]),
    ("days of its own", [WHOLE], [taken("-10", EARLY)], [[]]),
    ("the year ends in March", [FIRST], [taken("-30", YEAR)], [[("30.00", YEAR, "C1"), ("-30.00", Q1, "C1")]]),
    (
        "more than its part owes",
        [FIRST, SECOND],
        [taken("-100", YEAR)],
        [[("100.00", YEAR, "C1"), ("-90.00", Q1, None)], [("-10.00", REST, "C1")]],
    ),
    (
        "more than both owe: what is beyond them is not taken back",
        [FIRST, part("2013-04-01", "2014-01-01", "5")],
        [taken("-100", YEAR)],
        [[("100.00", YEAR, "C1"), ("-90.00", Q1, None)], [("-5.00", REST, None)]],
    ),
    (
        "of two the latest gives way",
        [FIRST, SECOND],
        [taken("-80", YEAR), taken("-30", YEAR, "C2", MARCH)],
        [
            [("80.00", YEAR, "C1"), ("-80.00", Q1, None), ("30.00", YEAR, "C2"), ("-10.00", Q1, None)],
            [("-20.00", REST, "C2")],
        ],
    ),
    (
        "what two take beyond their part, the oldest is first to have it elsewhere",
        [part("2013-01-01", "2013-04-01", "10"), part("2013-04-01", "2014-01-01", "25")],
        [taken("-30", YEAR), taken("-30", YEAR, "C2", MARCH)],
        [
            [("30.00", YEAR, "C1"), ("-10.00", Q1, None), ("30.00", YEAR, "C2"), ("0.00", Q1, None)],
            [("-20.00", REST, None), ("-5.00", REST, None)],
        ],
    ),
    ("days that another part has", [FIRST, SECOND], [taken("-10", LATE)], [[], []]),
    (
        "days that owe less now",
        [FIRST, part("2013-04-01", "2014-01-01", "100")],
        [taken("-10", LATE)],
        [[("10.00", LATE, "C1"), ("-10.00", Q1, "C1")], []],
    ),
    ("days over two parts, 10.00 of each", [FIRST, SECOND], [taken("-20", ACROSS)], [[], []]),
    (
        "a cent more than they owe",
        [FIRST, SECOND],
        [taken("-20.01", ACROSS)],
        [[("20.01", ACROSS, "C1"), ("-20.01", Q1, "C1")], []],
    ),
    (
        "days of which an earlier note has half",
        [FIRST, SECOND],
        [taken("-5", EARLY), taken("-5.01", EARLY, "C2", MARCH)],
        [[("5.01", EARLY, "C2"), ("-5.01", Q1, "C2")], []],
    ),
    ("days that are not owed any more", [FIRST], [taken("-10", LATE)], [[("10.00", LATE, "C1"), ("-10.00", Q1, "C1")]]),
    (
        "nothing is left",
        [FIRST],
        [taken("-90", YEAR)],
        [[("90.00", YEAR, "C1"), ("-90.00", Q1, None)]],
    ),
    (
        "nothing is owed",
        [part("2013-01-01", "2013-04-01", "0")],
        [taken("-90", YEAR)],
        [[("90.00", YEAR, "C1"), ("0.00", Q1, None)]],
    ),
    ("of before: from no month on", [FIRST], [taken("-30", YEAR, None, None)], [[]]),
]


@pytest.mark.parametrize(("lines", "notes", "right"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_concessions_after_terms_changed(
    lines: list[PricedLine], notes: list[Earning], right: list[list[tuple[str, Period, str | None]]]
) -> None:
    first = lines[0].model_copy(update={"id": "fee:2013"})
    assert stated([first, *lines[1:]], billed(first, *notes)) == right


def test_a_part_that_has_not_changed_stays_as_it_was_stated() -> None:
    """Also where nothing is left of it: a fee that was given back whole is on no later invoice."""
    year = WHOLE.model_copy(update={"id": "fee:2013"})
    given_back = billed(year, taken("-365", YEAR)).model_copy(update={"net": Money.of("0", "EUR")})
    assert stated([year], given_back) == [[]]
    more = (taken("30", YEAR, is_excess=True), taken("-30", EARLY, is_excess=True))
    some = billed(year, taken("-30", YEAR), *more).model_copy(update={"net": Money.of("335", "EUR")})
    assert stated([year], some) == [[("30.00", YEAR, "C1"), ("-30.00", EARLY, "C1")]]
    later = some.model_copy(update={"net": Money.of("334", "EUR")})
    assert stated([year], later) == [[]]


def test_what_was_stated_before_is_stated_anew_from_the_notes() -> None:
    first = FIRST.model_copy(update={"id": "fee:2013"})
    before = (taken("-30", YEAR), taken("30", YEAR, is_excess=True), taken("-30", EARLY, is_excess=True))
    assert stated([first], billed(first, *before)) == [[("30.00", YEAR, "C1"), ("-30.00", Q1, "C1")]]


def test_amounts_are_of_the_books() -> None:
    """Two dollars of the books are one of the document: 180.00 stay, and 20.00 are of the second part's days."""
    first = FIRST.model_copy(update={"id": "fee:2013"})
    assert stated([first, SECOND], billed(first, taken("-200", YEAR), rate="2")) == [
        [("200.00", YEAR, "C1"), ("-180.00", Q1, None)],
        [("-20.00", REST, "C1")],
    ]


def test_what_comes_off_a_fee_is_earned_over_its_days_too() -> None:
    """A fee of 90.00 less 9.00, given back whole before the year turned out to end in March."""
    first = FIRST.model_copy(update={"id": "fee:2013"})
    off = first.model_copy(update={"id": "off:fee:2013", "term": "off", "net": Money.of("-9", "EUR")})
    fees, discount = billed(first, taken("-90", YEAR)), billed(off, taken("9", YEAR))
    given = EarlierPeriod(period=Q1, ordinal=2, contracts=(), rounding=Rounding.HALF_UP, billed=(fees, discount))
    pairs = {("K", first.id): (first, fees), ("K", off.id): (off, discount)}
    earnings = stated_concessions(pairs, concessions(given, [first, off]), Rounding.HALF_UP)
    assert [[(each.amount.text, each.schedule.period, each.note) for each in earnings[key]] for key in pairs] == [
        [("90.00", YEAR, "C1"), ("-90.00", Q1, None)],
        [("-9.00", YEAR, "C1"), ("9.00", Q1, None)],
    ]


@pytest.mark.parametrize(
    ("some", "whole", "share"),
    [(EARLY, Q1, "10/90"), (LATE, Q1, "0"), (YEAR, Q1, "1"), (ACROSS, Q1, "10/90"), (ACROSS, REST, "10/275")],
)
def test_the_share_of_days(some: Period, whole: Period, share: str) -> None:
    above, _, below = share.partition("/")
    assert abs(share_of_days(some, whole) * Decimal(below or 1) - Decimal(above)) < Decimal("1e-50")
