"""Sparse fields: `?fields=number,gross` answers with those only, of a document or of each item of a list."""

from http import HTTPStatus
from typing import Any

from billproof.api.problems import Problem


def selected(document: dict[str, Any], wanted: Any) -> dict[str, Any]:
    """Return a document with some of its fields; raises Problem (400) for a name that none of them has.

    The body of a GET, which nobody has to send, may hold anything in place of names.
    """
    if wanted is None:
        return document
    if not isinstance(wanted, str):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "fields: names with commas between them")
    names = [name.strip() for name in wanted.split(",")]
    if "items" not in document:
        return _some(document, names)
    return {**document, "items": [_some(item, names) for item in document["items"]]}


def _some(document: dict[str, Any], names: list[str]) -> dict[str, Any]:
    if not document.keys() >= set(names):
        detail = f"fields: names of {', '.join(document)}, with commas between them"
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail)
    return {name: document[name] for name in names}
