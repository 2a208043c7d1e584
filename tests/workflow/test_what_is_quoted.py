"""`billproof price` comes to what an invoice does, case by case: amounts by hand."""

from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.pricing.quoting import PriceRequest, quote
from tests.support.lives import least


def asked(price: dict[str, Any], usage: dict[str, Any] | None = None, **more: Any) -> str:
    """Ask `billproof price`, half up in USD, for January unless said."""
    fields = {"currency": "USD", "rounding": "half_up", "period": "2013-01", "usage": usage or {}, **more}
    return quote(PriceRequest.model_validate({"price": price, **fields})).amount.text


ONE_PERCENT = {"model": "percentage", "percent": "1"}
DEARER = {
    "effective": {"start": "2012-01-01"},
    "ramp": [{"start": "2013-01-16", "price": {**ONE_PERCENT, "percent": "2"}}],
}


def test_a_price_request_shows_what_a_commitment_of_months_falls_short_of() -> None:
    """400.00 for three months of 91 days of which 90 are covered, nothing used: 400 x 90/91."""
    quarter = least("400", "charge", months=3, effective={"start": "2013-07-01", "end": "2013-09-29"})
    unit = {"model": "per_unit", "unit_price": "1"}
    assert (
        asked(unit, terms={"commitments": [quarter]}, period="2013-09", charge={"effective": {"start": "2012-01-01"}})
        == "391.30"
    )
    quarter = least("400", "charge", months=3, effective={"start": "2013-04-01", "end": "2013-06-30"})
    assert (
        asked(unit, terms={"commitments": [quarter]}, period="2013-06", charge={"effective": {"start": "2012-01-01"}})
        == "395.60"
    )


def test_a_price_request_trues_seats_up_from_the_day_of_their_charge() -> None:
    price = {"model": "seats", "seats": 0, "unit_price": "31.00", "true_up": "daily"}
    assert asked(price, {"days": ["1"] * 31}, charge={"effective": {"start": "2013-01-17"}}) == "15.00"


def test_a_percentage_with_a_ramp_takes_dated_transactions_and_no_others() -> None:
    """100.00 each on the 5th, 15th and 25th at 1 %, 2 % from the 16th: 1 + 1 + 2."""
    dated = [{"day": f"2013-01-{day}", "amount": "100"} for day in ("05", "15", "25")]
    assert asked(ONE_PERCENT, {"dated_transactions": dated}, charge=DEARER) == "4.00"
    with pytest.raises(InvalidInput, match=r"usage.dated_transactions must say the day of each"):
        asked(ONE_PERCENT, {"transactions": ["100", "100", "100"]}, charge=DEARER)


@pytest.mark.parametrize(
    ("price", "usage", "said"),
    [
        (
            ONE_PERCENT,
            {"quantity": "5"},
            "percentage is priced by usage.dated_transactions or usage.transactions, not by usage.quantity",
        ),
        ({"model": "per_unit", "unit_price": "1"}, {"transactions": ["5"]}, "not by usage.transactions"),
        ({"model": "dynamic"}, {"quantity": "5"}, "dynamic is priced by usage.prices, not by usage.quantity"),
    ],
)
def test_usage_of_the_wrong_kind_is_refused_with_the_right_one(
    price: dict[str, Any], usage: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        asked(price, usage)
