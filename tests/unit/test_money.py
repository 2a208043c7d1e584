from decimal import Decimal

import pytest
from pydantic import ValidationError

from billproof.errors import InvalidMoney
from billproof.money import EXPONENTS, Money, Rounding, Taxed, allocate, exponent, total


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def test_currencies_have_the_minor_units_of_iso_4217() -> None:
    assert [exponent(code) for code in ("USD", "EUR", "JPY", "KWD", "CLF")] == [2, 2, 0, 3, 4]
    assert len(EXPONENTS) > 150


def test_an_unknown_currency_is_an_error() -> None:
    with pytest.raises(InvalidMoney, match="XXZ"):
        exponent("XXZ")
    with pytest.raises(ValidationError):
        Money(amount=Decimal(1), currency="XXZ")


def test_an_amount_refuses_another_currency() -> None:
    with pytest.raises(InvalidMoney, match="do not add up"):
        usd("1") + Money.of("1", "EUR")


def test_a_float_never_becomes_money() -> None:
    with pytest.raises(InvalidMoney, match="float"):
        Money.of(0.1, "USD")  # type: ignore[arg-type] # that is what is tested
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": 0.1, "currency": "USD"})


def test_an_amount_finer_than_the_minor_unit_must_be_rounded_first() -> None:
    with pytest.raises(InvalidMoney, match="round it"):
        usd("0.005")
    with pytest.raises(InvalidMoney):
        Money.of("0.5", "JPY")


@pytest.mark.parametrize(
    ("exact", "half_up", "half_even"),
    [("0.125", "0.13", "0.12"), ("-0.125", "-0.13", "-0.12"), ("0.135", "0.14", "0.14"), ("2.675", "2.68", "2.68")],
)
def test_rounding_is_by_name_and_symmetric(exact: str, half_up: str, half_even: str) -> None:
    assert Money.rounded(Decimal(exact), "USD", Rounding.HALF_UP).text == half_up
    assert Money.rounded(Decimal(exact), "USD", Rounding.HALF_EVEN).text == half_even


def test_text_keeps_the_minor_digits() -> None:
    assert str(usd("12.3")) == "12.30 USD"
    assert Money.of("1200", "JPY").text == "1200"
    assert usd("12.3").model_dump(mode="json") == {"amount": "12.3", "currency": "USD"}


def test_nothing_has_no_sign() -> None:
    """A refund that is free of tax bears 0.00, and not -0.00."""
    shares = allocate(usd("-1"), [Decimal(0), Decimal(1)])
    nothing = [-usd("0"), Money.rounded(Decimal("-0.001"), "USD", Rounding.HALF_UP), shares[0]]
    assert [str(amount) for amount in nothing] == ["0.00 USD"] * 3


def test_an_empty_sum_is_zero() -> None:
    assert total([], "USD").is_zero
    assert total([usd("1.10"), usd("2.20")], "USD") == usd("3.30")
    assert usd("1") - usd("3") == usd("-2")


def test_net_and_tax_make_gross_or_cannot_be_made() -> None:
    assert Taxed.of(usd("10"), usd("2")).gross == usd("12")
    with pytest.raises(ValidationError, match="is not gross"):
        Taxed(net=usd("10"), tax=usd("2"), gross=usd("12.01"))


def test_allocation_hands_out_the_remainder_unit_by_unit() -> None:
    shares = allocate(usd("100"), [Decimal(1)] * 3)
    assert [share.text for share in shares] == ["33.34", "33.33", "33.33"]
    assert [share.text for share in allocate(usd("-0.05"), [Decimal(1), Decimal(1)])] == ["-0.03", "-0.02"]
    assert [share.text for share in allocate(usd("1"), [Decimal(0), Decimal(1)])] == ["0.00", "1.00"]


@pytest.mark.parametrize("weights", [[], [Decimal(0)], [Decimal(-1), Decimal(2)]])
def test_allocation_refuses_weights_that_mean_nothing(weights: list[Decimal]) -> None:
    with pytest.raises(InvalidMoney, match="weights"):
        allocate(usd("1"), weights)
