"""Whenever amendments become known, the invoices add up to what they would have come to had all been known at once."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billproof.contracts.model import Contract
from tests.support.held import release_as_held
from tests.support.levels import LEVEL
from tests.support.world import INC, World, flight

MONTHS = [f"2013-{month:02d}" for month in range(1, 6)]
MOMENTS = [datetime(2013, month + 1, 2, 12, tzinfo=UTC) for month in range(1, 6)]
CADENCES: list[dict[str, Any]] = [{}, {"interval": "quarter"}, {"interval": "month", "anchor": "2012-12-31"}]


@st.composite
def charges(draw: st.DrawFn, cadence: dict[str, Any]) -> list[dict[str, Any]]:
    """A fee, an extra that may be dropped, and miles. The cadence stays: one that changes is refused."""
    base = {"product": "p", "revenue_category": "usage", "effective": {"start": "2013-01-01"}}
    timing = draw(st.sampled_from(["in_advance", "in_arrears"]))
    fee = {
        **base,
        "id": "fee",
        "name": "Fee",
        "timing": timing,
        "cadence": cadence,
        "price": {"model": "flat", "amount": str(draw(st.integers(min_value=0, max_value=999)))},
    }
    extra = {**fee, "id": "extra", "name": "Extra", "price": {"model": "flat", "amount": "77.77"}}
    rate = draw(st.sampled_from(["0.01", "0.015"]))
    miles = {
        **base,
        "id": "miles",
        "name": "Miles",
        "timing": "in_arrears",
        "meter": "miles_tracked",
        "price": {"model": "package", "package_size": "1500", "package_price": rate + "7"},
    }
    return [fee, miles, *([extra] if draw(st.booleans()) else [])]


@st.composite
def amendments(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Versions in their order: what they say, from which day, and before which month's run they are known."""
    found = []
    cadence = draw(st.sampled_from(CADENCES))
    for number in range(draw(st.integers(min_value=1, max_value=3))):
        start = "2013-01-01" if number == 0 else f"2013-{draw(st.integers(1, 4)):02d}-{draw(st.integers(1, 28)):02d}"
        discounts = []
        if draw(st.booleans()):
            percent = str(draw(st.integers(min_value=1, max_value=60)))
            discounts = [{"id": "off", "name": "Off", "percent": percent, "effective": {"start": "2013-01-01"}}]
        known = 0 if number == 0 else draw(st.integers(min_value=0, max_value=4))
        found.append({"start": start, "charges": draw(charges(cadence)), "discounts": discounts, "known": known})
    return found


def billed(versions: list[dict[str, Any]], *, at_once: bool) -> Decimal:
    world = World(accounts={"UA"})
    contract = world.directory.contracts("UA")[-1]
    world.hold_for_no_amount()
    whole = Decimal(0)
    for place, (month, moment) in enumerate(zip(MONTHS, MOMENTS, strict=True)):
        world.moment = moment
        for number, version in enumerate(versions):
            if version["known"] == place or (at_once and place == 0):
                terms = {"version": number + 2, "effective": {"start": version["start"]}, "commitments": []}
                terms |= {"charges": version["charges"], "discounts": version["discounts"], "exclusions": []}
                world.publish(Contract.model_validate(contract.model_dump(mode="json") | terms))
        world.ingest(flight(number, day=f"{month}-{day:02d}") for number, day in enumerate((3, 9, 17, 25)))
        world.bill(period=month)
        held = next(facts.held for facts in world.register.of_period(INC, month) if facts.account == "UA")
        if held is not None:
            assert {finding.code for finding in held.findings} <= {"negative_invoice", "credit_ratio"}, held.findings
            assert held.document is not None
            assert release_as_held(world, f"{INC}-{month}-001", "UA").released is not None
        whole += world.invoice(f"{INC}.{month}.UA").totals.net.amount
    return whole


@pytest.mark.long
@settings(max_examples=4 * LEVEL, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(amendments())
def test_invoices_add_up_whenever_amendments_become_known(versions: list[dict[str, Any]]) -> None:
    assert billed(versions, at_once=False) == billed(versions, at_once=True)
