"""Rates from the first day of the data: no gap, no overlap, every component, or nothing is determined."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from billproof.errors import UndeterminedTax
from billproof.tax.model import Dated, Rate
from billproof.tax.rows import rule_set
from billproof.tax.rules import determine
from tests.support.taxes import customer, found_tax, seller

FILES = ("eu_vat", "vat_elsewhere", "ca_sales_tax", "us_saas", "territories")
PROVINCES = ("AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT")
DAY = timedelta(days=1)


def histories(name: str) -> dict[tuple[str, ...], list[Dated]]:
    """The rows of each component of a jurisdiction, in order; GST and HST are one, the federal tax."""
    rules = rule_set(name)
    rows: dict[tuple[str, ...], list[Dated]] = {}
    for rate in rules.rates:
        component = "GST/HST" if rate.name in {"GST", "HST"} else rate.name
        rows.setdefault((rate.jurisdiction, component), []).append(rate)
    for reading in rules.taxability:
        rows.setdefault((reading.jurisdiction, "reading", reading.customer_kind), []).append(reading)
    return {key: sorted(each, key=lambda row: row.effective_from or date.min) for key, each in rows.items()}


@pytest.mark.parametrize("name", FILES)
def test_no_component_has_a_gap_or_two_rows_for_a_day(name: str) -> None:
    for key, rows in histories(name).items():
        for before, after in pairwise(rows):
            assert before.effective_to == after.effective_from, key
        assert all(
            row.effective_from is None or row.effective_to is None or row.effective_from < row.effective_to
            for row in rows
        ), key
        assert all(row.source for row in rows), key


@pytest.mark.parametrize("name", FILES)
def test_every_rate_says_since_when_it_holds(name: str) -> None:
    assert all(rate.effective_from is not None for rate in rule_set(name).rates)


def days_of(rates: Iterable[Rate], first: date) -> list[date]:
    """The first day of the data and each day around a change."""
    changes = {day for rate in rates for day in (rate.effective_from, rate.effective_to) if day is not None}
    return sorted({first - DAY, first, *(day + shift for day in changes for shift in (-DAY, timedelta(0), DAY))})


@pytest.mark.parametrize("province", PROVINCES)
def test_a_province_is_taxed_with_all_its_components_or_held(province: str) -> None:
    rules = rule_set("ca_sales_tax")
    rates = [rate for rate in rules.rates if rate.jurisdiction == f"CA-{province}"]
    entity = seller("CA", *(f"CA-{other}" for other in PROVINCES))
    own = {rate.name for rate in rates} - {"GST", "HST"}
    for day in days_of(rates, rules.first_day):
        held = [rate for rate in rates if rate.holds_on(day)]
        is_whole = any(rate.name == "HST" for rate in held) or bool(own & {rate.name for rate in held})
        is_known = day >= rules.first_day and is_whole and any(rate.name in {"GST", "HST"} for rate in held)
        found = found_tax(entity, customer("CA", province), day.isoformat())
        assert (found != "held") == is_known, (province, day, found)


@pytest.mark.parametrize("name", ["eu_vat", "vat_elsewhere"])
def test_a_country_is_taxed_at_the_one_rate_of_the_day_or_held(name: str) -> None:
    rules = rule_set(name)
    for country in sorted({rate.jurisdiction for rate in rules.rates}):
        rates = [rate for rate in rules.rates if rate.jurisdiction == country]
        for day in days_of(rates, rules.first_day):
            held = [rate for rate in rates if rate.holds_on(day) and day >= rules.first_day]
            found = found_tax(seller(country), customer(country, customer_kind="consumer"), day.isoformat())
            expected = f"{country} standard {held[0].percent.normalize():f}" if held else "held"
            assert (len(held) <= 1, found) == (True, expected), day


CANADA = [
    # province, day: every component of that day, or held (rates of the Canada Revenue Agency)
    ("BC", "2013-03-31", "CA-BC standard 12 HST 12"),
    ("BC", "2013-04-01", "CA-BC standard 12 GST 5 PST 7"),
    ("SK", "2017-03-22", "held"),
    ("SK", "2017-03-23", "CA-SK standard 11 GST 5 PST 6"),
    ("MB", "2013-06-30", "held"),
    ("MB", "2025-12-31", "CA-MB standard 5 GST 5"),
    ("MB", "2026-01-01", "CA-MB standard 12 GST 5 RST 7"),
    ("NB", "2016-06-30", "CA-NB standard 13 HST 13"),
    ("NB", "2016-07-01", "CA-NB standard 15 HST 15"),
    ("PE", "2013-03-31", "held"),
    ("PE", "2016-09-30", "CA-PE standard 14 HST 14"),
    ("NS", "2025-04-01", "CA-NS standard 14 HST 14"),
    ("QC", "2013-01-01", "CA-QC standard 14.975 GST 5 QST 9.975"),
    ("QC", "2012-12-31", "held"),
    ("AB", "2013-01-01", "CA-AB standard 5 GST 5"),
]


@pytest.mark.parametrize(("province", "day", "expected"), CANADA)
def test_the_components_of_a_province(province: str, day: str, expected: str) -> None:
    assert found_tax(seller("CA", *(f"CA-{other}" for other in PROVINCES)), customer("CA", province), day) == expected


RATES = [
    ("IE", "2020-08-31", "23"),  # lowered for half a year: BDO, Indirect Tax News 3/2020
    ("IE", "2020-09-01", "21"),
    ("IE", "2021-02-28", "21"),
    ("IE", "2021-03-01", "23"),
    # place, day, percent or held: published rates around their changes
    ("DE", "2020-06-30", "19"),
    ("DE", "2020-07-01", "16"),
    ("DE", "2021-01-01", "19"),
    ("ES", "2012-08-31", "18"),
    ("ES", "2012-09-01", "21"),
    ("GR", "2016-05-31", "held"),  # its islands had rates of their own
    ("GR", "2016-06-01", "24"),
    ("IT", "2013-09-30", "21"),
    ("LU", "2022-12-31", "17"),
    ("LU", "2023-12-31", "16"),
    ("HR", "2022-12-31", "25"),
    ("RO", "2025-07-31", "19"),
    ("RO", "2025-08-01", "21"),
    ("CH", "2010-12-31", "7.6"),
    ("CH", "2017-12-31", "8"),
    ("CH", "2023-12-31", "7.7"),
    ("GB", "2011-01-03", "17.5"),
    ("US-DC", "2013-09-30", "6"),
    ("US-DC", "2013-10-01", "5.75"),
    ("US-OH", "2013-08-31", "5.5"),
    ("US-SD", "2016-05-31", "4"),
    ("US-SD", "2027-07-01", "held"),  # the lower rate ends, and what follows is not known
    ("US-UT", "2013-01-31", "4.7"),
    ("US-NM", "2022-06-30", "5.125"),
    ("US-NM", "2022-07-01", "5"),
    ("US-PR", "2015-06-30", "held"),
    ("US-WA", "2012-12-31", "held"),
    ("US-KY", "2022-12-31", "0"),  # taxed only from 2023
    ("US-KY", "2023-01-01", "6"),
]


@pytest.mark.parametrize(("place", "day", "percent"), RATES)
def test_published_rates(place: str, day: str, percent: str) -> None:
    country, _, region = place.partition("-")
    entity = seller(country, *([place] if region else []))
    account = customer(country, region or None)
    point = date.fromisoformat(day)
    if percent == "held":
        with pytest.raises(UndeterminedTax):
            determine(legal_entity=entity, account=account, tax_point=point)
    else:
        assert determine(legal_entity=entity, account=account, tax_point=point).percent == Decimal(percent)


def test_where_only_the_states_part_is_known_the_tax_is_marked_as_incomplete() -> None:
    entity = seller("US", "US-NY", "US-KY")
    for state, city, missing in (("NY", "Albany", "the local tax of Albany is not known"), ("KY", "Frankfort", "")):
        account = customer("US", state, city=city)
        tax = determine(legal_entity=entity, account=account, tax_point=date(2026, 2, 1))
        assert (tax.percent > 0, tax.incomplete) == (True, missing)
