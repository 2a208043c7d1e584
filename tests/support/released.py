"""The documents of the last release: `python -m tests.support.released`, at a release, makes them those of now."""

import json
from typing import Any

from billproof_ops.openapi import FILE
from billproof_ops.schemas import FOLDER
from tests.support.golden import GOLDEN

OPENAPI, SCHEMAS = GOLDEN / "released" / "openapi.json", GOLDEN / "released" / "schemas.json"
_WORDS = frozenset({"$schema", "$id", "title", "description", "summary", "examples", "default", "info"})
_NAMED = frozenset({"properties", "$defs", "schemas", "paths"})


def without_words(document: Any, *, is_named: bool = False) -> Any:
    """Return a document without what is only for people; names of fields and routes are no keywords."""
    match document:
        case dict():
            return {
                name: without_words(part, is_named=not is_named and name in _NAMED)
                for name, part in document.items()
                if is_named or name not in _WORDS
            }
        case list():
            return [without_words(part) for part in document]
        case _:
            return document


def openapi_of_now() -> dict[str, Any]:
    return json.loads(FILE.read_text())  # type: ignore[no-any-return]


def schemas_of_now() -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def lines_of(parts: dict[str, Any]) -> str:
    """Write an object with each of its members in a line, so that a difference is read line by line."""
    lines = (f"{json.dumps(name)}: {json.dumps(part)}" for name, part in parts.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def write(openapi: dict[str, Any], schemas: dict[str, Any]) -> None:
    document = without_words(openapi)
    paths, components = lines_of(document["paths"]), lines_of(document["components"]["schemas"])
    OPENAPI.parent.mkdir(exist_ok=True)
    OPENAPI.write_text(f'{{"paths": {paths},\n"components": {{"schemas": {components}}}}}\n')
    SCHEMAS.write_text(lines_of({name: without_words(schema) for name, schema in schemas.items()}) + "\n")


if __name__ == "__main__":
    write(openapi_of_now(), schemas_of_now())
