"""The reference model is a second opinion only as long as it shares no code with what it judges."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BRIDGE = {
    "bridge.py",
    "bridge_answers.py",
    "bridge_lines.py",
    "bridge_notes.py",
    "bridge_tables.py",
    "test_product_agrees.py",
}
"""Where the model and the product meet: nothing of the model imports them."""
MODULES = sorted(path for path in HERE.glob("*.py") if path.name not in BRIDGE)
FORBIDDEN = (
    "billproof.pricing",
    "billproof.contracts.timeline",
    "billproof.invoicing",
    "billproof.pipeline",
)


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_imports_what_it_judges(path: Path) -> None:
    names = list(imported(path))
    assert not [name for name in names if name.startswith(FORBIDDEN)]
    assert not [name for name in names if name.startswith("tests.") and not name.startswith("tests.reference")]
    assert not [name for name in names if name.startswith("tests.reference.bridge")]


@pytest.mark.parametrize(
    "path", [path for path in MODULES if not path.name.startswith("test_")], ids=lambda path: path.name
)
def test_the_model_imports_the_standard_library_and_itself(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(path)}
    allowed = {"hypothesis"} if path.name.startswith("lives") else set()
    assert roots <= sys.stdlib_module_names | allowed | {"tests"}


def test_the_modules_are_the_ones_that_are_read() -> None:
    assert {"model.py", "life.py", "prices.py", "lives.py"} <= {path.name for path in MODULES}
    assert {path.name for path in HERE.glob("*.py")} >= BRIDGE
