"""Which invoice bills which service period, and what share of it its days are."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from billproof.cadence import Cadence, Interval
from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.periods import DateRange, Period
from billproof.pricing.service_periods import dues
from billproof.proration import Proration, ProrationMethod, ProrationTerms
from tests.support.contracts import contract

JANUARY = Period.month("2013-01")


def billed(*versions: Contract, months: int = 14, first: str = "2012-01") -> dict[str, list[str]]:
    """Say which service periods each month's invoice bills."""
    month, found = Period.month(first), {}
    for _ in range(months):
        (timeline,) = timelines(versions, month)
        found[month.name] = [f"{due.period.name}{due.since and '@'}{due.since}" for due in dues(timeline, month)]
        month = month.next()
    return {name: periods for name, periods in found.items() if periods}


def cadence(interval: str, anchor: str | None = None, timing: str = "in_arrears") -> dict[str, Any]:
    return {"cadence": {"interval": interval, "anchor": anchor}, "timing": timing}


def test_every_service_period_is_on_one_invoice_in_arrears() -> None:
    assert billed(contract(charges=[cadence("quarter")]), months=6) == {
        "2012-03": ["2012-01-01_2012-04-01"],
        "2012-06": ["2012-04-01_2012-07-01"],
    }
    weeks = billed(contract(charges=[cadence("week")]), months=2)
    assert [len(periods) for periods in weeks.values()] == [5, 4]
    assert weeks["2012-01"][0] == "2011-12-26_2012-01-02"


def test_every_service_period_is_on_one_invoice_in_advance() -> None:
    found = billed(contract(charges=[cadence("half_year", timing="in_advance")]))
    assert found == {
        "2012-01": ["2012-01-01_2012-07-01"],
        "2012-06": ["2012-07-01_2013-01-01"],
        "2012-12": ["2013-01-01_2013-07-01"],
    }
    monthly = billed(contract(charges=[{"timing": "in_advance"}]), months=3)
    assert monthly == {"2012-01": ["2012-01", "2012-02"], "2012-02": ["2012-03"], "2012-03": ["2012-04"]}


def test_a_charge_that_begins_later_is_not_billed_before_its_month() -> None:
    later = contract(charges=[{"timing": "in_advance", "effective": {"start": "2012-02-10"}}])
    assert billed(later, months=3) == {"2012-02": ["2012-02", "2012-03"], "2012-03": ["2012-04"]}


def test_a_charge_that_ends_within_its_service_period_is_billed_when_it_ends() -> None:
    ended = contract(charges=[{**cadence("year"), "effective": {"start": "2012-01-01", "end": "2012-05-10"}}])
    assert billed(ended) == {"2012-05": ["2012-01-01_2013-01-01"]}


def test_what_is_due_once_is_due_on_a_day_of_its_terms_and_a_milestone_also_before_them() -> None:
    """From February to April: the day of a milestone may be known later than it was, and never after the terms."""
    for model, day, months in (
        ("one_off", "2012-01-31", []),
        ("one_off", "2012-02-01", ["2012-02"]),
        ("one_off", "2012-04-30", ["2012-04"]),
        ("one_off", "2012-05-01", []),
        ("milestone", "2012-01-31", ["2012-01"]),
        ("milestone", "2012-04-30", ["2012-04"]),
        ("milestone", "2012-05-01", []),
    ):
        name = "due_on" if model == "one_off" else "reached_on"
        price = {"model": model, "amount": "9", name: day}
        terms = contract(charges=[{"price": price, "effective": {"start": "2012-02-01", "end": "2012-05-01"}}])
        assert list(billed(terms, months=8)) == months, (model, day)


def test_an_anchor_is_remembered() -> None:
    monthly = Cadence(interval=Interval.MONTH, anchor=date(2013, 1, 31))
    starts = [monthly.period_of(date(2013, month, 28)).end.isoformat() for month in (1, 2, 3, 4)]
    assert starts == ["2013-01-31", "2013-03-31", "2013-03-31", "2013-04-30"]
    yearly = Cadence(interval=Interval.YEAR, anchor=date(2012, 2, 29))
    assert yearly.period_of(date(2013, 6, 1)) == Period(start=date(2013, 2, 28), end=date(2014, 2, 28))
    assert yearly.period_of(date(2016, 2, 28)) == Period(start=date(2015, 2, 28), end=date(2016, 2, 29))


@pytest.mark.parametrize("interval", list(Interval))
@pytest.mark.parametrize("anchor", [None, date(2012, 2, 29), date(2020, 8, 31)])
def test_service_periods_follow_one_another_without_gap_or_overlap(interval: Interval, anchor: date | None) -> None:
    found = Cadence(interval=interval, anchor=anchor).periods_touching(date(2011, 12, 15), date(2017, 3, 3))
    assert all(one.end == other.start for one, other in pairwise(found))
    assert found[0].start <= date(2011, 12, 15)
    assert found[-1].end >= date(2017, 3, 3)


@pytest.mark.parametrize(
    ("start", "end", "actual", "inclusive", "thirty"),
    [
        ("2013-01-01", "2013-02-01", (31, 31), (31, 31), (30, 30)),
        ("2013-01-10", "2013-02-01", (22, 31), (22, 31), (21, 30)),
        ("2013-01-01", "2013-01-10", (9, 31), (10, 31), (9, 30)),
        ("2013-01-05", "2013-01-31", (26, 31), (27, 31), (25, 30)),
    ],
)
def test_days_are_counted_by_method(start: str, end: str, actual: Any, inclusive: Any, thirty: Any) -> None:
    days = DateRange.model_validate({"start": start, "end": end})
    for method, expected in zip(ProrationMethod, (actual, inclusive, thirty), strict=True):
        found = Proration.of(days, JANUARY, ProrationTerms(method=method))
        assert (found.days_covered, found.days_in_period) == expected


def test_february_has_thirty_days_where_every_month_has() -> None:
    terms = ProrationTerms(method=ProrationMethod.THIRTY_DAY_MONTHS)
    february = Period.month("2012-02")
    parts = [("2012-02-01", "2012-02-15"), ("2012-02-15", "2012-02-29"), ("2012-02-29", "2012-03-01")]
    counts = [
        Proration.of(DateRange.model_validate({"start": a, "end": b}), february, terms).days_covered for a, b in parts
    ]
    assert counts == [14, 14, 2]


def test_days_that_are_left_out_are_left_out_once() -> None:
    whole = DateRange(start=date(2012, 1, 1))
    trial = DateRange(start=date(2012, 12, 1), end=date(2013, 1, 15))
    pause = DateRange(start=date(2013, 1, 10), end=date(2013, 1, 20))
    found = Proration.of(whole, JANUARY, without=[pause, trial])
    assert (found.days_covered, found.days_in_period) == (12, 31)
    open_end = DateRange(start=date(2013, 1, 10))
    assert Proration.of(whole, JANUARY, without=[open_end, pause]).days_covered == 9


def test_a_ratio_is_rounded_where_the_contract_says() -> None:
    days = DateRange(start=date(2013, 1, 10))
    found = Proration.of(days, JANUARY, ProrationTerms(ratio_decimals=4))
    assert (found.ratio, found.share(Decimal(1000))) == (Decimal("0.7097"), Decimal("709.7"))
    with pytest.raises(ValueError, match="ratio_decimals"):
        ProrationTerms(ratio_decimals=16)
