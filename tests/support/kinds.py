"""The kinds of facts and objects: named by their keys, and by what facts of the same keys say.

    fact      <store> <partition's kind> [words of its sort key] [kind or verdict that it says]
    object    <folder> [step of a run, or words of the name] <ending>

A word is a text that the product's own source holds: ids, months and numbers are none.
"""

import ast
import re
from collections import defaultdict
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from billproof.pipeline import artefacts
from billproof.ports import Document, Key
from billproof_ops.paths import ROOT
from tests.support.world import World

type Place = tuple[str, Key | str]
"""The store and key of a fact, or `objects` and the key of an object."""

SOURCE = ROOT / "shared" / "billproof"
OBJECTS = "objects"
_WORD = re.compile(r"[a-z][a-z_-]*")


@cache
def _trees() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple((path, ast.parse(path.read_text())) for path in sorted(SOURCE.rglob("*.py")))


@cache
def words() -> frozenset[str]:
    """Return the words of the product's source."""
    texts = (
        node.value
        for _, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return frozenset(text.strip("#/") for text in texts if _WORD.fullmatch(text.strip("#/")))


def kind_of_fact(store: str, key: Key, document: Document) -> str:
    """Name the kind of a fact."""
    said = [str(document.get(name, "")) for name in ("kind", "verdict")]
    parts = [part for part in (*re.split("[#/.]", key.sort), *said) if part in words()]
    return " ".join((store, key.partition.partition("#")[0], *parts))


def kind_of_object(key: str) -> str:
    """Name the kind of an object."""
    folder, *parts = key.split("/")
    name, _, ending = parts[-1].partition(".")
    if folder == "runs":
        step = parts[1]
        return " ".join((folder, step, *([name] if step in {"run", "maps"} else [])))
    return " ".join((folder, *(part for part in parts[:-1] if part in words()), *filter(None, [ending])))


def places_of(world: World) -> dict[str, list[Place]]:
    """Return where things of each kind are, in order."""
    places: dict[str, list[Place]] = defaultdict(list)
    for store, records in world.records.items():
        for key in sorted(records.items):
            places[kind_of_fact(store, key, records.items[key])].append((store, key))
    for name in sorted(world.objects.items):
        places[kind_of_object(name)].append((OBJECTS, name))
    return dict(places)


def partitions_written() -> dict[str, str]:
    """Return the kinds of partitions that the source names by `partition_name`, each with where it does."""
    found: dict[str, str] = {}
    for path, tree in _trees():
        module = ".".join(("billproof", *path.relative_to(SOURCE).with_suffix("").parts))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "partition_name":
                found[_text_of(node.args[0], module)] = module
    return found


def _text_of(argument: Any, module: str) -> str:
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    assert isinstance(argument, ast.Name), f"{module}: name a kind of partition by a text or by a constant"
    return str(getattr(import_module(module), argument.id))


def folders_written() -> dict[str, str]:
    """Return what looks like the first folder of an object's key in the source, each with where it stands."""
    found: dict[str, str] = {}
    for path, tree in _trees():
        for node in ast.walk(tree):
            text = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                match = re.fullmatch(r"([a-z][a-z-]+)/(?:[a-z]+=|[a-z-]+/)?", text.value)
                if match is not None:
                    found.setdefault(match[1], str(path.relative_to(SOURCE)))
    return found


def artefacts_written() -> set[str]:
    """Return the kinds of objects that steps of runs hand to each other, as they are declared."""
    declared = (one for one in vars(artefacts).values() if isinstance(one, artefacts.Artefact))
    return {" ".join(filter(None, ("runs", one.step, one.name))) for one in declared}
