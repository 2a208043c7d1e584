from decimal import Decimal

import pytest
from pydantic import ValidationError

from billproof.errors import BillproofError, Contended, ExternalServiceUnavailable, InvalidInput
from billproof.ids import canonical_json, digest, name, shard_of
from billproof.model import decimal_text, exact_decimal
from billproof.money import exactly
from billproof.pricing.models.base import Step


@pytest.mark.parametrize(
    "text", ["1_000", " 12.5 ", "12.5\n", "1e-7", "+5", ".5", "5.", "007", "NaN", "", "1" * 24, "0." + "1" * 16]
)
def test_only_exact_decimals_are_read(text: str) -> None:
    with pytest.raises(ValueError, match="exact decimal"):
        exact_decimal(text)


@pytest.mark.parametrize("value", [1.5, True, None, [1]])
def test_floats_and_the_like_are_no_decimals(value: object) -> None:
    with pytest.raises(ValueError, match="exact decimal"):
        exact_decimal(value)


def test_decimals_are_written_plainly() -> None:
    written = [decimal_text(Decimal(text)) for text in ("1200", "1E+3", "0.0500", "-0.0", "12.30")]
    assert written == ["1200", "1000", "0.05", "0", "12.3"]


def test_a_computed_decimal_may_be_longer_but_not_looser() -> None:
    long = Decimal("1." + "1" * 30)
    assert Step(label="x", quantity=long, unit_price=long, flat_fee=Decimal(0), amount=long).amount == long
    with pytest.raises(ValidationError):
        Step.model_validate({"label": "x", "quantity": "1e3", "unit_price": "1", "flat_fee": "0", "amount": "1"})


def test_a_rule_runs_with_digits_enough() -> None:
    product = exactly(lambda: Decimal("1" * 30) * Decimal("1" * 30))()
    assert product == int("1" * 30) ** 2


def test_json_is_hashed_in_one_form() -> None:
    assert canonical_json({"b": 1, "a": ["ü"]}) == '{"a":["ü"],"b":1}'.encode()
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    with pytest.raises(TypeError, match="float"):
        canonical_json({"a": [{"b": 0.1}]})


def test_shards_never_move() -> None:
    # Fixed figures: were the hash to change, accounts would look for their events in the wrong bucket.
    assert [shard_of(key, 64) for key in ("UA", "B6", "DL")] == [58, 28, 28]


@pytest.mark.parametrize("value", ["", "a b", "a.b", "a#b", "-a", "x" * 65, "ü"])
def test_names_that_would_break_keys_are_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        name(value, "the name")


def test_errors_say_what_where_and_whether_to_try_again() -> None:
    error = ExternalServiceUnavailable("it did not answer", service="s3")
    assert str(error) == "it did not answer (service=s3)"
    assert (error.code, error.retryable, Contended.retryable) == ("external_service_unavailable", True, True)
    assert not BillproofError("x").retryable


@pytest.mark.parametrize("value", [1.5, [1.0], {"a": [{"b": -2e30}]}, [float("nan")], {"a": float("inf")}, [1, 1e-9]])
def test_no_float_is_written_wherever_it_hides(value: object) -> None:
    with pytest.raises(TypeError, match="is a float"):
        canonical_json(value)


def test_text_that_looks_like_a_float_is_text() -> None:
    value = {"a": "x:1.5,[2.0", "b": [1, -2, "NaN", True, None]}
    assert canonical_json(value) == b'{"a":"x:1.5,[2.0","b":[1,-2,"NaN",true,null]}'
