"""`billproof price` comes to what an invoice does, case by case: amounts by hand."""

import json
from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.pricing.quoting import PriceRequest, quote
from billproof_ops.pricing import price_text
from tests.support.golden import ROOT
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


def test_a_commitment_of_months_counts_the_fees_of_its_earlier_months() -> None:
    """590.00 for January and February, 100.00 a month: 390.00 are short; a year of 730.00 has 118.00 in them."""
    both = least("590", "charge", months=2, effective={"start": "2013-01-01", "end": "2013-03-01"})
    begun = {"effective": {"start": "2013-01-01"}}
    february: dict[str, Any] = {"terms": {"commitments": [both]}, "period": "2013-02"}
    assert asked({"model": "flat", "amount": "100"}, charge=begun, **february) == "490.00"
    yearly = begun | {"cadence": {"interval": "year"}, "timing": "in_advance"}
    assert asked({"model": "flat", "amount": "730"}, charge=yearly, **february) == "472.00"  # 590 - 730 x 59/365
    assert asked({"model": "flat", "amount": "100"}, **february) == "590.00"  # a charge that begins in February


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
        ({"model": "flat", "amount": "5"}, {"quantity": "5"}, "flat is priced by no usage, not by usage.quantity"),
        (
            {"model": "one_off", "amount": "5", "due_on": "2013-01-05"},
            {"transactions": ["9"]},
            "one_off is priced by no",
        ),
    ],
)
def test_usage_of_the_wrong_kind_is_refused_with_the_right_one(
    price: dict[str, Any], usage: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        asked(price, usage)


PER_UNIT = {"model": "per_unit", "unit_price": "1"}
FROM_2012 = {"effective": {"start": "2012-01-01"}}
EVERYTHING = {"id": "tenth", "name": "tenth", "percent": "10", **FROM_2012}


def test_groups_whose_terms_change_within_the_month_have_a_quantity_for_each_part() -> None:
    """The price of eu is 1.00, then 2.00; of us the same: 10 + 20 and 30 + 2 x 40."""
    ramp = [{"start": "2013-01-16", "price": {**PER_UNIT, "unit_price": "2"}}]
    first, then = "2013-01-01_2013-01-16", "2013-01-16_2013-02-01"
    groups = [
        {"dimension": {"region": "eu"}, "parts": {first: "10", then: "10"}},
        {"dimension": {"region": "us"}, "parts": {first: "30", then: "40"}},
    ]
    assert asked(PER_UNIT, {"groups": groups}, charge={**FROM_2012, "ramp": ramp}) == "140.00"
    lacking = [{"dimension": {"region": "eu"}, "parts": {first: "10"}}]
    with pytest.raises(InvalidInput, match=f"each of usage.groups must say the quantity of {then}"):
        asked(PER_UNIT, {"groups": lacking}, charge={**FROM_2012, "ramp": ramp})


def test_a_quantity_that_is_measured_once_needs_no_parts() -> None:
    """The most is 10, 1.00 a unit and 2.00 from the 17th: 10 x 16/31 + 20 x 15/31."""
    ramp = [{"start": "2013-01-17", "price": {**PER_UNIT, "unit_price": "2"}}]
    usage = {"quantity": "10", "aggregation": "max"}
    assert asked(PER_UNIT, usage, charge={**FROM_2012, "ramp": ramp}) == "14.84"


def test_a_cap_within_the_month_goes_by_the_usage_of_its_days_where_the_request_says_it() -> None:
    cap = {"id": "cap", "name": "cap", "amount": "310", "effective": {"start": "2013-01-17"}}
    told = {"quantity": "500", "parts": {"2013-01-01_2013-01-17": "200"}}
    assert asked(PER_UNIT, told, terms={"caps": [cap]}, charge=FROM_2012) == "350.00"
    by_days = asked(PER_UNIT, {"quantity": "500"}, terms={"caps": [cap]}, charge=FROM_2012)
    assert by_days == "408.06"  # 500 x 16/31, and 150


def test_several_charges_share_discounts_minimums_and_credits() -> None:
    """100 + 50 less 10 % are 135; a minimum of 200 adds 65; a credit pays 175."""
    others = [{"price": PER_UNIT, "usage": {"quantity": "50"}}]
    terms = {
        "discounts": [EVERYTHING],
        "commitments": [least("200", "charge", "charge-2", **FROM_2012)],
        "credits": [{"id": "paid", "name": "paid", "amount": "175", **FROM_2012}],
    }
    fee = {"model": "flat", "amount": "100"}
    assert asked(fee, others=others) == "150.00"
    assert asked(fee, others=others, terms={"discounts": [EVERYTHING]}) == "135.00"
    assert asked(fee, others=others, terms=terms) == "25.00"


def test_two_charges_of_one_meter_say_its_usage_once() -> None:
    ours = {"meter": "calls"}
    other = {"price": {**PER_UNIT, "unit_price": "2"}, "charge": ours}
    assert asked(PER_UNIT, {"quantity": "5"}, charge=ours, others=[other]) == "15.00"
    with pytest.raises(InvalidInput, match="two charges read meter calls and say different usage"):
        asked(PER_UNIT, {"quantity": "5"}, charge=ours, others=[{**other, "usage": {"quantity": "6"}}])


def taxed(**more: Any) -> dict[str, Any]:
    """Ask what a sample request comes to with tax."""
    request = json.loads((ROOT / "examples" / "price-request.json").read_text())
    found: dict[str, Any] = json.loads(price_text(json.dumps({**request, **more}), "request.json"))
    return found


def test_the_sample_request_is_taxed_line_by_line() -> None:
    """100.00 + 50.00 less 10 % in Germany: 135.00 and 19 % of it, rounded on each line: 17.10 + 8.55."""
    answer = taxed()
    assert answer["totals"] == {
        "net": {"amount": "135", "currency": "EUR"},
        "tax": {"amount": "25.65", "currency": "EUR"},
        "gross": {"amount": "160.65", "currency": "EUR"},
    }
    assert {tax["determination"]["percent"] for tax in answer["taxes"]} == {"19"}
    assert [tax["line"] for tax in answer["taxes"]] == [line["id"] for line in answer["lines"]]


def test_a_request_is_taxed_by_the_rules_alone() -> None:
    request = json.loads((ROOT / "examples" / "price-request.json").read_text())
    request["tax"]["legal_entity"]["tax_engine"] = "stripe"
    with pytest.raises(InvalidInput, match="external tax engine stripe"):
        price_text(json.dumps(request), "request.json")
