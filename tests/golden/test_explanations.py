"""Every worked example and every place of the tax rules, wholly explained; BILLPROOF_GOLDEN=write writes them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from billproof.errors import BillproofError, UndeterminedTax
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import decimal_text
from billproof.pricing.quoting import PriceRequest, quote
from billproof.tax.rules import determine
from billproof_ops.demo import story
from tests.support.golden import DOCS, compare, explained

DAYS = (date(2013, 2, 1), date(2020, 9, 1), date(2026, 2, 1))
NUMBERS = {"GB": "GB980780684", "NO": "NO995525828MVA", "AU": "83914571673", "FR": "FR40303265045", "DE": "DE136695976"}
SELLERS = ("DE", "GB", "US", "CA", "CH", "BR")
BUYERS = ("DE", "FR", "GB", "CH", "NO", "AU", "NZ", "BR", "US", "US-TX", "US-CT", "US-MD", "US-IA")
PROVINCES = ("CA", "CA-ON", "CA-QC", "CA-MB", "CA-XX")

EDGES: list[dict[str, Any]] = [
    {
        "price": {
            "model": "graduated",
            "tiers": [
                {"up_to": "10", "unit_price": "1", "flat_fee": "5"},
                {"up_to": "20", "unit_price": "0.5"},
                {"up_to": None, "unit_price": "0.1", "flat_fee": "3"},
            ],
        },
        "usage": {"quantity": "20.5"},
    },
    {
        "price": {
            "model": "graduated_percentage",
            "flat_fee_at_zero": False,
            "tiers": [{"up_to": "100", "percent": "1.5", "flat_fee": "2"}, {"up_to": None, "percent": "0.5"}],
        }
    },
    {
        "price": {
            "model": "volume",
            "tiers": [
                {"up_to": "10", "unit_price": "7", "block_size": "4"},
                {"up_to": None, "unit_price": "1", "flat_fee": "9"},
            ],
        },
        "usage": {"quantity": "9"},
    },
    {
        "price": {
            "model": "volume",
            "flat_fee_at_zero": False,
            "tiers": [{"up_to": None, "unit_price": "1", "flat_fee": "9"}],
        }
    },
    {
        "price": {"model": "percentage", "percent": "0", "fixed_fee": "0.30", "minimum": "0.40"},
        "usage": {"transactions": ["10", "20"]},
    },
    {
        "price": {"model": "percentage", "percent": "0", "fixed_fee": "0.30", "maximum": "0.20"},
        "usage": {"transactions": ["10", "20"]},
    },
    {"price": {"model": "percentage", "percent": "1", "free_transactions": 1}, "usage": {"transactions": ["10"]}},
    {"price": {"model": "percentage", "percent": "1"}},
    {
        "price": {"model": "percentage", "percent": "3", "fixed_fee": "0.25", "minimum": "1", "maximum": "2"},
        "usage": {"transactions": ["25", "25.01", "58.33", "58.34"]},
    },
    {"price": {"model": "percentage", "percent": "1", "free_amount": "100"}, "usage": {"transactions": ["100", "1"]}},
    {
        "price": {"model": "dynamic"},
        "usage": {"prices": [{"unit_price": f"0.{number:03d}", "quantity": "2"} for number in range(1, 53)]},
    },
    {"price": {"model": "dynamic"}},
    {
        "price": {"model": "matrix", "cells": [{"match": {"role": "a"}, "unit_price": "2"}]},
        "usage": {"groups": [{"dimension": {"role": "b"}, "quantity": "1"}]},
    },
    {
        "price": {"model": "matrix", "cells": [{"match": {"role": "a"}, "unit_price": "2"}]},
        "usage": {"groups": [{"dimension": {"role": ""}, "quantity": "0"}]},
    },
    {
        "price": {"model": "capacity", "tiers": [{"limits": {"users": "1", "disks": "2"}, "amount": "5"}]},
        "usage": {"meters": {"users": "1", "disks": "3"}},
    },
    {
        "price": {"model": "capacity", "tiers": [{"limits": {"users": "1", "disks": "2"}, "amount": "5"}]},
        "usage": {"meters": {"users": "1", "disks": "2"}},
        "charge": {"effective": {"start": "2013-01-17"}},
    },
    {
        "price": {"model": "seats", "seats": 2, "unit_price": "10", "true_up": "daily", "true_up_price": "3.1"},
        "usage": {"days": [None, "3", "1", "5"]},
    },
    {
        "price": {"model": "seats", "seats": 2, "unit_price": "10", "true_up": "high_water_mark", "true_up_price": "3"},
        "usage": {"days": ["1"]},
    },
    {
        "price": {"model": "seats", "seats": 2, "unit_price": "10", "true_up": "daily"},
        "usage": {"days": ["9"]},
        "charge": {"effective": {"start": "2013-02-01"}},
    },
    {
        "price": {"model": "per_unit", "unit_price": "2"},
        "usage": {"quantity": "-3"},
        "charge": {"included_quantity": "5"},
    },
    {
        "price": {"model": "per_unit", "unit_price": "2"},
        "usage": {"quantity": "7"},
        "charge": {"included_quantity": "5", "rollover": True, "effective": {"start": "2013-01-17"}},
    },
    {
        "price": {"model": "flat", "amount": "100"},
        "charge": {"effective": {"start": "2012-01-01"}},
        "terms": {"caps": [{"id": "cap", "name": "Cap", "amount": "62", "effective": {"start": "2013-01-17"}}]},
    },
    {
        "price": {"model": "flat", "amount": "100"},
        "charge": {"effective": {"start": "2012-01-01"}},
        "terms": {
            "commitments": [
                {
                    "id": "min",
                    "name": "Minimum",
                    "amount": "310",
                    "charges": ["charge"],
                    "revenue_category": "r",
                    "effective": {"start": "2013-01-17"},
                }
            ]
        },
    },
    {
        "price": {"model": "flat", "amount": "100"},
        "charge": {"timing": "in_advance"},
        "terms": {
            "discounts": [
                {
                    "id": "d",
                    "name": "Coupon",
                    "amount": "150",
                    "products": ["product"],
                    "effective": {"start": "2012-01-01"},
                }
            ]
        },
    },
    {
        "price": {"model": "flat", "amount": "100"},
        "terms": {
            "discounts": [
                {
                    "id": "d",
                    "name": "Half",
                    "percent": "50",
                    "products": ["other"],
                    "effective": {"start": "2012-01-01"},
                },
                {
                    "id": "e",
                    "name": "Tenth",
                    "percent": "10",
                    "effective": {"start": "2013-01-11", "end": "2013-01-21"},
                },
            ]
        },
    },
    {
        "price": {"model": "flat", "amount": "100"},
        "terms": {
            "credits": [
                {"id": "b", "name": "B", "amount": "30", "effective": {"start": "2012-01-01"}},
                {"id": "a", "name": "A", "amount": "40", "effective": {"start": "2012-01-01", "end": "2014-01-01"}},
                {
                    "id": "c",
                    "name": "C",
                    "amount": "10",
                    "priority": 1,
                    "charges": ["charge"],
                    "effective": {"start": "2013-01-31"},
                },
            ]
        },
    },
]


def priced(request: PriceRequest) -> Iterator[str]:
    try:
        for line in quote(request).lines:
            yield from explained(line)
    except BillproofError as error:
        yield f"  {error.code}: {error}"


def test_every_worked_example_explains_itself() -> None:
    lines = []
    for text, amount, currency, why in DOCS:
        lines += [f"{amount} {currency}: {why}", *priced(PriceRequest.model_validate_json(text)), ""]
    compare("explanations/docs.txt", lines)


def test_the_edges_of_every_model_explain_themselves() -> None:
    lines = []
    for edge in EDGES:
        request = PriceRequest.model_validate({"currency": "USD", "rounding": "half_up", "period": "2013-01", **edge})
        lines += [f"{request.price['model']} {edge.get('usage', {})}"[:110], *priced(request), ""]
    compare("explanations/edges.txt", lines)


def entity(country: str, *registrations: str) -> LegalEntity:
    document = story.master_data().legal_entities[0].model_dump(mode="json")
    address = {**document["address"], "country": country, "region": None}
    numbers = [{"jurisdiction": each, "number": "1"} for each in registrations]
    return LegalEntity.model_validate({**document, "name": "We", "address": address, "tax_registrations": numbers})


def account(place: str, kind: str) -> Account:
    document = story.master_data().accounts[0].model_dump(mode="json")
    country, _, region = place.partition("-")
    address = {**document["address"], "country": country, "region": region or None}
    changes = {"address": address, "customer_kind": kind, "vat_number": NUMBERS.get(country)}
    return Account.model_validate({**document, **changes})


def determined(seller: LegalEntity, buyer: Account, day: date) -> str:
    try:
        found = determine(legal_entity=seller, account=buyer, tax_point=day)
    except UndeterminedTax as error:
        return f"held: {error}"
    parts = "".join(f" [{each.name} {each.jurisdiction} {decimal_text(each.percent)}]" for each in found.components)
    rate = (
        f"{found.jurisdiction} {found.treatment} {decimal_text(found.percent)} % of {decimal_text(found.taxable_share)}"
    )
    review = ", to be reviewed" if found.needs_review else ""
    return f"{rate}{parts}: {found.reason}; {found.source}, {found.rules_version}{review}"


@pytest.mark.parametrize("country", SELLERS)
def test_every_place_that_a_seller_sells_to(country: str) -> None:
    plain = entity(country, country)
    everywhere = entity(country, *{country, *BUYERS, "CA", "CA-QC", "CA-MB"})
    lines = []
    for name, seller in (("registered at home", plain), ("registered everywhere", everywhere)):
        for place in (*BUYERS, *PROVINCES):
            for kind in ("business", "consumer"):
                found = [determined(seller, account(place, kind), day) for day in DAYS]
                lines.append(f"{country}, {name}, to a {kind} in {place}")
                days = [day for day, text in zip(DAYS, found, strict=True) if text not in found[: DAYS.index(day)]]
                lines += [f"  from {day}: {found[DAYS.index(day)]}" for day in days]
    compare(f"explanations/tax-{country}.txt", lines)
