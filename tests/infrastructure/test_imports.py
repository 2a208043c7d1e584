"""A cold start loads only what its function uses: DuckDB where it queries, typst where it draws, boto3 nowhere.

A person waits for a function of the API: what drafts, prices or plans is not loaded before it is known that it is asked
for. Modules are counted, which no other work on the machine disturbs; `make bench` has the milliseconds.
"""

import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from billproof_ops.paths import ROOT
from tests.bench.imports import FUNCTIONS, HEAVY_PACKAGES, HTTP

ALLOWED = {
    "aggregate_usage": ["duckdb"],
    "check_completeness": ["duckdb"],
    "compact_usage": ["duckdb"],
    "deliver_einvoice": ["facturx", "lxml", "pypdf", "saxonche"],
    "deliver_invoice": ["babel", "segno", "typst"],
    "remind_customers": ["babel", "segno", "typst"],
}


class Loaded(NamedTuple):
    """Heavy packages, our own modules, and our models whose validators are built."""

    packages: list[str]
    modules: list[str]
    built: list[str]


_SCRIPT = """
import json, os, sys
import aws_lambda_powertools, botocore.session, pydantic  # what every function imports, once for all of them

def below(model):
    for child in model.__subclasses__():
        yield child
        yield from below(child)

for function in json.loads(sys.argv[1]):
    if os.fork() == 0:
        sys.path.insert(0, f"functions/{function}")
        import app
        ours = [name for name in sys.modules if name.partition(".")[0] == "billproof"]
        models = [model for model in below(pydantic.BaseModel) if model.__module__.startswith(("app", "billproof."))]
        built = sorted(model.__qualname__ for model in models if model.__pydantic_complete__)
        print(json.dumps([function, sorted({*json.loads(sys.argv[2])} & {*sys.modules}), ours, built]), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, Loaded]:
    """What each function has loaded with its entry file, in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SCRIPT, json.dumps(FUNCTIONS), json.dumps(HEAVY_PACKAGES)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "shared")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in answer.stdout.splitlines()]
    return {function: Loaded(*what) for function, *what in rows}


@pytest.fixture(scope="module")
def heavy(loaded: dict[str, Loaded]) -> dict[str, list[str]]:
    return {function: what.packages for function, what in loaded.items()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_only_the_heavy_packages_that_it_uses(function: str, heavy: dict[str, list[str]]) -> None:
    assert set(heavy[function]) <= set(ALLOWED.get(function, []))


def test_what_is_heavy_is_seen_where_it_is_used(heavy: dict[str, list[str]]) -> None:
    assert heavy["aggregate_usage"] == ["duckdb"]


MOST_MODULES = 71
"""Modules of ours that a function of the API loads before it knows what it is asked; a worker loads up to 215."""
LATER = ["billproof.invoicing.model", "billproof.pricing.model", "billproof.contracts.charges", "billproof.tax.model"]
"""What has most models: the words of invoices, prices, contracts and taxes."""


@pytest.mark.parametrize("function", sorted(HTTP))
def test_a_function_of_the_api_loads_what_drafts_and_prices_when_it_is_asked_for(
    function: str, loaded: dict[str, Loaded]
) -> None:
    modules = loaded[function].modules
    assert not {*LATER} & {*modules}
    assert len(modules) <= MOST_MODULES


def test_what_loads_the_words_of_invoices_is_seen(loaded: dict[str, Loaded]) -> None:
    assert {*LATER} <= {*loaded["draft_invoices"].modules}
    assert len(loaded["plan_billing_run"].modules) > MOST_MODULES


@pytest.mark.parametrize("function", sorted(HTTP))
def test_no_validator_is_built_before_it_is_needed(function: str, loaded: dict[str, Loaded]) -> None:
    assert loaded[function].built == []


def test_a_validator_that_is_built_is_seen(loaded: dict[str, Loaded]) -> None:
    assert "Cadence" in loaded["price_usage"].built
