"""Amounts of more digits than Decimal's own 28: nothing is rounded on the way, and what is too large says so."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.money import Money, Rounding, Taxed
from billproof.pricing.quoting import PriceRequest, quote

MOST = "9" * 23
TOO_LARGE: list[Callable[[], object]] = [
    lambda: Money.of(Decimal(10) ** 23, "USD"),
    lambda: Money.of(Decimal(10) ** 27, "USD"),
    lambda: Money.of(f"{10**40}", "CLF"),
    lambda: Money.rounded(Decimal(10) ** 27, "USD", Rounding.HALF_UP),
    lambda: Money.rounded(Decimal(MOST + ".995"), "USD", Rounding.HALF_UP),
    lambda: Money.of(MOST, "JPY") + Money.of(1, "JPY"),
    lambda: Money.of(f"-{MOST}", "JPY") - Money.of(1, "JPY"),
    lambda: -Money.of(f"-{MOST}", "JPY") + Money.of(1, "JPY"),
    lambda: Money.of(MOST, "JPY").plus([Money.of(1, "JPY")]),
]


@pytest.mark.parametrize("amount", TOO_LARGE)
def test_an_amount_of_more_than_23_digits_says_so_and_no_more(amount: Callable[[], object]) -> None:
    with pytest.raises(ValidationError) as refused:
        amount()
    (error,) = refused.value.errors()
    assert error["loc"] == ("amount",)
    assert "at most 23 digits" in error["msg"]


def test_an_amount_of_23_digits_keeps_every_one_of_them() -> None:
    assert Money.of(f"{MOST}.9999", "CLF").text == f"{MOST}.9999"
    exact = Decimal(f"{MOST}.994999999999999999999999")
    assert Money.rounded(exact, "USD", Rounding.HALF_UP).text == f"{MOST}.99"
    assert (-Money.of(f"{MOST}.99", "USD")).text == f"-{MOST}.99"
    assert Money.of(f"{MOST}.99", "USD").plus([Money.of("-0.99", "USD")] * 2).text == f"{MOST[:-1]}8.01"


def test_net_amounts_and_taxes_add_up_apart() -> None:
    both = Taxed.of(Money.of(f"{MOST}.00", "USD"), Money.zero("USD")) + Taxed.of(
        Money.of("-1", "USD"), Money.of("-0.19", "USD")
    )
    assert (both.net.text, both.tax.text, both.gross.text) == (
        f"{MOST[:-1]}8.00",
        "-0.19",
        f"{MOST[:-1]}7.81",
    )


def asked(price: dict[str, Any], **usage: Any) -> tuple[str, str]:
    request = {"price": price, "usage": usage, "currency": "USD", "rounding": "half_up", "period": "2013-01"}
    (line,) = quote(PriceRequest.model_validate(request)).lines
    return str(line.quantity), line.net.text


@pytest.mark.parametrize("maximum", ["1", "100000000000", f"{10**22}"])
def test_a_maximum_that_is_met_at_a_large_amount_loses_no_transaction(maximum: str) -> None:
    """0.3 % of 200.00 and of 100.00; at 1.00 the most is met from 333.33 on, at 10 to the 11th from 14 digits on."""
    price = {"model": "percentage", "percent": "0.3", "minimum": "0.01", "maximum": maximum}
    assert asked(price, transactions=["200", "100"]) == ("300", "0.90")


def test_a_request_adds_quantities_up_to_the_last_decimal() -> None:
    large, small = "12345678901234567890", "0.000000000000001"
    together = f"{large}.{small[2:]}"
    prices = [{"unit_price": "1", "quantity": large}, {"unit_price": "2", "quantity": small}]
    assert asked({"model": "dynamic"}, prices=prices) == (together, f"{large}.00")
    assert asked({"model": "percentage", "percent": "100"}, transactions=[large, small]) == (together, f"{large}.00")
