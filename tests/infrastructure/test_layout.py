"""What tests share is in tests/support, and a unit test looks at rules alone, without the world of use cases."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
WORLD = Path("support/world.py")


def imported(path: Path, tests: Path) -> Iterator[str]:
    """Yield every name that a file imports, anywhere in it, with the module that it comes from."""
    package = ("tests", *path.relative_to(tests).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) + 1 - node.level] if node.level else ()
            module = (*parents, node.module) if node.module else parents
            yield from (".".join((*module, alias.name)) for alias in node.names)


def modules(path: Path, tests: Path) -> set[Path]:
    """Return the files of the tests that a file imports."""
    found = set()
    for name in imported(path, tests):
        root, *parts = name.split(".")
        if root == "tests":
            candidates = [tests.joinpath(*parts), tests.joinpath(*parts).parent]
            found |= {file for each in candidates if (file := each.with_suffix(".py")).is_file()}
    return found


def is_test(path: Path) -> bool:
    return path.name.startswith("test_") or path.name == "conftest.py"


def imports_of_test_modules(tests: Path) -> list[str]:
    return sorted(
        f"{path.relative_to(tests)} imports {module.relative_to(tests)}"
        for path in tests.rglob("*.py")
        for module in modules(path, tests)
        if is_test(module)
    )


def unit_tests_with_the_world(tests: Path) -> list[str]:
    """Name the unit tests that import the world, themselves or by what they import."""
    return sorted(
        str(path.relative_to(tests)) for path in tests.glob("unit/**/*.py") if tests / WORLD in reached(path, tests)
    )


def reached(path: Path, tests: Path) -> set[Path]:
    seen: set[Path] = set()
    left = {path}
    while left:
        seen |= left
        left = {module for each in left for module in modules(each, tests)} - seen
    return seen


def test_no_test_module_is_imported_by_another() -> None:
    assert imports_of_test_modules(TESTS) == []


def test_unit_tests_import_nothing_of_the_world() -> None:
    assert (TESTS / WORLD).is_file()
    assert unit_tests_with_the_world(TESTS) == []


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    """A folder of tests that keeps both rules: a builder over the world, a test with it, and one without."""
    for name, text in {
        "support/world.py": "class World: ...",
        "support/parties.py": "def seller(): ...",
        "support/dollars.py": "from tests.support.world import World",
        "conftest.py": "",
        "unit/test_tax.py": "from tests.support.parties import seller",
        "workflow/test_exchange.py": "import pytest\nfrom tests.support import dollars",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert imports_of_test_modules(tmp_path) == unit_tests_with_the_world(tmp_path) == []
    return tmp_path


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("from tests.workflow.test_exchange import world", "workflow/test_exchange.py"),
        ("from tests.workflow import test_exchange", "workflow/test_exchange.py"),
        ("import tests.workflow.test_exchange", "workflow/test_exchange.py"),
        ("from .test_tax import seller", "unit/test_tax.py"),
        ("from ..workflow import test_exchange", "workflow/test_exchange.py"),
        ("def late():\n    from tests.unit.test_tax import seller", "unit/test_tax.py"),
        ("from tests.conftest import sockets", "conftest.py"),
        ("from tests import conftest", "conftest.py"),
    ],
)
@pytest.mark.parametrize("importer", ["unit/test_new.py", "unit/conftest.py", "unit/builders.py"])
def test_an_import_of_a_test_module_is_found(importer: str, text: str, module: str, tests: Path) -> None:
    (tests / importer).write_text(text)
    assert imports_of_test_modules(tests) == [f"{importer} imports {module}"]


@pytest.mark.parametrize(
    "text",
    [
        "from tests.support.world import World",
        "from tests.support import world",
        "import tests.support.world",
        "from ..support.world import World",
        "from tests.support.dollars import US",
    ],
)
def test_a_unit_test_with_the_world_is_found(text: str, tests: Path) -> None:
    (tests / "unit" / "test_new.py").write_text(text)
    assert unit_tests_with_the_world(tests) == ["unit/test_new.py"]
