"""What is earned of a line before a day, and what is earned of fees before they are billed: figures by hand."""

from datetime import date
from fractions import Fraction

import pytest

from billproof.contracts.charges import RecognitionMethod
from billproof.money import Money
from billproof.periods import Period
from billproof.pricing.model import Adjusts, Earning, RevenueSchedule
from tests.support.taxes import difference, fee

DAYS, MONTHS = RecognitionMethod.STRAIGHT_LINE_DAYS, RecognitionMethod.STRAIGHT_LINE_MONTHS
AT_ONCE, AFTERWARDS = RecognitionMethod.POINT_IN_TIME, RecognitionMethod.AS_INCURRED
YEAR = ("2012-11-16", "2013-11-16")

SHARES = [
    # method, days, before which day, share
    (DAYS, ("2013-01-01", "2013-02-01"), "2012-12-31", "0"),
    (DAYS, ("2013-01-01", "2013-02-01"), "2013-01-01", "0"),
    (DAYS, ("2013-01-01", "2013-02-01"), "2013-01-02", "1/31"),
    (DAYS, ("2013-01-01", "2013-02-01"), "2013-01-31", "30/31"),
    (DAYS, ("2013-01-01", "2013-02-01"), "2013-02-01", "1"),
    (DAYS, YEAR, "2013-11-15", "364/365"),
    (AFTERWARDS, ("2013-01-01", "2013-02-01"), "2013-01-31", "0"),
    (AFTERWARDS, ("2013-01-01", "2013-02-01"), "2013-02-01", "1"),
    (AT_ONCE, ("2013-01-05", "2013-02-01"), "2013-01-05", "0"),
    (AT_ONCE, ("2013-01-05", "2013-02-01"), "2013-01-06", "1"),
    # of thirteen calendar months that the year touches, each counts when it is over
    (MONTHS, YEAR, "2012-11-17", "0"),
    (MONTHS, YEAR, "2012-11-30", "0"),
    (MONTHS, YEAR, "2012-12-01", "1/13"),
    (MONTHS, YEAR, "2012-12-02", "1/13"),
    (MONTHS, YEAR, "2013-01-01", "2/13"),
    (MONTHS, YEAR, "2013-11-01", "12/13"),
    (MONTHS, YEAR, "2013-11-15", "12/13"),
    (MONTHS, YEAR, "2013-11-16", "1"),
    (MONTHS, ("2013-01-01", "2013-04-01"), "2013-03-01", "2/3"),
    (MONTHS, ("2012-01-01", "2014-01-01"), "2013-06-01", "17/24"),
]


@pytest.mark.parametrize(("method", "days", "before", "share"), SHARES)
def test_the_share_that_is_earned_before_a_day(
    method: RecognitionMethod, days: tuple[str, str], before: str, share: str
) -> None:
    start, end = map(date.fromisoformat, days)
    schedule = RevenueSchedule(method=method, period=Period(start=start, end=end))
    earned = Fraction(schedule.share_before(date.fromisoformat(before)))
    assert abs(earned - Fraction(share)) < Fraction(1, 10**60)


def euros(amount: str) -> Money:
    return Money.of(amount, "EUR")


def test_what_is_earned_of_a_line_takes_the_place_of_what_was_billed_of_it() -> None:
    line = fee("2013-01-01", "2013-02-01")
    assert line.earnings(euros("100")) == (Earning(amount=euros("100"), schedule=line.recognition),)
    sooner = RevenueSchedule(method=AT_ONCE, period=line.covered)
    before = (
        Earning(amount=euros("80"), schedule=sooner),
        Earning(amount=euros("-30"), schedule=sooner, is_concession=True),
    )
    adjusts = Adjusts(period="2013-01", line=line.id, numbers=("1",), replaces=before)
    more = difference(line, "20").model_copy(update={"adjusts": adjusts})
    assert more.earnings(euros("20")) == (Earning(amount=euros("100"), schedule=line.recognition), before[1])
    assert more.earnings(euros("-50")) == (Earning(amount=euros("0"), schedule=line.recognition),)


def test_a_concession_takes_off_from_its_month_on_also_where_nothing_is_left() -> None:
    line = fee("2013-01-01", "2013-02-01")
    sooner = RevenueSchedule(method=AT_ONCE, period=line.covered)
    march = date(2013, 3, 1)
    before = (
        Earning(amount=euros("80"), schedule=sooner),
        Earning(amount=euros("-30"), schedule=sooner, is_concession=True, since=march),
    )
    adjusts = Adjusts(period="2013-01", line=line.id, numbers=("1",), replaces=before)
    gone = difference(line, "-50").model_copy(update={"adjusts": adjusts})
    assert gone.earnings(euros("-50")) == (
        Earning(amount=euros("30"), schedule=line.recognition),
        Earning(amount=euros("-30"), schedule=line.recognition, is_concession=True, since=march),
    )


def test_what_a_concession_took_that_is_not_owed_it_does_not_take_back() -> None:
    """Of 100.00 all were conceded in March; then only 70.00 were owed: those are earned, and taken back from March."""
    line = fee("2013-01-01", "2013-02-01")
    march = date(2013, 3, 1)
    before = (
        Earning(amount=euros("100"), schedule=line.recognition),
        Earning(amount=euros("-100"), schedule=line.recognition, is_concession=True, since=march),
    )
    excess = Earning(amount=euros("30"), schedule=line.recognition, is_concession=True, since=march, is_excess=True)
    adjusts = Adjusts(period="2013-01", line=line.id, numbers=("1",), replaces=before, exceeding=(excess,))
    less = difference(line, "0").model_copy(update={"adjusts": adjusts})
    now = less.earnings(euros("0"))
    assert now == (Earning(amount=euros("70"), schedule=line.recognition), before[1], excess)
    again = adjusts.model_copy(update={"replaces": now, "exceeding": ()})
    assert less.model_copy(update={"adjusts": again}).earnings(euros("0")) == before
