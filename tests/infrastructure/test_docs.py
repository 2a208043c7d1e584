"""Rules that every Markdown file of the repository must keep."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from billproof.reconciliation.model import Cause
from billproof_ops import architecture, benchmarks, price_models
from billproof_ops.costs import page as costs_page
from billproof_ops.paths import ROOT
from lab import table

LAYER = ROOT / "shared" / "billproof"
IGNORED = {
    *(
        ".venv",
        ".tools",
        ".bench",
        ".console",
        "node_modules",
        ".functions",
        ".fuzz",
        ".localstack",
        ".localstripe",
        ".security",
        ".tryton",
    ),
    *(".aws-sam", "build", ".pytest_cache"),
}
WIDTH = 120

NOT_DOMAIN = {"schemas"}
"""Folders of the layer that hold data, not code."""

PRIVATE_WORDS = (
    *("the door", "gatekeeper", "express lane", "two lanes", "plain and sound", "dossier", "crmword", "crm word"),
    *("surveyor", "surveying", "casebook", "reigns", "the night", "bad night", "whatever dies", "quiet success"),
    *("mend", "mends", "mended", "mending", "is nowhere", "whole earth", "meant ill", "nobody can say"),
    *("engine outside", "engines outside", "taken quietly", "takes a place", "a night", "quiet night"),
)
"""Words that only the authors understand. The glossary has the plain ones."""
PRIVATE = re.compile(r"\b(" + "|".join(re.escape(word) for word in PRIVATE_WORDS) + r")\b", re.IGNORECASE)

REGISTRY = re.compile(r"https?://[\w.-]*\b(pypi|pythonhosted|npmjs|rubygems|crates)\.\w+", re.IGNORECASE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"#+ (.+)")
IN_CODE = re.compile(r"`[^`]*`")


def pages() -> list[Path]:
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(path for path in found if not IGNORED & set(path.parts))


def sources() -> list[Path]:
    """Return the files of code whose names, comments and messages people read; this one has to name what it forbids."""
    names = ("shared", "ops", "functions", "lab", "statemachines", "tests")
    folders = (path for folder in names for path in (ROOT / folder).rglob("*"))
    texts = (path for path in folders if path.suffix in {".py", ".j2", ".yaml", ".json"} and path != Path(__file__))
    return sorted(path.relative_to(ROOT) for path in (*texts, ROOT / "template.yaml", ROOT / "Makefile"))


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines that are not in a block of code."""
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif not in_code:
            yield number, line


def anchors(text: str) -> set[str]:
    """Return the anchors that a Markdown viewer makes of the headings."""
    headings = [match[1] for _, line in prose(text) if (match := HEADING.fullmatch(line))]
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path, text: str) -> list[str]:
    """Return the relative links of a page that lead to no file, or to no heading of it."""
    dead = []
    for link in LINK.findall("\n".join(IN_CODE.sub("", line) for _, line in prose(text))):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            dead.append(link)
    return dead


def too_long(text: str) -> list[int]:
    """Return the numbers of the lines that could be wrapped and are not; a table's row and a lone link cannot be."""
    lines = ((number, line) for number, line in prose(text) if len(line) > WIDTH and not line.startswith("|"))
    return [number for number, line in lines if " " in line[:WIDTH].strip().removeprefix("- ")]


def private_words(text: str) -> list[str]:
    """Return the private words with their lines; the words of a name are joined by underscores."""
    return [f"{number}: {word}" for number, line in prose(text) for word in PRIVATE.findall(line.replace("_", " "))]


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert not dead_links(page, (ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", pages(), ids=str)
def test_lines_wrap(page: Path) -> None:
    long = too_long((ROOT / page).read_text(encoding="utf-8"))
    assert not long, f"longer than {WIDTH}: lines {long}"


@pytest.mark.parametrize("page", pages(), ids=str)
def test_a_page_uses_no_private_word(page: Path) -> None:
    assert not private_words((ROOT / page).read_text(encoding="utf-8"))


def test_code_uses_no_private_word() -> None:
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in sources()}
    assert len(texts) > 150
    assert not {str(path): words for path, text in texts.items() if (words := private_words(text))}


@pytest.mark.parametrize("page", pages(), ids=str)
def test_packages_are_named_and_no_registry_is_linked(page: Path) -> None:
    assert not REGISTRY.search((ROOT / page).read_text(encoding="utf-8"))


def test_the_rules_notice_what_they_forbid() -> None:
    here = Path("docs/index.md")
    assert dead_links(here, "[a\nb](none.md) [b](index.md#none) [c](index.md#finance) [d](https://example.com)") == [
        "none.md",
        "index.md#none",
    ]
    assert too_long("a " * 61 + "\n| " + "b " * 61 + "\n```\n" + "c " * 61 + "\n```\n- " + "d" * 121) == [1]
    assert private_words("Events pass the door.\nThe outdoor sensor.\nHe mends it.") == ["1: the door", "3: mends"]
    assert private_words("def test_a_night_that_nobody_mended() -> None:") == ["1: a night", "1: mended"]
    assert REGISTRY.search("see https://pypi.invalid/project/x")


def test_the_readme_is_short_and_gives_the_two_commands_before_anything_else_to_do() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 145
    (first, *_) = re.findall(r"```(?:sh|mermaid)\n(.*?)```", text, re.DOTALL)
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make demo", "make test"]


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    linked = {((ROOT / "docs") / link.partition("#")[0]).resolve() for link in LINK.findall(index)}
    missing = [
        page
        for page in pages()
        if page.parts[0] == "docs" and page.name != "index.md" and not {ROOT / page, (ROOT / page).parent} & linked
    ]
    assert not missing


def test_every_package_is_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    packages = {path.parent.name for path in LAYER.glob("*/__init__.py")} - NOT_DOMAIN
    assert len(packages) >= 15
    assert not [package for package in sorted(packages) if f"`{package}/`" not in glossary]


@pytest.mark.parametrize("page", ["architecture", "integrations"])
def test_the_tests_that_a_page_names_exist(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:chaos/)?(test_\w+)`", text))
    assert len(named) > 10
    assert named - {path.stem for path in (ROOT / "tests").rglob("test_*.py")} == set()


def test_the_glossary_names_only_what_exists() -> None:
    rows = [
        line.split("|") for line in (ROOT / "docs" / "glossary.md").read_text().splitlines() if line.count("|") == 4
    ]
    places = [place.strip() for row in rows for place in row[3].split(";") if "`" in place]
    assert len(places) > 60
    for place in places:
        path, *names = re.findall(r"`([^`]+)`", place)
        assert (LAYER / path).exists(), path
        assert all(re.search(rf"\b{name}\b", (LAYER / path).read_text()) for name in names), place


def test_the_price_models_on_the_pricing_page_are_those_of_their_modules() -> None:
    current = price_models.PAGE.read_text(encoding="utf-8")
    assert price_models.page(current) == current, "run 'make docs'"


def test_the_tables_of_costs_are_estimated_from_what_was_measured() -> None:
    for path, text in costs_page.pages().items():
        assert path.read_text(encoding="utf-8") == text, "run 'make docs'"


def test_the_tables_of_benchmarks_are_what_bench_and_scale_wrote() -> None:
    for path, text in benchmarks.pages().items():
        assert path.read_text(encoding="utf-8") == text, "run 'make docs'"


def test_the_tables_of_the_leak_lab_are_what_it_played() -> None:
    for path, text in table.pages().items():
        assert path.read_text(encoding="utf-8") == text, "run 'make lab', or 'make docs' after it"


def test_readme_names_every_missed_goal_of_its_table_and_counts_those_of_all() -> None:
    bench = {
        "machine": "2 CPUs",
        "load": 9.5,
        "suites": {
            "one": [measure("a", reached=False), measure("b", headline=False, reached=False)],
            "two": [measure("c"), measure("d", goal="none")],
            "imports": [measure("e", headline=False), measure("f", headline=False, reached=False)],  # one of the page
        },
    }
    assert benchmarks.short_table(bench).splitlines()[2:] == [
        "| a | 1.5 (<= 2: missed) | c | 1.5 (<= 2) |",
        "| d | 1.5 (none) |  |  |",
        "",
        "3 of 4 goals are missed (2 CPUs, load 9.5 by other work): [all of them, and why](docs/benchmarks.md).",
    ]


def measure(name: str, *, goal: str = "<= 2", reached: bool = True, headline: bool = True) -> dict[str, object]:
    return {"name": name, "value": 1.5, "goal": goal, "reached": reached, "headline": headline}


def test_the_packages_in_the_architecture_page_are_those_of_the_import_contracts() -> None:
    current = architecture.PAGE.read_text(encoding="utf-8")
    assert architecture.page(current) == current, "run 'make docs'"
    drawn = {
        name for contract in architecture.contracts() if contract["type"] == "layers" for name in contract["layers"]
    }
    assert "billproof_ops" in drawn
    assert all(module.strip() in current for layer in drawn for module in layer.split("|"))


def test_modules_of_a_layer_keep_the_mark_that_joins_them() -> None:
    contract = {"layers": ["a.top", "a.left | a.right", "a.one : (a.two)"]}
    assert architecture.layers_of(contract) == [
        [("", "a.top")],
        [("", "a.left"), ("|", "a.right")],
        [("", "a.one"), (":", "a.two")],
    ]


def test_every_decision_says_whether_it_still_holds() -> None:
    status = re.compile(r"^Status: (accepted|replaced)", re.MULTILINE)
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "decisions").glob("*.md")}
    assert len(texts) >= 19
    assert not [name for name, text in texts.items() if not status.search(text)]


def test_the_page_without_its_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the lines"):
        architecture.page("# Architecture\n")
    with pytest.raises(ValueError, match="lacks the lines"):
        price_models.page("# Pricing\n")


def test_every_cause_of_a_variance_is_explained() -> None:
    page = (ROOT / "docs" / "reconciliation.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert sorted(row[0] for row in rows) == sorted(Cause)
