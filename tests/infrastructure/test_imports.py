"""A cold start loads only what its function uses: DuckDB where it queries, typst where it draws, boto3 nowhere."""

import json
import os
import subprocess
import sys

import pytest

from billproof_ops.paths import ROOT
from tests.bench.imports import FUNCTIONS, HEAVY_PACKAGES

ALLOWED = {
    "aggregate_usage": ["duckdb"],
    "check_completeness": ["duckdb"],
    "compact_usage": ["duckdb"],
    "deliver_invoice": ["babel", "typst"],
}
_SCRIPT = """
import json, os, sys
import aws_lambda_powertools, botocore.session, pydantic  # what every function imports, once for all of them

for function in json.loads(sys.argv[1]):
    if os.fork() == 0:
        sys.path.insert(0, f"functions/{function}")
        import app
        print(json.dumps([function, sorted(set(json.loads(sys.argv[2])) & set(sys.modules))]), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def heavy() -> dict[str, list[str]]:
    """The heavy packages that each function has loaded with its entry file, each in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SCRIPT, json.dumps(FUNCTIONS), json.dumps(HEAVY_PACKAGES)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "shared")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(line) for line in answer.stdout.splitlines())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_only_the_heavy_packages_that_it_uses(function: str, heavy: dict[str, list[str]]) -> None:
    assert set(heavy[function]) <= set(ALLOWED.get(function, []))


def test_what_is_heavy_is_seen_where_it_is_used(heavy: dict[str, list[str]]) -> None:
    assert heavy["aggregate_usage"] == ["duckdb"]
