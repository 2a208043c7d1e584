"""Master data in files: YAML or JSON, an object or a list of objects in each document, read exactly as it is written.

A number with a point stays the text that stands there, and so does a day; `no` is a word and a leading zero a digit.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from billproof.masterdata.directory import read_master_data
from billproof.masterdata.model import AnyMasterData
from billproof.model import said_of
from billproof_ops.errors import WrongUse
from billproof_ops.printing import read_text

SUFFIXES = {".yaml", ".yml", ".json"}
MOST_LETTERS_OF_A_PLACE = 100
"""Of the kind and the id with which a message says where something is wrong."""


@dataclass(frozen=True, slots=True)
class Written:
    """An object of master data, and where it is written."""

    place: str
    data: AnyMasterData


def read_files(paths: list[Path]) -> list[Written]:
    """Read the files, and those in the folders, in the order of their names; raises WrongUse with every problem."""
    objects: list[Written] = []
    problems: list[str] = []
    for path in _files(paths):
        for place, document in _documents(path, problems):
            try:
                objects.append(Written(place, read_master_data(json.dumps(document))))
            except ValidationError as error:
                problems += (f"{place}: {_said(part)}" for part in error.errors())
    if problems:
        raise WrongUse("\n".join(problems))
    return objects


def _said(part: ErrorDetails) -> str:
    """Say what is wrong and where; the names are those of the user's own file."""
    where = ".".join(str(name) for name in part["loc"][1:])
    return f"{where}: {said_of(part)}" if where else said_of(part)


def _files(paths: list[Path]) -> list[Path]:
    files = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES)
        if not inside:
            message = f"{path} has no file that ends in {', '.join(sorted(SUFFIXES))}"
            raise WrongUse(message)
        files += inside
    return files


def _documents(path: Path, problems: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield the objects of a file with their places; what cannot be read is added to the problems."""
    try:
        documents = parse(path)
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        problems.append(f"{path}: {' '.join(str(error).split())}")
        return
    objects = [item for document in documents for item in (document if isinstance(document, list) else [document])]
    for number, item in enumerate(objects, start=1):
        name = f"{item.get('kind', '')} {item.get('id', '')}".strip() if isinstance(item, dict) else ""
        short = name if len(name) <= MOST_LETTERS_OF_A_PLACE else f"{name[:MOST_LETTERS_OF_A_PLACE]}…"
        yield f"{path}, {short or f'object {number}'}", item


def parse(path: Path) -> list[Any]:
    """Return the documents of a file, read exactly; raises YAMLError and JSONDecodeError."""
    text = read_text(path)
    try:
        if path.suffix == ".json":
            return [json.loads(text, parse_float=str)]
        return [document for document in yaml.load_all(text, Loader=_Exact) if document is not None]
    except RecursionError:
        message = "it is nested too deeply"
        raise yaml.YAMLError(message) from None


class _Exact(yaml.SafeLoader):
    """Reads JSON's numbers, booleans and null; everything else is the text that stands there."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the class of yaml declares it so


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("merge", r"<<", "<"),
):
    _Exact.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def _mapping(loader: _Exact, node: yaml.MappingNode) -> dict[str, Any]:
    """Build a mapping; raises ConstructorError where a name stands twice, of which one would be lost."""
    names = [loader.construct_object(key) for key, _ in node.value]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        problem = f"{', '.join(twice)} stands there twice"
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
    loader.flatten_mapping(node)
    return {str(name): value for name, value in loader.construct_mapping(node, deep=True).items()}


_Exact.add_constructor("tag:yaml.org,2002:map", _mapping)
