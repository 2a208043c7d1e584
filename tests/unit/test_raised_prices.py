"""What an uplift raises of each price model: its amounts of money, and neither its quantities nor its percentages."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from billproof.errors import UnpriceableCharge
from billproof.pricing.models import Price

PRICE: TypeAdapter[Any] = TypeAdapter(Price)
CELL = {"match": {"region": "eu"}, "unit_price": "5"}

RAISED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # a price, and what of it is another at twice the amounts
    ({"model": "flat", "amount": "100"}, {"amount": "200"}),
    ({"model": "per_unit", "unit_price": "3"}, {"unit_price": "6"}),
    ({"model": "package", "package_size": "10", "package_price": "7"}, {"package_price": "14"}),
    ({"model": "one_off", "amount": "5", "due_on": "2013-01-10"}, {"amount": "10"}),
    ({"model": "milestone", "amount": "5"}, {"amount": "10"}),
    (
        {"model": "seats", "seats": 4, "unit_price": "9", "true_up": "daily", "true_up_price": "11"},
        {"unit_price": "18", "true_up_price": "22"},
    ),
    ({"model": "seats", "seats": 4, "unit_price": "9"}, {"unit_price": "18"}),
    (
        {"model": "percentage", "percent": "1", "fixed_fee": "0.10", "minimum": "0.50", "maximum": "10"},
        {"fixed_fee": "0.2", "minimum": "1", "maximum": "20"},
    ),
    (
        {
            "model": "graduated",
            "tiers": [
                {"up_to": "5", "unit_price": "2", "flat_fee": "10", "block_size": "2"},
                {"up_to": None, "unit_price": "1", "flat_fee": "20"},
            ],
        },
        {
            "tiers": [
                {"up_to": "5", "unit_price": "4", "flat_fee": "20", "block_size": "2"},
                {"up_to": None, "unit_price": "2", "flat_fee": "40"},
            ]
        },
    ),
    (
        {"model": "volume", "tiers": [{"up_to": None, "unit_price": "3"}], "flat_fee_at_zero": False},
        {"tiers": [{"up_to": None, "unit_price": "6"}]},
    ),
    (
        {
            "model": "graduated_percentage",
            "tiers": [{"up_to": "5", "percent": "2", "flat_fee": "10"}, {"up_to": None, "percent": "1"}],
        },
        {"tiers": [{"up_to": "5", "percent": "2", "flat_fee": "20"}, {"up_to": None, "percent": "1"}]},
    ),
    (
        {"model": "matrix", "cells": [CELL], "otherwise": "4"},
        {"cells": [{**CELL, "unit_price": "10"}], "otherwise": "8"},
    ),
    ({"model": "matrix", "cells": [CELL]}, {"cells": [{**CELL, "unit_price": "10"}]}),
    (
        {"model": "capacity", "tiers": [{"limits": {"users": "5"}, "amount": "50"}, {"limits": {}, "amount": "90"}]},
        {"tiers": [{"limits": {"users": "5"}, "amount": "100"}, {"limits": {}, "amount": "180"}]},
    ),
    ({"model": "dynamic"}, {}),
]


@pytest.mark.parametrize(("price", "changed"), RAISED, ids=lambda fields: fields.get("model", ""))
def test_an_uplift_raises_the_amounts_of_a_price_and_nothing_else(
    price: dict[str, Any], changed: dict[str, Any]
) -> None:
    raised = PRICE.validate_python(price).scaled(lambda amount: amount * 2)
    assert raised == PRICE.validate_python({**price, **changed})


@pytest.mark.parametrize("price", [price for price, _ in RAISED], ids=lambda fields: fields["model"])
def test_an_uplift_by_an_amount_is_for_a_flat_price_alone(price: dict[str, Any]) -> None:
    if price["model"] == "flat":
        assert PRICE.validate_python(price).raised_by(Decimal(7)) == PRICE.validate_python({**price, "amount": "107"})
        return
    refused = f"^an uplift by an amount is for flat prices, not for {price['model']}$"
    with pytest.raises(UnpriceableCharge, match=refused):
        PRICE.validate_python(price).raised_by(Decimal(7))


READINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"model": "per_unit", "unit_price": "3"}, {}),
    ({"model": "dynamic"}, {"by_price": True}),
    ({"model": "percentage", "percent": "1"}, {"transactions": {}}),
    (
        # a fee of 1 % + 0.10 is 0.50 at 40.00 and 10.00 at 990.00: below the one, and from beyond the other on
        {"model": "percentage", "percent": "1", "fixed_fee": "0.10", "minimum": "0.50", "maximum": "10"},
        {"transactions": {"low": "40", "high": "990.000000000000001"}},
    ),
    (
        # 3 % are 1.00 at 33.333..., which is no amount: the first above it, and the last below it
        {"model": "percentage", "percent": "3", "minimum": "1", "maximum": "1", "free_transactions": 2},
        {"transactions": {"low": "33.333333333333334", "high": "33.333333333333334", "free_transactions": 2}},
    ),
    (
        {"model": "percentage", "percent": "0", "minimum": "1", "maximum": "2", "free_amount": "9"},
        {"transactions": {"free_amount": "9"}},
    ),
    (
        {"model": "percentage", "percent": "0.0000000000001", "minimum": "900000000000000000", "maximum": "9" * 20},
        {"transactions": {"low": "9" * 23, "high": "9" * 23 + ".000000000000001"}},
    ),
]


@pytest.mark.parametrize(("price", "reads"), READINGS)
def test_a_price_reads_its_meter_by_what_it_needs(price: dict[str, Any], reads: dict[str, Any]) -> None:
    reading = PRICE.validate_python(price).reading("calls", ("region",))
    assert reading.model_dump(mode="json", exclude_defaults=True) == {"meter": "calls", "group_by": ["region"], **reads}
