"""How the code is laid out: what tests share is in tests/support, unit tests need no world, and code fits and is named.

No function is longer than a screen, no module longer than can be read at once, and a name says what it holds.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sources import nodes

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
WORLD = Path("support/world.py")
MOST_LINES_OF_A_FUNCTION = 50
MOST_LINES_OF_A_MODULE = 300
EMPTY_NAMES = {"found", "each", "made", "told", "asked", "seen"}
"""Names that would fit any value, so they say nothing of the one that they hold."""


def imported(path: Path, tests: Path) -> Iterator[str]:
    """Yield every name that a file imports, anywhere in it, with the module that it comes from."""
    package = ("tests", *path.relative_to(tests).parent.parts)
    for node in nodes(path.read_text()):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) + 1 - node.level] if node.level else ()
            module = (*parents, node.module) if node.module else parents
            yield from (".".join((*module, alias.name)) for alias in node.names)


def modules(path: Path, tests: Path) -> set[Path]:
    """Return the files of the tests that a file imports."""
    files: set[Path] = set()
    for name in imported(path, tests):
        root, *parts = name.split(".")
        if root == "tests":
            candidates = [tests.joinpath(*parts), tests.joinpath(*parts).parent]
            files |= {file for candidate in candidates if (file := candidate.with_suffix(".py")).is_file()}
    return files


def is_test(path: Path) -> bool:
    return path.name.startswith("test_") or path.name == "conftest.py"


def imports_of_test_modules(tests: Path) -> list[str]:
    return sorted(
        f"{path.relative_to(tests)} imports {module.relative_to(tests)}"
        for path in tests.rglob("*.py")
        if path.parent != tests / "tryton"  # runs the tests of every ERP against its own
        for module in modules(path, tests)
        if is_test(module)
    )


def unit_tests_with_the_world(tests: Path) -> list[str]:
    """Name the unit tests that import the world, themselves or by what they import."""
    return sorted(
        str(path.relative_to(tests)) for path in tests.glob("unit/**/*.py") if tests / WORLD in reached(path, tests)
    )


def reached(path: Path, tests: Path) -> set[Path]:
    files: set[Path] = set()
    left = {path}
    while left:
        files |= left
        left = {module for file in left for module in modules(file, tests)} - files
    return files


def code() -> list[Path]:
    return sorted(path for folder in ("shared", "functions", "ops", "lab") for path in (ROOT / folder).rglob("*.py"))


def too_long(name: str, text: str) -> Iterator[str]:
    """Yield the module where it has too many lines, and each of its functions that has."""
    lines = len(text.splitlines())
    if lines > MOST_LINES_OF_A_MODULE:
        yield f"{name} has {lines} lines"
    for node in nodes(text):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_LINES_OF_A_FUNCTION:
                yield f"{name}: {node.name} has {length} lines"


def empty_names(name: str, text: str) -> Iterator[str]:
    """Yield each assignment, loop target or parameter whose name says nothing; fields of a class are stored names."""
    fields = {
        id(statement.target)
        for node in nodes(text)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
    }
    for node in nodes(text):
        match node:
            case ast.Name(id=target, ctx=ast.Store()) if id(node) not in fields:
                pass
            case ast.arg(arg=target) | ast.MatchAs(name=str(target)) | ast.MatchStar(name=str(target)):
                pass
            case _:
                continue
        if target in EMPTY_NAMES:
            yield f"{name}:{node.lineno} {target}"


def test_no_function_and_no_module_is_too_long() -> None:
    paths = code()
    assert len(paths) > 100
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in [*paths, *sorted(TESTS.rglob("*.py"))]}
    assert [line for name, text in texts.items() for line in too_long(name, text)] == []


def test_a_long_function_and_a_long_module_are_found() -> None:
    fits = "def fits():\n" + "    pass\n" * (MOST_LINES_OF_A_FUNCTION - 1)
    assert list(too_long("new.py", fits)) == []
    assert list(too_long("new.py", fits + "    pass\n")) == ["new.py: fits has 51 lines"]
    assert list(too_long("new.py", "\n" * MOST_LINES_OF_A_MODULE)) == []
    assert list(too_long("new.py", "\n" * (MOST_LINES_OF_A_MODULE + 1))) == ["new.py has 301 lines"]


def test_names_say_what_they_hold() -> None:
    paths = {str(path.relative_to(ROOT)): path for path in code()}
    assert [line for name in paths for line in empty_names(name, paths[name].read_text())] == []


@pytest.mark.parametrize(
    "text",
    [
        "found = 1",
        "found: int = 1",
        "found += 1",
        "(first, found) = pair",
        "for found in pairs: ...",
        "[found for found in pairs]",
        "(found := 1)",
        "with file as found: ...",
        "def use(found): ...",
        "lambda found: 1",
        "match pair:\n    case [*found]: ...",
        "match pair:\n    case found: ...",
        "class Search:\n    def use(self):\n        found = 1",
    ],
)
def test_a_name_that_says_nothing_is_found(text: str) -> None:
    assert [line.split()[-1] for line in empty_names("new.py", text)] == ["found"]


def test_a_stored_field_keeps_its_name() -> None:
    assert list(empty_names("new.py", "class Waiting:\n    told: tuple[str, ...]\n\nWaiting(told=())")) == []


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


def test_what_takes_long_is_made_for_the_tests_of_one_file() -> None:
    """Files are spread over two processes, each of which would make anew what tests of several files share.

    xdist's groups do not hold with pytest 9.2: they are written into a node id that it does not read any more.
    """
    stacks = (TESTS / name for name in ("integration", "chaos", "readme", "tryton", "localstripe", "console"))
    on_a_stack = {*stacks, TESTS / "support" / "deployed.py"}
    shared = {path for path in TESTS.rglob("*.py") if re.search("scope=.(session|package)", path.read_text())}
    assert {path for path in shared if not on_a_stack & {path, *path.parents}} == set()
    commands = [line for line in (ROOT / "Makefile").read_text().splitlines() if " -n 2 " in line]
    assert commands
    assert all("--dist loadfile" in line for line in commands)
