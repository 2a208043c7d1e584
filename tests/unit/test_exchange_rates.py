"""Exchange rates as a pure rule: both directions, rounded once, on the days on which they may be used."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.money import Money, Rounding, Taxed
from tests.support.exchange_rates import ECB, rate


@pytest.mark.parametrize(
    "changes", [{"id": "EUR-EUR"}, {"id": "EUR-XXX"}, {"id": "EUR"}, {"rate": "0"}, {"rate": "1e3"}, {"source": ""}]
)
def test_rates_that_say_nothing_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ExchangeRate.model_validate({**rate().model_dump(mode="json"), **changes})


@given(
    st.decimals(min_value="-99999999", max_value="99999999", places=2),
    st.decimals(min_value="0.000001", max_value="100000", places=6),
    st.sampled_from(list(Rounding)),
)
def test_both_directions_convert_and_mirror(amount: Decimal, value: Decimal, rounding: Rounding) -> None:
    found = rate(f"{value:f}")
    euros, dollars = Money.of(amount, "EUR"), Money.of(amount, "USD")
    assert abs(found.convert(euros, rounding).amount - amount * value) <= Decimal("0.005")
    assert abs(found.convert(dollars, rounding).amount - amount / value) <= Decimal("0.005") + Decimal("1e-12")
    assert found.convert(-euros, rounding) == -found.convert(euros, rounding)


def test_an_amount_and_its_tax_are_converted_apart() -> None:
    found = rate().convert_taxed(Taxed.of(Money.of("100", "USD"), Money.of("21", "USD")), Rounding.HALF_UP)
    assert (found.net, found.tax) == (Money.of("73.80", "EUR"), Money.of("15.50", "EUR"))
    assert rate("0.005").convert(Money.of("1", "EUR"), Rounding.HALF_EVEN) == Money.zero("USD")
    assert rate("0.005").convert(Money.of("1", "EUR"), Rounding.HALF_UP) == Money.of("0.01", "USD")


def test_it_says_what_it_is() -> None:
    assert rate().text == f"1 EUR = 1.355 USD, {ECB}, 2013-01-31"
    assert rate().currencies == ("EUR", "USD")
    pairs = [("EUR", "USD"), ("USD", "EUR"), ("EUR", "EUR"), ("EUR", "GBP")]
    assert [rate().is_between(*pair) for pair in pairs] == [True, True, False, False]


@pytest.mark.parametrize(("later", "holds"), [(-1, False), (0, True), (7, True), (8, False)])
def test_it_may_be_used_for_some_days(later: int, *, holds: bool) -> None:
    assert rate().holds_on(date(2013, 1, 31) + timedelta(days=later), days=7) is holds
