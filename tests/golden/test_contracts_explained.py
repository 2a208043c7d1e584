"""Whole contracts, in all their versions, with every line explained; BILLPROOF_GOLDEN=write writes them anew."""

from collections.abc import Iterator
from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.errors import UnpriceableCharge
from billproof.masterdata.meters import Meter
from billproof.money import Rounding
from billproof.periods import Period
from billproof.pricing.lines import Basis
from billproof.pricing.owed import contract_lines
from billproof.pricing.reading import Read
from tests.support.golden import compare, explained
from tests.support.whole_contracts import CASES, charge, used, version

JANUARY = Period.month("2013-01")

METERS = {
    name: Meter.model_validate(
        {
            "id": name,
            "version": 1,
            "name": name,
            "unit": "units",
            "event_type": "used",
            "aggregation": "sum",
            "value_property": "value",
        }
    )
    for name in ("calls", "bytes", "people")
}


def lines(versions: list[Contract], quantities: Any = (), drawn: Any = None, carried: Any = None) -> Iterator[str]:
    basis = Basis(
        period=JANUARY, meters=METERS, quantities=quantities, rounding=Rounding.HALF_UP, carried=carried or {}
    )
    read = Read.of(versions, JANUARY)
    parts = ", ".join(sorted(read.parts))
    variants = ", ".join(sorted(f"{each.meter} {each.variant}".strip() for each in read.readings))
    yield f"  reads {variants or 'nothing'}; parts {parts or 'none'}"
    for timeline in timelines(versions, JANUARY):
        for line in contract_lines(timeline, basis, drawn or {}):
            yield from explained(line)


def test_whole_contracts_explain_themselves() -> None:
    text = []
    for name, case in CASES.items():
        text += [name, *lines(**case), ""]
    compare("explanations/contracts.txt", text)


@pytest.mark.parametrize(
    ("terms", "said", "path"),
    [
        (charge("c", {"model": "per_unit", "unit_price": "1"}, meter="unknown"), "which nobody published", "c"),
        (
            charge("c", {"model": "dynamic"}, meter="calls"),
            "charge c takes its price from the events, and meter calls",
            "c",
        ),
        (
            charge("c", {"model": "capacity", "tiers": [{"limits": {"calls": "1"}, "amount": "5"}]}),
            "no tier holds calls 3",
            "c",
        ),
        (
            charge(
                "c",
                {"model": "matrix", "cells": [{"match": {"a": "b"}, "unit_price": "1"}]},
                meter="calls",
                group_by=["a"],
            ),
            "no cell of the matrix prices a 'x'",
            "c",
        ),
    ],
)
def test_what_cannot_be_priced_names_its_charge(terms: dict[str, Any], said: str, path: str) -> None:
    quantities = [used("calls", "3"), used("calls", "3", group_by=("a",), dimension={"a": "x"})]
    with pytest.raises(UnpriceableCharge, match=said) as refused:
        list(lines([version(1, "2012-01-01", terms)], quantities))
    assert refused.value.details == {"charge": path}
