"""Rules that run with digits enough do so to their end."""

import ast
from pathlib import Path

from tests.support.sources import nodes

ROOT = Path(__file__).parents[2]


def test_no_rule_that_runs_exactly_is_a_generator() -> None:
    """The body of a generator runs where its values are taken, and not with the digits that `exactly` sets."""
    rules = [
        (f"{path.name}: {rule.name}", any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(rule)))
        for path in (ROOT / "shared" / "billproof").rglob("*.py")
        if "@exactly" in (text := path.read_text())
        for rule in nodes(text)
        if isinstance(rule, ast.FunctionDef)
        and "exactly" in {ast.unparse(decorator) for decorator in rule.decorator_list}
    ]
    assert len(rules) > 30
    assert [name for name, is_generator in rules if is_generator] == []
