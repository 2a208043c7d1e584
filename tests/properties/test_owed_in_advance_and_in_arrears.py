"""A fee owes the same over its contract's life in advance and in arrears, however its price changes, reduced or not."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.money import Rounding
from billproof.periods import Period
from billproof.pricing.lines import Basis
from billproof.pricing.owed import contract_lines

BEGINS, ENDS = date(2013, 1, 1), date(2014, 1, 1)
CADENCES: list[dict[str, Any]] = [
    {"interval": "week"},
    {"interval": "month"},
    {"interval": "month", "anchor": "2012-12-31"},
    {"interval": "quarter"},
    {"interval": "half_year"},
    {"interval": "year"},
    {"interval": "year", "anchor": "2012-05-17"},
]
days = st.integers(min_value=0, max_value=364).map(lambda number: BEGINS + timedelta(days=number))
changes = st.dictionaries(days, st.integers(min_value=0, max_value=99_999), max_size=4)
reductions = st.sampled_from(
    [
        {},
        {"discounts": [{"id": "off", "name": "Off", "percent": "13", "effective": {"start": "2013-02-11"}}]},
        {"discounts": [{"id": "off", "name": "Off", "amount": "17.77", "effective": {"start": "2012-01-01"}}]},
        {"caps": [{"id": "cap", "name": "Cap", "amount": "333.33", "effective": {"start": "2013-03-05"}}]},
    ]
)


def owed(timing: str, cadence: dict[str, Any], ramp: dict[date, int], terms: dict[str, Any]) -> Decimal:
    """Add up all that is at home in any month, from one before the contract begins to one after it ends."""
    steps = [
        {"start": str(day), "price": {"model": "flat", "amount": str(amount)}} for day, amount in sorted(ramp.items())
    ]
    charge: dict[str, Any] = {
        "id": "fee",
        "name": "Fee",
        "product": "p",
        "revenue_category": "r",
        "timing": timing,
        "ramp": steps,
    }
    charge |= {"cadence": cadence, "price": {"model": "flat", "amount": "1000"}}
    charge |= {"effective": {"start": str(BEGINS), "end": str(ENDS)}}
    fields: dict[str, Any] = {
        "id": "K",
        "account": "A",
        "version": 1,
        "signed_by": "",
        "effective": {"start": "2012-01-01"},
    }
    contract = Contract.model_validate({**fields, "currency": "USD", "time_zone": "UTC", "charges": [charge], **terms})
    whole, month = Decimal(0), Period.month("2012-11")
    while month.start < date(2014, 3, 1):
        (timeline,) = timelines([contract], month)
        basis = Basis(period=month, meters={}, quantities=(), rounding=Rounding.HALF_UP)
        whole += sum((line.net.amount for line in contract_lines(timeline, basis)), Decimal(0))
        month = month.next()
    return whole


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CADENCES), changes, reductions)
def test_in_advance_and_in_arrears_come_to_the_same(
    cadence: dict[str, Any], ramp: dict[date, int], terms: dict[str, Any]
) -> None:
    assert owed("in_advance", cadence, ramp, terms) == owed("in_arrears", cadence, ramp, terms)
