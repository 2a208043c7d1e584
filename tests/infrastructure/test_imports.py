"""A cold start loads only what its function uses: DuckDB where it queries, typst where it draws, boto3 nowhere."""

import pytest

from tests.bench.imports import FUNCTIONS, imported

ALLOWED = {"aggregate_usage": ["duckdb"], "deliver_invoice": ["babel", "typst"]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_only_the_heavy_packages_that_it_uses(function: str) -> None:
    assert set(imported(function)["heavy"]) <= set(ALLOWED.get(function, []))


def test_what_is_heavy_is_seen_where_it_is_used() -> None:
    assert imported("aggregate_usage")["heavy"] == ["duckdb"]
