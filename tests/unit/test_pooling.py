"""Adding up what a family of accounts used."""

from decimal import Decimal
from typing import Any

import pytest

from billproof.masterdata.meters import Aggregation, Meter
from billproof.pricing.pooling import is_additive, pooled, shares
from billproof.readings import PricedQuantity, Quantity, Reading

CALLS = Reading(meter="calls")
WHOLE = {name: [""] for name in "ABC"}
BY_PLACE = Reading(meter="calls", group_by=("place",))


def quantity(value: str, events: int = 1, **changes: Any) -> Quantity:
    fields: dict[str, Any] = {"meter": "calls", "group_by": (), "dimension": {}, "quantity": value, "events": events}
    return Quantity.model_validate({**fields, **changes})


def at(place: str, value: str) -> Quantity:
    return quantity(value, group_by=("place",), dimension={"place": place})


def test_quantities_and_events_add_up_over_accounts() -> None:
    used = {"A": [quantity("1.5", 2)], "B": [quantity("2", 3)], "C": []}
    assert pooled(used, CALLS, WHOLE) == [quantity("3.5", 5)]
    assert shares(used, CALLS, WHOLE, {}) == "A 1.5, B 2"


def test_each_place_adds_up_apart() -> None:
    used = {"A": [at("x", "1"), at("y", "2")], "B": [at("y", "3"), at("z", "4")]}
    assert {each.dimension["place"]: each.quantity for each in pooled(used, BY_PLACE, WHOLE)} == {
        "x": Decimal(1),
        "y": Decimal(5),
        "z": Decimal(4),
    }
    assert shares(used, BY_PLACE, WHOLE, {"place": "y"}) == "A 2, B 3"
    assert shares(used, BY_PLACE, WHOLE, {"place": "x"}) == "A 1"


def test_other_readings_and_parts_are_left_alone() -> None:
    part = "2013-01-01_2013-01-15"
    used = {"A": [quantity("1"), quantity("2", part=part), quantity("4", meter="miles"), at("x", "8")]}
    assert pooled(used, CALLS, WHOLE) == [quantity("1")]
    assert pooled(used, CALLS, {"A": [part]}) == [quantity("2", part=part)]
    assert shares(used, CALLS, {"A": [part]}, {}) == "A 2"
    assert pooled({}, CALLS, WHOLE) == []


def test_prices_that_events_carried_add_up_by_price() -> None:
    def priced(**prices: str) -> Quantity:
        found = [{"unit_price": price.lstrip("p"), "quantity": amount} for price, amount in prices.items()]
        return quantity("0", prices=found, variant="by price")

    reading = Reading(meter="calls", by_price=True)
    used = {"A": [priced(p2="1", p1="5")], "B": [priced(p2="3", p7="1")]}
    (found,) = pooled(used, reading, WHOLE)
    assert found.prices == tuple(
        PricedQuantity(unit_price=Decimal(price), quantity=Decimal(amount))
        for price, amount in ((1, 5), (2, 4), (7, 1))
    )


@pytest.mark.parametrize("aggregation", list(Aggregation))
def test_only_counts_and_sums_add_up(aggregation: Aggregation) -> None:
    meter = Meter(
        id="m",
        version=1,
        name="m",
        unit="u",
        event_type="e",
        aggregation=aggregation,
        value_property=None if aggregation is Aggregation.COUNT else "v",
        percentile=Decimal(50) if aggregation is Aggregation.PERCENTILE else None,
    )
    assert is_additive(meter) is (aggregation in {Aggregation.COUNT, Aggregation.SUM})
