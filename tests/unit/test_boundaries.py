"""The edges of periods, dues, shares and amounts: the first day inside and the first day outside."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import TaxRounding
from billproof.money import Money, Rounding
from billproof.periods import DateRange, Period, cut_off, instant_text, local_months
from billproof.pricing.quoting import PriceRequest, quote
from billproof.pricing.service_periods import dues
from billproof.proration import Proration, ProrationMethod, ProrationTerms
from billproof.tax import canada
from billproof.tax.amounts import tax_document, tax_line
from tests.support.contracts import contract
from tests.support.parties import account, seller
from tests.support.parties import determined_tax as found

JANUARY = Period.month("2013-01")


def due(terms: Contract, month: str) -> list[str]:
    period = Period.month(month)
    (timeline,) = timelines([terms], period)
    return [each.period.name for each in dues(timeline, period)]


def fee(**changes: Any) -> Contract:
    return contract(charges=[changes])


@pytest.mark.parametrize(("day", "month"), [("2013-01-01", "2013-01"), ("2013-01-31", "2013-01")])
def test_what_is_due_once_is_due_in_the_month_of_its_day(day: str, month: str) -> None:
    once = fee(price={"model": "one_off", "amount": "5", "due_on": day})
    assert due(once, month) == [month]
    assert due(once, "2013-02") == due(once, "2012-12") == []


def test_what_is_due_on_the_day_on_which_its_charge_ends_is_not_due() -> None:
    ends = {"start": "2012-01-01", "end": "2013-01-15"}
    assert due(fee(price={"model": "one_off", "amount": "5", "due_on": "2013-01-15"}, effective=ends), "2013-01") == []


def test_a_week_that_ends_with_a_month_is_on_that_months_invoice() -> None:
    weekly = fee(cadence={"interval": "week"})
    march, april = due(weekly, "2013-03"), due(weekly, "2013-04")
    assert march[-1] == "2013-03-25_2013-04-01"
    assert (april[0], april[-1]) == ("2013-04-01_2013-04-08", "2013-04-22_2013-04-29")


def test_weeks_in_advance_start_in_the_month_that_follows() -> None:
    weekly = fee(cadence={"interval": "week"}, timing="in_advance")
    assert due(weekly, "2013-03") == [f"2013-04-{day:02d}_2013-{end}" for day, end in _weeks()]


def _weeks() -> list[tuple[int, str]]:
    return [(1, "04-08"), (8, "04-15"), (15, "04-22"), (22, "04-29"), (29, "05-06")]


@pytest.mark.parametrize(
    ("begins", "billed"),
    [
        ("2013-01-01", ["2013-01", "2013-02"]),
        ("2013-01-31", ["2013-01", "2013-02"]),
        ("2012-12-31", ["2013-02"]),
        ("2013-02-01", []),
    ],
)
def test_a_charge_in_advance_is_billed_from_the_month_in_which_it_begins(begins: str, billed: list[str]) -> None:
    assert due(fee(timing="in_advance", effective={"start": begins}), "2013-01") == billed


def test_a_refund_is_refused_for_what_is_billed_in_advance_alone() -> None:
    ended = {"start": "2012-01-01", "end": "2013-01-16"}
    arrears = fee(refund="none", effective=ended)
    (timeline,) = timelines([arrears], JANUARY)
    (part,) = dues(timeline, JANUARY)
    assert part.bounds == (date(2013, 1, 1), date(2013, 1, 16))
    advance = fee(refund="none", effective=ended, timing="in_advance")
    (timeline,) = timelines([advance], Period.month("2012-12"))
    (part,) = dues(timeline, Period.month("2012-12"))
    assert part.bounds == (date(2013, 1, 1), date(2013, 2, 1))
    assert part.days[-1].end == date(2013, 2, 1)


def test_days_and_ranges_hold_their_first_day_and_not_their_end() -> None:
    days = DateRange(start=date(2013, 1, 5), end=date(2013, 1, 6))
    assert [date(2013, 1, day) in days for day in (4, 5, 6)] == [False, True, False]
    assert Proration.of(days, JANUARY).days_covered == 1
    inclusive = ProrationTerms(method=ProrationMethod.ACTUAL_DAYS_INCLUSIVE)
    before = DateRange(start=date(2012, 1, 1), end=date(2013, 1, 1))
    assert Proration.of(before, JANUARY, inclusive).days_covered == 0
    whole = DateRange(start=date(2012, 1, 1))
    thirty = ProrationTerms(method=ProrationMethod.THIRTY_DAY_MONTHS)
    rest = DateRange(start=date(2013, 1, 16), end=date(2013, 2, 1))
    assert Proration.of(whole, JANUARY, thirty, without=[rest]).days_covered == 15
    year = Period(start=date(2012, 7, 1), end=date(2013, 7, 1))
    assert Proration.of(DateRange(start=date(2012, 10, 1)), year, thirty).model_dump() == {
        "days_covered": 270,
        "days_in_period": 360,
        "ratio": None,
    }


@pytest.mark.parametrize(("rounding", "ratio"), [("half_up", 1), ("half_even", 0)])
def test_ratios_are_rounded_by_their_own_policy(rounding: str, ratio: int) -> None:
    terms = ProrationTerms.model_validate({"ratio_decimals": 0, "ratio_rounding": rounding})
    half = Proration.of(DateRange(start=date(2013, 2, 15)), Period.month("2013-02"), terms)
    assert half.ratio == ratio


def test_months_are_found_from_their_edges() -> None:
    first = datetime(2013, 3, 1, 0, 30, tzinfo=UTC)
    assert Period.month_before(first, "UTC").name == "2013-02"
    assert Period.month_before(first, "America/New_York").name == "2013-01"
    assert Period.month_ending(date(2013, 3, 1)) == Period.month("2013-02")
    assert Period.month("2012-12").next() == JANUARY
    start, end = JANUARY.instants("America/New_York")
    assert (start, end) == (datetime(2013, 1, 1, 5, tzinfo=UTC), datetime(2013, 2, 1, 5, tzinfo=UTC))
    assert cut_off(JANUARY, timedelta(hours=24)) == datetime(2013, 2, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "months"),
    [
        ("2013-01-31T09:59:59+00:00", ["2013-01"]),
        ("2013-01-31T10:00:00+00:00", ["2013-01", "2013-02"]),
        ("2013-02-01T11:59:59+00:00", ["2013-01", "2013-02"]),
        ("2013-02-01T12:00:00+00:00", ["2013-02"]),
    ],
)
def test_an_instant_is_of_one_month_or_of_two(moment: str, months: list[str]) -> None:
    found_months = local_months(datetime.fromisoformat(moment))
    assert [month.name for month in found_months] == months
    assert all(month.start.day == 1 for month in found_months)


def test_instants_are_written_in_utc() -> None:
    assert instant_text(datetime.fromisoformat("2013-01-01T00:00:00-05:00")) == "2013-01-01T05:00:00.000000Z"


def test_a_sum_of_more_digits_than_an_amount_may_have_is_refused() -> None:
    most = Money.of(10**23 - 1, "USD")
    assert (most - Money.of(1, "USD") + Money.of(1, "USD")) == most
    with pytest.raises(ValidationError, match="23 digits"):
        most + Money.of(1, "USD")


def test_lines_that_bear_other_taxes_are_rounded_apart() -> None:
    germany = found(seller("DE", "DE"), account("DE"))
    austria = found(seller("DE", "DE", "AT"), account("AT", customer_kind="consumer"))
    lines = [
        tax_line(str(number), Money.of(net, "EUR"), each, Rounding.HALF_UP)
        for number, (net, each) in enumerate([("0.02", germany), ("0.02", austria)] * 4)
    ]
    whole = tax_document(lines, Rounding.HALF_UP, TaxRounding.PER_DOCUMENT)
    assert [line.line for line in whole] == [str(number) for number in range(8)]
    taxes = [sum(line.amounts.tax.amount for line in whole[start::2]) for start in (0, 1)]
    assert taxes == [Decimal("0.02"), Decimal("0.02")]  # 19 % of 0.08 and 20 % of 0.08


def test_canada_says_what_is_missing() -> None:
    ontario = account("CA", "ON")
    with pytest.raises(UndeterminedTax, match="is not registered for GST and HST") as refused:
        canada.determine(seller("CA"), ontario, date(2026, 1, 1))
    assert refused.value.details == {"account": ontario.id}
    saskatchewan = found(seller("CA", "CA"), account("CA", "SK"))
    assert saskatchewan.reason.endswith("does not collect PST")


def test_a_request_may_name_its_own_meters_and_groups() -> None:
    base = {"currency": "USD", "rounding": "half_up", "period": "2013-01"}
    matrix = {"model": "matrix", "cells": [{"match": {"a": "x"}, "unit_price": "2"}], "otherwise": "1"}
    groups = [{"dimension": {"a": "x"}, "quantity": "3"}]
    request = {
        "price": matrix,
        "usage": {"groups": groups},
        "charge": {"group_by": ["b", "a"], "meter": "mine"},
        **base,
    }
    (line,) = quote(PriceRequest.model_validate(request)).lines
    assert (line.net.text, line.dimension, line.meter) == ("6.00", {"b": "", "a": "x"}, "mine")
    seats = {"model": "seats", "seats": 1, "unit_price": "1", "true_up": "high_water_mark"}
    request = {"price": seats, "usage": {"days": ["3"]}, "charge": {"seats_meter": "people"}, **base}
    assert [each.meter for each in quote(PriceRequest.model_validate(request)).lines] == [None, "people"]
    stated = {"price": {"model": "per_unit", "unit_price": "2"}, "charge": {"quantity": "4"}, **base}
    contract_of_it = PriceRequest.model_validate(stated).contract()
    assert (contract_of_it.id, contract_of_it.account, contract_of_it.signed_by) == ("quote", "quote", "")
    assert contract_of_it.charges[0].meter is None
