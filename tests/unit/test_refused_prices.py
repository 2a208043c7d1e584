"""Prices that make no sense are refused when they are read, and those at the edge of sense are not."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from billproof.contracts.model import Contract
from billproof.errors import UnpriceableCharge
from billproof.pricing.models import PRICE_MODELS, Price, price_model
from billproof.pricing.models.base import Used, price_steps
from billproof.readings import PricedQuantity, TransactionTally
from tests.support.whole_contracts import charge, version

PRICE: TypeAdapter[Any] = TypeAdapter(Price)
FALLING = [["5"], ["5", "9"], ["5", "5", None], ["9", "5", None], [None, "5"], [None, None], [None, "5", None]]
RISE = "tiers must rise, and only the last one has no bound"


def tiered(model: str, bounds: Sequence[str | None]) -> dict[str, Any]:
    amount = {"percent": "1"} if model == "graduated_percentage" else {"unit_price": "1"}
    return {"model": model, "tiers": [{"up_to": bound, **amount} for bound in bounds]}


@pytest.mark.parametrize("model", ["graduated", "volume", "graduated_percentage"])
@pytest.mark.parametrize(
    "bounds", [["5"], ["5", "9"], ["5", "5", None], ["9", "5", None], [None, "5"], [None, None], [None, "5", None]]
)
def test_tiers_that_do_not_rise_to_an_open_end_are_refused(model: str, bounds: list[str | None]) -> None:
    with pytest.raises(ValidationError, match=RISE):
        PRICE.validate_python(tiered(model, bounds))


@pytest.mark.parametrize("model", ["graduated", "volume", "graduated_percentage"])
@pytest.mark.parametrize("bounds", [[None], ["5", None], ["5", "5.000000000000001", None]])
def test_tiers_that_rise_to_an_open_end_are_taken(model: str, bounds: list[str | None]) -> None:
    assert [tier.up_to and str(tier.up_to) for tier in PRICE.validate_python(tiered(model, bounds)).tiers] == bounds


SEATS = {"model": "seats", "seats": 2, "unit_price": "31"}
MATRIX = {"model": "matrix", "cells": [{"match": {"region": "eu"}, "unit_price": "1"}]}
FREE = {"model": "percentage", "percent": "1", "free_transactions": 2}
REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({**SEATS, "true_up": "daily"}, {}, "a true-up of seats needs a seats_meter"),
    (MATRIX, {"meter": "m"}, "every property that a cell matches must be in group_by"),
    (MATRIX, {"meter": "m", "group_by": ["place"]}, "every property that a cell matches must be in group_by"),
    (FREE, {"meter": "m", "group_by": ["a"]}, "free transactions cannot be shared among groups of group_by"),
    (
        {**FREE, "free_transactions": None, "free_amount": "5"},
        {"meter": "m", "group_by": ["a"]},
        "free transactions cannot be shared among groups of group_by",
    ),
    (
        {"model": "percentage", "percent": "1", "minimum": "2", "maximum": "1.99"},
        {"meter": "m"},
        "the minimum of a transaction is over its maximum",
    ),
]


def contract_of(price: dict[str, Any], more: dict[str, Any]) -> Contract:
    return version(1, "2012-01-01", charge("a", price, **more))


@pytest.mark.parametrize(("price", "more", "said"), REFUSED)
def test_a_charge_that_its_price_cannot_have_is_refused(price: dict[str, Any], more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        contract_of(price, more)


@pytest.mark.parametrize(
    ("price", "more"),
    [
        ({**SEATS, "true_up": "none"}, {}),
        ({**SEATS, "true_up": "daily"}, {"seats_meter": "people"}),
        (MATRIX, {"meter": "m", "group_by": ["place", "region"]}),
        (FREE, {"meter": "m"}),
        ({"model": "percentage", "percent": "1"}, {"meter": "m", "group_by": ["a"]}),
        ({"model": "percentage", "percent": "1", "minimum": "2", "maximum": "2"}, {"meter": "m"}),
    ],
)
def test_a_charge_that_its_price_can_have_is_taken(price: dict[str, Any], more: dict[str, Any]) -> None:
    assert contract_of(price, more).charges[0].id == "a"


def test_price_models_are_found_by_their_names() -> None:
    names = [model.model_fields["model"].default for model in PRICE_MODELS]
    assert [price_model(name) for name in names] == list(PRICE_MODELS)
    assert price_model("gone") is None
    with pytest.raises(ValidationError, match="does not match any of the expected tags"):
        PRICE.validate_python({"model": "gone"})


def said(price: dict[str, Any], **used: Any) -> list[tuple[str, str]]:
    steps = price_steps(PRICE.validate_python(price), Used(**used))
    return [(step.label, f"{step.amount.normalize():f}") for step in steps]


PERCENT = {"model": "percentage", "percent": "2", "fixed_fee": "0.10", "minimum": "1", "maximum": "9"}
FREE_OF_PERCENT = {**PERCENT, "percent": "0"}
ROOM = {"model": "capacity", "tiers": [{"limits": {"users": "5"}, "amount": "50"}, {"limits": {}, "amount": "90"}]}
TWO, THREE = TransactionTally(events=2), TransactionTally(events=3)
TALLY = TransactionTally(
    covered_events=1,
    low_events=2,
    low_amount=Decimal(30),
    events=3,
    amount=Decimal(500),
    high_events=4,
    high_amount=Decimal(4000),
)


@pytest.mark.parametrize(
    ("price", "used", "steps"),
    [
        (
            PERCENT,
            {"tally": TALLY},
            [
                ("2 % of 3 transactions", "10.3"),
                ("transactions at the minimum", "2"),
                ("transactions at the maximum", "36"),
                ("free transactions", "0"),
            ],
        ),
        (PERCENT, {}, [("free transactions", "0")]),
        (PERCENT, {"tally": TransactionTally(low_events=1)}, [("transactions at the minimum", "1")]),
        (FREE_OF_PERCENT, {"tally": THREE}, [("transactions", "3")]),
        (
            {**PERCENT, "percent": "0", "minimum": None},
            {"tally": TransactionTally(events=3)},
            [("transactions", "0.3")],
        ),
        (
            {**PERCENT, "percent": "0", "fixed_fee": "10"},
            {"tally": TransactionTally(events=2)},
            [("transactions", "18")],
        ),
        ({**FREE_OF_PERCENT, "fixed_fee": "10", "maximum": None}, {"tally": TWO}, [("transactions", "20")]),
        (SEATS, {}, [("seats", "62")]),
        (MATRIX, {"quantity": Decimal(3), "dimension": {"region": "eu"}}, [("region eu", "3")]),
        ({**MATRIX, "otherwise": "4"}, {"quantity": Decimal(3)}, [("any other", "12")]),
        (MATRIX, {"quantity": Decimal(0)}, [("any other", "0")]),
        (
            {"model": "capacity", "tiers": [{"limits": {"users": "5", "bytes": "9"}, "amount": "50"}]},
            {"meters": {"users": Decimal(5)}},
            [("tier 1: bytes up to 9, users up to 5", "50")],
        ),
        (
            {
                "model": "capacity",
                "tiers": [{"limits": {"users": "5"}, "amount": "50"}, {"limits": {}, "amount": "90"}],
            },
            {"meters": {"users": Decimal("5.001")}},
            [("tier 2: no limit", "90")],
        ),
        ({"model": "dynamic"}, {}, [("no units", "0")]),
    ],
)
def test_the_steps_of_a_price_say_what_they_are_of(
    price: dict[str, Any], used: dict[str, Any], steps: list[tuple[str, str]]
) -> None:
    assert said(price, **used) == steps


def test_what_no_tier_or_cell_holds_says_what_was_used() -> None:
    capacity = {"model": "capacity", "tiers": [{"limits": {"users": "5"}, "amount": "50"}]}
    with pytest.raises(UnpriceableCharge, match=r"^no tier holds bytes 1, users 6$"):
        said(capacity, meters={"users": Decimal(6), "bytes": Decimal(1)})
    with pytest.raises(UnpriceableCharge, match=r"^no cell of the matrix prices region 'us', place ''$"):
        said(MATRIX, quantity=Decimal(1), dimension={"region": "us", "place": ""})
    with pytest.raises(UnpriceableCharge, match=r"^no cell of the matrix prices usage without properties$"):
        said(MATRIX, quantity=Decimal(1))


def test_many_prices_of_events_are_summed_up_beyond_the_first_fifty() -> None:
    prices = [{"unit_price": str(number), "quantity": "1"} for number in range(1, 53)]
    used = Used(prices=tuple(map(PricedQuantity.model_validate, prices)))
    steps = price_steps(PRICE.validate_python({"model": "dynamic"}), used)
    assert len(steps) == 51
    assert (steps[49].label, steps[49].amount) == ("units at the price of their event", Decimal(50))
    assert (steps[50].label, steps[50].quantity, steps[50].amount) == (
        "units at 2 more prices",
        Decimal(1),
        Decimal(103),
    )
    few = price_steps(PRICE.validate_python({"model": "dynamic"}), Used(prices=used.prices[:50]))
    assert len(few) == 50
