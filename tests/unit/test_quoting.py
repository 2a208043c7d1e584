"""`billproof price`: requests that make no sense, and what it prints."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.errors import InvalidInput, UnpriceableCharge
from billproof.masterdata.meters import Aggregation
from billproof.pricing.quoting import PriceRequest, quote
from billproof_ops import __main__ as entry
from billproof_ops.errors import WrongUse
from billproof_ops.pricing import main, price_text


def request(price: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"price": price, "currency": "USD", "rounding": "half_up", "period": "2013-01", **more}


FLAT = {"model": "flat", "amount": "199"}
DAYS = {"start": "2013-01-01", "end": "2013-01-17"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"price": {"model": "flat", "amount": 1.5}}, "request: price.flat.amount: .* not an exact decimal"),
        ({"price": 3}, "price: Input should be an object"),
        ({"price": {"model": "guess"}}, "does not match any of the expected tags"),
        ({"currency": "XXX"}, "not a currency"),
        ({"period": "2013"}, "String should match"),
        ({"charge": {"timing": "sometime"}}, "request: charge.timing: Input should be"),
        ({"terms": {"discounts": [{"id": "d"}]}}, "discounts.0.name"),
        ({"nonsense": 1}, "request: nonsense: Extra inputs"),
    ],
)
def test_a_request_that_makes_no_sense_says_what_and_where(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        price_text(json.dumps({**request(FLAT), **changes}), "request.json")


def test_what_is_no_json_is_no_request() -> None:
    with pytest.raises(WrongUse, match="not a price request"):
        price_text("{", "request.json")


def test_a_quote_explains_itself(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request({"model": "per_unit", "unit_price": "0.5"}, usage={"quantity": "3"})))
    main(str(file))
    found = json.loads(capsys.readouterr().out)
    assert found["amount"] == {"amount": "1.5", "currency": "USD"}
    (line,) = found["lines"]
    assert line["explanation"]["steps"] == [
        {"label": "units", "quantity": "3", "unit_price": "0.5", "flat_fee": "0", "amount": "1.5"}
    ]


def test_the_verb_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["billproof", "price", "-"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(request(FLAT))))
    entry.main()
    assert json.loads(capsys.readouterr().out)["amount"]["amount"] == "199"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 2),
        (
            json.dumps(
                request(
                    {"model": "matrix", "cells": [{"match": {"a": "b"}, "unit_price": "1"}]},
                    usage={"groups": [{"dimension": {"a": "c"}, "quantity": "1"}]},
                )
            ),
            1,
        ),
    ],
)
def test_what_goes_wrong_is_one_line(text: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "request.json"
    file.write_text(text)
    with pytest.raises(SystemExit) as left:
        main(str(file))
    assert left.value.code == code
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(SystemExit):
        main(str(tmp_path / "nowhere.json"))
    assert "cannot be read" in capsys.readouterr().err


def test_parts_of_a_period_must_each_have_their_quantity() -> None:
    price = {"model": "per_unit", "unit_price": "1"}
    ramp = [{"start": "2013-01-17", "price": {"model": "per_unit", "unit_price": "2"}}]
    charge = {"effective": {"start": "2012-01-01"}, "ramp": ramp}
    with pytest.raises(InvalidInput, match="2013-01-17_2013-02-01"):
        quote(PriceRequest.model_validate(request(price, charge=charge, usage={"quantity": "5"})))


def test_an_amount_with_too_many_digits_is_refused() -> None:
    price = {"model": "per_unit", "unit_price": "9" * 23}
    with pytest.raises(InvalidInput, match="23 digits"):
        quote(PriceRequest.model_validate(request(price, usage={"quantity": "100"})))


def test_usage_over_every_capacity_cannot_be_priced() -> None:
    price = {"model": "capacity", "tiers": [{"limits": {"users": "1"}, "amount": "5"}]}
    with pytest.raises(UnpriceableCharge, match="no tier holds users 2"):
        quote(PriceRequest.model_validate(request(price, usage={"meters": {"users": "2"}})))


def test_a_plain_contract_is_the_one_that_is_read_whole() -> None:
    plain = PriceRequest.model_validate(request(FLAT)).contract()
    assert plain == Contract.model_validate(plain.model_dump())
    assert plain.model_dump_json() == Contract.model_validate(plain.model_dump()).model_dump_json()
    stated = PriceRequest.model_validate(request(FLAT, terms={"signed_by": ""})).contract()
    assert stated == plain


def test_what_was_used_before_a_term_ends_is_told_beside_a_level_that_has_no_parts() -> None:
    used_by_day = {"quantity": "100", "parts": {"2013-01-01_2013-01-17": "40"}}
    cap = {"id": "c", "name": "c", "amount": "31", "charges": ["charge"], "effective": DAYS}
    level = {"price": {"model": "per_unit", "unit_price": "1"}, "usage": {"quantity": "1", "aggregation": "max"}}
    price = {"model": "per_unit", "unit_price": "1"}
    asked = request(price, usage=used_by_day, others=[level], terms={"caps": [cap]})
    assert quote(PriceRequest.model_validate(asked)).amount.text == "77.00"  # 16 of the 40, the other 60, and 1


def test_charges_that_begin_on_different_days_each_say_what_was_used_before_a_term_ends() -> None:
    cap = {"id": "c", "name": "c", "amount": "31", "charges": ["charge"], "effective": DAYS}
    price = {"model": "per_unit", "unit_price": "1"}
    later = {
        "price": price,
        "charge": {"effective": {"start": "2013-01-10"}},
        "usage": {"quantity": "10", "parts": {"2013-01-10_2013-01-17": "5"}},
    }
    used_by_day = {"quantity": "100", "parts": {"2013-01-01_2013-01-17": "40"}}
    asked = request(price, usage=used_by_day, others=[later], terms={"caps": [cap]})
    assert quote(PriceRequest.model_validate(asked)).amount.text == "86.00"  # 16 of the 40, the other 60, and 10


@pytest.mark.parametrize("stated_first", [True, False])
def test_a_meter_that_two_charges_read_is_stated_with_one_of_them(*, stated_first: bool) -> None:
    price, usage = {"model": "per_unit", "unit_price": "2"}, {"quantity": "10"}
    mine, others = (usage, None) if stated_first else (None, usage)
    charge, other = ({"meter": "miles"} for _ in range(2))
    asked = request(price, charge=charge, others=[{"price": price, "charge": other}])
    if mine:
        asked["usage"] = mine
    if others:
        asked["others"][0]["usage"] = others
    assert quote(PriceRequest.model_validate(asked)).amount.text == "40.00"


@pytest.mark.parametrize("aggregation", list(Aggregation))
def test_a_quantity_may_be_measured_in_every_way(aggregation: Aggregation) -> None:
    """10 units are all of a charge that begins on the 17th, or 15 of 31 days of what is measured over the month."""
    price = {"model": "per_unit", "unit_price": "3.10"}
    usage = {"quantity": "10", "aggregation": aggregation.value}
    begins = {"effective": {"start": "2013-01-17"}}
    whole = quote(PriceRequest.model_validate(request(price, usage=usage)))
    assert whole.amount.text == "31.00"
    part = quote(PriceRequest.model_validate(request(price, usage=usage, charge=begins)))
    assert part.amount.text == ("31.00" if aggregation in {Aggregation.COUNT, Aggregation.SUM} else "15.00")


def test_dated_transactions_are_of_the_days_of_the_period() -> None:
    price = {"model": "percentage", "percent": "1"}
    dated = [{"day": day, "amount": "100"} for day in ("2013-01-01", "2013-01-31", "2013-02-01", "2012-12-31")]
    with pytest.raises(InvalidInput, match="days outside 2013-01: 2012-12-31, 2013-02-01"):
        quote(PriceRequest.model_validate(request(price, usage={"dated_transactions": dated})))
    inside = request(price, usage={"dated_transactions": dated[:2]})
    assert quote(PriceRequest.model_validate(inside)).amount.text == "2.00"


@pytest.mark.parametrize(("true_up", "amount"), [("daily", "293.00"), ("high_water_mark", "297.00")])
def test_days_of_seats_say_what_each_part_of_a_month_saw(true_up: str, amount: str) -> None:
    """5 seats at 31.00, 8 from the 16th: 75 + 128 are committed. 7 are seen, and 12 from the 17th.

    Above them are 2 on 15 days and 4 on the last 15, at 1.00 a day; by the most of each part 2 on 15 days and 4 on 16.
    """
    days = ["7", *[None] * 15, "12", *[None] * 14]
    seats = {"model": "seats", "unit_price": "31", "true_up": true_up}
    steps = [{"start": "2013-01-16", "price": {**seats, "seats": 8}}]
    more = {"effective": {"start": "2013-01-01"}, "ramp": steps}
    asked = request({**seats, "seats": 5}, usage={"days": days}, charge=more)
    assert quote(PriceRequest.model_validate(asked)).amount.text == amount
