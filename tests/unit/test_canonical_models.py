"""A model is written as its document would be: the bytes name what is stored, so they must not change."""

import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from billproof.ids import canonical_json
from billproof.model import Exact, Model, canonical_model


class Colour(StrEnum):
    RED = "red"


class Inner(Model):
    type: str
    amount: Exact
    tags: tuple[str, ...] = ()


class Outer(Model):
    zone: str
    colour: Colour = Colour.RED
    inner: dict[str, Inner] = Field(default_factory=dict)
    number: int = 0
    known: bool | None = None


class Anything(Model):
    value: Any


class Deep(Model):
    inner: tuple[Anything, ...]


TEXTS = st.text()
INNER = st.builds(Inner, type=TEXTS, amount=st.sampled_from(["1.50", "-0.1", "7"]), tags=st.tuples(TEXTS, TEXTS))


@given(
    st.builds(
        Outer,
        zone=TEXTS,
        inner=st.dictionaries(TEXTS, INNER, max_size=4),
        number=st.integers(),
        known=st.sampled_from([None, True, False]),
    )
)
def test_a_model_is_written_as_its_document_is(outer: Outer) -> None:
    assert canonical_model(outer) == canonical_json(outer.model_dump(mode="json"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=3)))
def test_a_field_of_any_value_is_written_as_its_document_is(value: Any) -> None:
    assert canonical_model(Anything(value=value)) == canonical_json({"value": value})


@pytest.mark.parametrize("value", [1.5, [{"a": 2.0}], {"a": {"b": -1e30}}])
def test_a_float_in_a_field_of_any_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="is a float"):
        canonical_model(Deep(inner=(Anything(value=value),)))


def test_the_bytes_are_those_that_were_always_written() -> None:
    outer = Outer(
        zone='Zürich "\n\u2028\x7f\x1f', inner={"b": Inner(type="t", amount="1.50"), "a": Inner(type="", amount="0")}
    )
    assert canonical_model(outer).decode() == (
        '{"colour":"red","inner":{"a":{"amount":"0","tags":[],"type":""},"b":{"amount":"1.5","tags":[],"type":"t"}},'
        '"known":null,"number":0,"zone":' + json.dumps('Zürich "\n\u2028\x7f\x1f', ensure_ascii=False) + "}"
    )
