"""Days that ranges share, leave and count for: tables of the first day inside and the first day outside."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from pydantic import ValidationError

from billproof.errors import InvalidPeriod
from billproof.periods import (
    DateRange,
    Period,
    add_months,
    first_of_next_month,
    instant_text,
    intersection,
    local_months,
    subtracted,
    zone,
)
from billproof.proration import Proration, ProrationMethod, ProrationTerms, count_days, counted_days

JANUARY = Period.month("2013-01")
INCLUSIVE = ProrationTerms(method=ProrationMethod.ACTUAL_DAYS_INCLUSIVE)
THIRTY = ProrationTerms(method=ProrationMethod.THIRTY_DAY_MONTHS)
ACTUAL = ProrationTerms()


def ranges(text: str) -> list[DateRange]:
    """Read days of January as `1-5 9-`: the second is the first day outside, and none is an open end."""
    pairs = (part.partition("-") for part in text.split())
    return [DateRange(start=day(start), end=day(end) if end else None) for start, _, end in pairs]


def day(text: str) -> date:
    return date(2013, 1, 1) + timedelta(days=int(text) - 1)


def said(days: list[DateRange]) -> str:
    return " ".join(f"{_number(one.start)}-{_number(one.end) if one.end else ''}" for one in days)


def _number(of: date) -> int:
    return (of - date(2013, 1, 1)).days + 1


@pytest.mark.parametrize(
    ("whole", "less", "left"),
    [
        ("1-10", "", "1-10"),
        ("1-10", "3-5", "1-3 5-10"),
        ("1-10", "1-5", "5-10"),
        ("1-10", "5-10", "1-5"),
        ("1-10", "1-10", ""),
        ("5-10", "1-20", ""),
        ("5-10", "10-20", "5-10"),
        ("5-10", "1-5", "5-10"),
        ("5-10", "9-20", "5-9"),
        ("5-10", "1-6", "6-10"),
        ("5-10", "7-", "5-7"),
        ("5-10", "10-", "5-10"),
        ("11-20 1-10", "5-15", "1-5 15-20"),
        ("1-20", "3-5 9-12", "1-3 5-9 12-20"),
        ("1-20", "9-12 3-5", "1-3 5-9 12-20"),
        ("1-20", "3-9 5-12", "1-3 12-20"),
        ("5-", "7-9", "5-7 9-"),
        ("5-", "1-3", "5-"),
        ("5-", "9-", "5-9"),
    ],
)
def test_days_less_other_days(whole: str, less: str, left: str) -> None:
    assert said(subtracted(ranges(whole), ranges(less))) == left


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("1-10", "5-20", "5-10"),
        ("1-10", "9-20", "9-10"),
        ("1-10", "10-20", None),
        ("1-10", "12-20", None),
        ("1-", "5-20", "5-20"),
        ("5-", "9-", "9-"),
        ("1-10", "3-", "3-10"),
        ("1-10", "10-", None),
    ],
)
def test_days_that_two_ranges_share(one: str, other: str, both: str | None) -> None:
    (first,), (second,) = ranges(one), ranges(other)
    for shared in (intersection(first, second), intersection(second, first)):
        assert (said([shared]) if shared else None) == both


@pytest.mark.parametrize(
    ("covered", "less", "actual", "inclusive", "thirty"),
    [
        ("1-32", "", 31, 31, 30),
        ("1-", "", 31, 31, 30),
        ("1-11", "", 10, 11, 10),
        ("1-31", "", 30, 31, 29),
        ("1-32", "11-21", 21, 20, 20),
        ("11-", "", 21, 21, 20),
        ("31-32", "", 1, 1, 1),
        ("1-11 21-31", "", 20, 22, 19),
        ("11-21", "11-16", 5, 5, 5),
        ("32-40", "", 0, 0, 0),
        ("1-11", "11-", 10, 10, 10),
    ],
)
def test_days_of_january_that_count(covered: str, less: str, actual: int, inclusive: int, thirty: int) -> None:
    counted = [
        Proration.of(ranges(covered), JANUARY, terms, without=ranges(less)).days_covered
        for terms in (ACTUAL, INCLUSIVE, THIRTY)
    ]
    assert counted == [actual, inclusive, thirty]
    assert Proration.of(ranges(covered), JANUARY, without=ranges(less)).days_covered == actual


def test_the_day_on_which_terms_end_counts_inclusively_within_the_period_alone() -> None:
    assert said(counted_days(ranges("1-11")[0], JANUARY, INCLUSIVE)) == "1-12"
    assert said(counted_days(ranges("1-32")[0], JANUARY, INCLUSIVE)) == "1-32"
    assert said(counted_days(ranges("1-40")[0], JANUARY, INCLUSIVE)) == "1-32"
    assert said(counted_days(ranges("1-11")[0], JANUARY, ACTUAL)) == "1-11"


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2013-01-31", "2013-02-28", 28),  # as from the 30th
        ("2013-01-30", "2013-01-31", 0),
        ("2013-02-28", "2013-03-01", 3),
        ("2012-12-15", "2013-02-15", 60),
        ("2012-01-01", "2013-01-01", 360),
        ("2012-11-30", "2013-01-31", 60),
    ],
)
def test_months_have_thirty_days(start: str, end: str, days: int) -> None:
    bounds = DateRange(start=date.fromisoformat(start), end=date.fromisoformat(end))
    assert count_days(bounds, THIRTY) == days


@pytest.mark.parametrize(("decimals", "ratio"), [(0, "0"), (1, "0.3"), (4, "0.3226"), (15, "0.322580645161290")])
def test_a_ratio_has_as_many_decimals_as_the_terms_say(decimals: int, ratio: str) -> None:
    """10 of 31 days are 0.3225806451612903..."""
    share = Proration.of(ranges("1-11"), JANUARY, ProrationTerms(ratio_decimals=decimals))
    assert share.ratio == Decimal(ratio)
    assert share.share(Decimal(100)) == 100 * Decimal(ratio)
    assert Fraction(share.share(Decimal("1" * 30))) == int("1" * 30) * Fraction(ratio)


@pytest.mark.parametrize("decimals", [-1, 16])
def test_a_ratio_of_other_decimals_is_refused(decimals: int) -> None:
    with pytest.raises(ValidationError, match="ratio_decimals must be from 0 to 15"):
        ProrationTerms(ratio_decimals=decimals)


@pytest.mark.parametrize(
    ("start", "months", "then"),
    [
        ("2013-01-31", 1, "2013-02-28"),
        ("2012-01-31", 1, "2012-02-29"),
        ("2013-01-31", 2, "2013-03-31"),
        ("2013-11-30", 1, "2013-12-30"),
        ("2013-12-15", 1, "2014-01-15"),
        ("2013-01-15", -1, "2012-12-15"),
        ("2013-01-15", -13, "2011-12-15"),
        ("2013-01-15", 24, "2015-01-15"),
        ("2013-03-31", -1, "2013-02-28"),
        ("2013-06-30", 0, "2013-06-30"),
    ],
)
def test_the_same_day_some_months_later(start: str, months: int, then: str) -> None:
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(then)


def test_months_follow_one_another() -> None:
    days = [date(2013, 1, 1), date(2013, 1, 31), date(2013, 11, 30), date(2013, 12, 31)]
    assert [str(first_of_next_month(one)) for one in days] == ["2013-02-01", "2013-02-01", "2013-12-01", "2014-01-01"]
    assert [Period.month(name).next().name for name in ("2013-01", "2013-11", "2013-12")] == [
        "2013-02",
        "2013-12",
        "2014-01",
    ]
    names = [
        Period(start=date(2013, 1, 1), end=date(2013, 2, 2)),
        Period(start=date(2013, 1, 2), end=date(2013, 2, 1)),
        Period(start=date(2012, 12, 1), end=date(2013, 1, 1)),
    ]
    assert [period.name for period in names] == ["2013-01-01_2013-02-02", "2013-01-02_2013-02-01", "2012-12"]
    assert [period.days for period in names] == [32, 30, 31]


@pytest.mark.parametrize("text", ["2013-13", "2013-00", "0000-01", "9999-12", "2013-1", "2013-01-01", "2013-01\n", ""])
def test_what_is_no_month_says_how_to_write_one(text: str) -> None:
    with pytest.raises(InvalidPeriod) as refused:
        Period.month(text)
    assert refused.value.message == "this is not a calendar month: write it as YYYY-MM, such as 2013-01"


def test_what_is_no_time_zone_and_what_has_none_say_so() -> None:
    for name in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(InvalidPeriod) as refused:
            zone(name)
        assert refused.value.message == f"{name!r} is not a time zone of the IANA database"
    with pytest.raises(InvalidPeriod) as naive:
        instant_text(datetime(2013, 1, 1))  # noqa: DTZ001 (that is what is tested)
    assert naive.value.message == "2013-01-01 00:00:00 has no time zone"
    assert instant_text(datetime(2013, 1, 1, 0, 0, 0, 7, tzinfo=UTC)) == "2013-01-01T00:00:00.000007Z"
    december = local_months(datetime(2012, 12, 31, 23, tzinfo=UTC))
    assert [month.name for month in december] == ["2012-12", "2013-01"]


@pytest.mark.parametrize("kind", [DateRange, Period])
def test_days_that_hold_none_are_refused(kind: type[DateRange] | type[Period]) -> None:
    name = "range" if kind is DateRange else "period"
    for end in (date(2013, 1, 1), date(2012, 12, 31)):
        said_so = f"the {name} 2013-01-01 to {end} holds no day: its end is the first day outside"
        with pytest.raises(ValidationError, match=said_so):
            kind(start=date(2013, 1, 1), end=end)
