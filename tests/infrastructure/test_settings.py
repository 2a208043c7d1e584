"""A function is given exactly the settings that it asks for, by its handler, the composition and the settings."""

import ast
from pathlib import Path
from typing import Any

import pytest

from billproof_ops.paths import ROOT
from billproof_ops.template import read_template

SHARED = ROOT / "shared" / "billproof"
COMPOSITION, SETTINGS = SHARED / "composition.py", SHARED / "settings.py"
HANDLERS = sorted(ROOT.glob("functions/*/app.py"))


def members(path: Path, name: str) -> dict[str, ast.FunctionDef]:
    (found,) = [
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef) and node.name == name
    ]
    return {node.name: node for node in found.body if isinstance(node, ast.FunctionDef)}


def attributes(node: ast.AST) -> set[str]:
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def variables_of(setting: ast.FunctionDef) -> set[str]:
    texts = {part.value for part in ast.walk(setting) if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return {text for text in texts if text.isupper() and len(text) > 2}


def variables_by_member() -> dict[str, set[str]]:
    """Return the environment variables behind every member of the composition, and behind every setting."""
    settings = {name: variables_of(node) for name, node in members(SETTINGS, "Settings").items()}
    composition = {name: attributes(node) for name, node in members(COMPOSITION, "Composition").items()}

    def behind(name: str) -> set[str]:
        used = composition[name] - {name}
        found = {variable for setting in used & settings.keys() for variable in settings[setting]}
        return found.union(*(behind(other) for other in used & composition.keys()))

    return {**settings, **{name: behind(name) for name in composition if not name.startswith("_")}}


def asked_for(path: Path) -> set[str]:
    by_member, settings = variables_by_member(), members(SETTINGS, "Settings").keys()
    tree = ast.parse(path.read_text())
    used = {
        part.attr
        for part in ast.walk(tree)
        if isinstance(part, ast.Attribute)
        and (part.attr not in settings or ast.unparse(part.value).endswith("settings"))
    }
    if any(isinstance(node, ast.Name) and node.id == "each_invoice" for node in ast.walk(tree)):
        used |= {"once"}
    return {variable for name in used & by_member.keys() for variable in by_member[name]}


def given(path: Path) -> set[str]:
    (properties,) = [
        resource["Properties"]
        for resource in read_template()["Resources"].values()
        if resource.get("Properties", {}).get("CodeUri") == f"functions/{path.parent.name}/"
    ]
    variables: dict[str, Any] = properties["Environment"]["Variables"]
    return set(variables)


def test_the_settings_are_found() -> None:
    by_member = variables_by_member()
    assert by_member["objects"] == {"DATA_BUCKET"}
    assert by_member["directory"] == {"CONTRACTS_TABLE"}
    assert by_member["grace"] == {"CUT_OFF_GRACE_HOURS"}
    assert by_member["billing_runs"] == {"BILLING_RUN_ARN"}
    assert by_member["sender"] == {"SENDER_ADDRESS"}


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
def test_a_function_is_given_what_it_asks_for_and_nothing_else(path: Path) -> None:
    assert given(path) == asked_for(path)


def test_what_every_function_is_given_is_for_the_library_that_logs() -> None:
    assert set(read_template()["Globals"]["Function"]["Environment"]["Variables"]) == {"POWERTOOLS_LOG_LEVEL"}
