"""Every worked example of docs/pricing.md, and published examples of other systems, priced as invoices are."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billproof.money import Money
from billproof.pricing.models import PRICE_MODELS
from billproof.pricing.models.examples import Example
from billproof.pricing.quoting import PriceRequest, quote
from tests.support.golden import DOCS, ROOT

TABLE = (Path(__file__).parent / "published" / "prices.md").read_text()
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE.splitlines() if line.startswith("| ")][1:]
MODELS = set(re.findall(r'"model": "(\w+)"', (ROOT / "docs" / "pricing.md").read_text()))


@pytest.mark.parametrize(("request_json", "amount", "currency", "why"), DOCS)
def test_a_worked_example_comes_to_what_the_docs_say(request_json: str, amount: str, currency: str, why: str) -> None:
    found = quote(PriceRequest.model_validate_json(request_json))
    assert found.amount == Money.of(amount, currency), why


SECTIONS = [model.section for model in PRICE_MODELS if model.section is not None]


@pytest.mark.parametrize(
    "example", [example for section in SECTIONS for example in section.examples], ids=lambda example: example.why
)
def test_an_example_of_a_price_model_comes_to_the_amount_that_is_worked_out_by_hand(example: Example) -> None:
    found = quote(PriceRequest.model_validate(example.request))
    assert found.amount == Money.of(example.amount, example.currency)


def test_every_price_model_has_a_worked_example() -> None:
    schema = PriceRequest.model_json_schema()["properties"]["price"]
    assert set(schema["discriminator"]["mapping"]) == MODELS
    assert len(DOCS) >= 50


def tier(text: str) -> dict[str, Any]:
    bound, _, price = text.partition(": ")
    price, _, fee = price.partition(" + ")
    price, _, block = price.partition(" / ")
    return {"up_to": None if bound == "rest" else bound, "price": price, "flat_fee": fee or "0", "block": block or None}


def terms(text: str) -> dict[str, Any]:
    model, _, rest = text.partition(" ")
    if model == "per_unit":
        return {"model": model, "unit_price": rest}
    if model == "package":
        price, _, size = rest.partition(" / ")
        return {"model": model, "package_price": price, "package_size": size}
    tiers = [tier(each) for each in rest.split("; ")]
    if model == "graduated_percentage":
        return {
            "model": model,
            "tiers": [{"up_to": t["up_to"], "percent": t["price"], "flat_fee": t["flat_fee"]} for t in tiers],
        }
    keys = {"up_to": "up_to", "price": "unit_price", "flat_fee": "flat_fee", "block": "block_size"}
    return {"model": model, "tiers": [{keys[name]: value for name, value in t.items()} for t in tiers]}


@pytest.mark.parametrize(("source", "price", "usage", "amount"), ROWS)
def test_a_published_example_comes_to_what_its_source_says(source: str, price: str, usage: str, amount: str) -> None:
    quantity = sum(map(Decimal, usage.split(" then ")), Decimal(0))
    request = {
        "price": terms(price),
        "currency": "USD",
        "rounding": "half_up",
        "period": "2026-01",
        "usage": {"quantity": str(quantity)},
    }
    assert quote(PriceRequest.model_validate(request)).amount.text == amount, source
