"""Shares by days that never end add up to the cent, or half a cent, that they stand for."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from billproof.contracts.charges import RecognitionMethod
from billproof.contracts.timeline import timelines
from billproof.money import CONTEXT, Money, Rounding, settled
from billproof.periods import Period
from billproof.pricing.lines import Basis
from billproof.pricing.model import RevenueSchedule
from billproof.pricing.owed import contract_lines
from tests.support.whole_contracts import charge, off, version

TEN = {"start": "2013-04-01", "end": "2013-04-11"}
"""Ten of April's thirty days."""
CENTS = [charge(name, "0.01") for name in "ABCDEFGHIJKLMNO"]
YEAR = charge("year", "255", timing="in_advance", cadence={"interval": "year"}, effective={"start": "2013-01-01"})
MONTH = charge("month", "378", effective={"start": "2013-01-01"})
TO_APRIL = {"start": "2013-01-01", "end": "2013-04-19"}


def taken(term: str, month: str, *charges: dict[str, Any], **terms: Any) -> Decimal:
    """Add up what a term takes off a month's lines."""
    contract = version(1, "2012-01-01", *charges, **terms)
    (timeline,) = timelines((contract,), Period.month(month))
    basis = Basis(period=Period.month(month), meters={}, quantities=(), rounding=Rounding.HALF_UP)
    lines = contract_lines(timeline, basis, {})
    return sum((line.net.amount for line in lines if line.term == term), Decimal(0))


def test_three_thirds_are_one() -> None:
    third = CONTEXT.divide(Decimal(1), Decimal(3))
    assert sum([third] * 3) != 1
    assert settled(CONTEXT.multiply(third, Decimal(3))) == 1
    assert settled(Decimal("1e30")) == Decimal("1e30")  # whatever the precision around it
    least = Decimal("1e-24")
    assert settled(1 - least) < 1 < settled(1 + least)


@pytest.mark.parametrize("days", [3, 7, 28, 30, 31, 90, 91, 181, 365])
def test_what_some_days_earn_is_rounded_as_the_fraction_that_it_is(days: int) -> None:
    """Amounts of which every second number of days earns half a cent, by both policies."""
    start = date(2013, 1, 1)
    period = Period(start=start, end=start + timedelta(days=days))
    schedule = RevenueSchedule(method=RecognitionMethod.STRAIGHT_LINE_DAYS, period=period)
    for gone in range(1, days):
        share = schedule.share_before(start + timedelta(days=gone))
        for times in range(1, 60):
            cents = Fraction(times * days, 2) if days % 2 == 0 else Fraction(times * days)
            right = cents * gone / days
            exact = CONTEXT.multiply(Decimal(int(cents)).scaleb(-2), share)
            for rounding, whole in ((Rounding.HALF_EVEN, round(right)), (Rounding.HALF_UP, (2 * right + 1) // 2)):
                got = Money.rounded(exact, "USD", rounding).amount.scaleb(2)
                assert got == whole, f"{cents} cents, {gone} of {days} days, {rounding}"


@pytest.mark.parametrize(
    ("charges", "terms", "right"),
    [
        # a third of three times 0.10
        ([charge(name, "0.10") for name in "ABC"], {"amount": "1", "days": TEN}, "-0.10"),
        # 10 % of a third of fifteen times 0.01, half a cent
        (CENTS, {"percent": "10", "rounding": "per_document", "days": TEN}, "-0.01"),
    ],
)
def test_a_discount_takes_what_thirds_add_up_to(charges: Any, terms: dict[str, Any], right: str) -> None:
    assert taken("d", "2013-04", *charges, discounts=[off("d", **terms)]) == Decimal(right)


def test_a_cap_is_filled_by_a_fee_of_another_month_to_the_cent() -> None:
    """75.45 for 108 days: to the end of March 62.875, less 41.22 to the end of February: 194 less 21.66 are left."""
    caps = [off("c", amount="194")]
    assert taken("c", "2013-03", YEAR, MONTH, caps=caps, effective=TO_APRIL) == Decimal("172.34") - 378


def test_a_fee_whose_days_are_all_waived_has_nothing_for_a_cap_of_some_days() -> None:
    waived = {"waivers": [{"id": "w", "reason": "trial", "days": {"start": "2013-04-01", "end": "2013-05-01"}}]}
    assert taken("c", "2013-04", charge("fee", "30"), caps=[off("c", amount="1", days=TEN)], **waived) == 0
