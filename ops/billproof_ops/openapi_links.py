"""Where an answer of the API leads on: links of the OpenAPI document, from what routes ask for and models answer.

An answer or a request that names a thing (a run, an invoice, an endpoint) leads to the routes whose paths end in that
thing, where all else that they must be told is named, too. A list leads to its next page.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from pydantic import BaseModel

from billproof.api.routes import Attachment

_IN_PATH = re.compile(r"\{([a-z_]+)\}")
_COLLECTIONS = {
    "runs": "run",
    "invoices": "invoice",
    "credit-notes": "credit_note",
    "exceptions": "exception",
    "incidents": "incident",
    "receipts": "receipt",
    "disputes": "dispute",
    "refused-events": "event",
    "webhook-endpoints": "endpoint",
    "accounts": "account",
    "contracts": "contract",
    "legal-entities": "legal_entity",
    "policies": "policy",
    "meters": "meter",
    "exchange-rates": "exchange_rate",
    "crm-mappings": "crm_mapping",
    "crm-states": "crm_state",
    "crosswalks": "crosswalk",
    "usage-events": "usage_event",
}
"""What one thing of a collection is called."""
_DOCUMENTS = frozenset({"invoice", "credit_note"})
_OWNERS = frozenset({"legal_entity", "account"})
"""Whose something is: whoever looks at it is led on to read about them, and not to change them."""
_MEANINGS = {
    ("runs", "run_id"): "run",
    ("disputes", "number"): "invoice",
    ("accounts", "number"): "invoice",
    ("usage-events", "number"): "invoice",
    ("usage-events", "receipt"): "receipt_of_usage",
    ("policies", "legal_entity"): "policy",
}
"""What a field means in the routes of a collection, where its name says something else: policies have the ids of their
legal entities."""
_LISTS = frozenset({"items", "endpoints", "invoices"})
"""Lists whose members are things of the API."""
_PLAIN = frozenset({"string", "integer"})
_NULL = {"type": "null"}
_MOST_STEPS = 4
"""An answer is read down to a field of a thing of a list: /items/0/opened/id."""
_BY_HAND = {
    "POST /v1/usage-events": {
        "GET /v1/usage-events": {
            name: f"$request.body#/{field}"
            for name, field in (("account", "subject"), ("source", "source"), ("id", "id"), ("time", "time"))
        }
    }
}
"""Events have no model: an answer repeats the source and the id of each, and not when it was."""


class Linked(Protocol):
    """What links are made of: a route, what it asks for and what it answers."""

    @property
    def key(self) -> str:
        """The method and the path."""

    @property
    def path(self) -> str:
        """The path, with names in braces."""

    @property
    def asks(self) -> type[BaseModel] | None:
        """What it reads, or None for events."""

    @property
    def returns(self) -> tuple[type[BaseModel], ...]:
        """The models of which it answers one."""


def links_of[R: Linked](route: R, routes: list[R], operations: Mapping[str, str]) -> dict[str, Any]:
    """Return the links of a route's answer by the operation that each leads to; `operations` has those by route key."""
    named = dict(_in_body(route)) | dict(_answered(route))
    parameters = dict(_BY_HAND.get(route.key, {}))
    for other in routes:
        wanted = _wanted(other)
        places = _own(route) | named
        if wanted and _leads(route, other, named) and set(wanted.values()) <= places.keys():
            parameters[other.key] = {name: places[thing] for name, thing in wanted.items()}
    links = {operations[key]: {"operationId": operations[key], "parameters": parameters[key]} for key in parameters}
    return links | _next_page(route, operations)


def _leads(route: Linked, other: Linked, named: Mapping[str, str]) -> bool:
    """Say whether what a route names leads to another one, or to itself again: what is decided may be told twice."""
    in_path = _IN_PATH.findall(other.path)
    if not in_path or (other is route and not route.key.startswith("POST ")):
        return False
    thing = _meaning(in_path[-1], other.path) if in_path[-1] != "version" else _COLLECTIONS[_collection(other.path)]
    is_read = other.key.startswith("GET ")
    return thing in named and (is_read or thing not in _OWNERS or _collection(other.path) == _collection(route.path))


def _collection(path: str) -> str:
    """Return the innermost collection that a path leads into: an account's contracts, not accounts."""
    parts = [part.partition(":")[0] for part in path.split("/")[2:]]
    return next((part for part in reversed(parts) if part in _COLLECTIONS), parts[0])


def _meaning(name: str, path: str) -> str:
    """Return what a name in a path, a request or an answer means in the routes of its collection."""
    collection = _collection(path)
    one = _COLLECTIONS.get(collection, collection)
    if name == "id" or (name in {"number", "invoice"} and one in _DOCUMENTS):
        return one
    if name == "document" and f"{{{name}}}" in path:  # that of an answer is one that is asked for, and not there yet
        return one
    if name == "version":
        return f"version of {one}"
    return _MEANINGS.get((collection, name), name)


def _wanted(route: Linked) -> dict[str, str]:
    """Return the parameters that a route must be told, with what each means."""
    in_path = _IN_PATH.findall(route.path)
    fields = route.asks.model_fields if route.asks is not None and route.key.startswith(("GET ", "DELETE ")) else {}
    in_query = [name for name, field in fields.items() if field.is_required() and name not in in_path]
    return {name: _meaning(name, route.path) for name in [*in_query, *in_path]}


def _own(route: Linked) -> dict[str, str]:
    """Return what the path of a request named, with the expression of each."""
    return {_meaning(name, route.path): f"$request.path.{name}" for name in _IN_PATH.findall(route.path)}


def _in_body(route: Linked) -> Iterator[tuple[str, str]]:
    """Yield what the body of a request must name, with the expression of each."""
    if route.asks is None or route.key.startswith(("GET ", "DELETE ")):
        return
    schema = route.asks.model_json_schema()
    for name in schema.get("required", ()):
        if schema["properties"][name].get("type") in _PLAIN and name not in _IN_PATH.findall(route.path):
            yield name, f"$request.body#/{name}"


def _answered(route: Linked) -> Iterator[tuple[str, str]]:
    """Yield what an answer names, with the expression of each; what is always there, and further out, comes last."""
    for model in route.returns:
        if model is not Attachment:
            schema = model.model_json_schema(mode="serialization")
            for _, _, place in sorted(_places(schema, schema.get("$defs", {}))):
                yield _meaning(place.rpartition("/")[2], route.path), f"$response.body#{place}"


def _places(schema: Mapping[str, Any], models: Mapping[str, Any], above: str = "") -> Iterator[tuple[bool, int, str]]:
    """Yield whether a plain value is always there, how far out it stands, and where."""
    for name, field in schema.get("properties", {}).items():
        place, steps = f"{above}/{name}", above.count("/") + 1
        if any(option.get("type") in _PLAIN for option in (field, *field.get("anyOf", ()))):
            yield _NULL not in field.get("anyOf", ()), -steps, place
        of_list = field.get("items", {}) if name in _LISTS and not above else {}
        for part, reference in ((place, field.get("$ref")), (f"{place}/0", of_list.get("$ref"))):
            if reference and steps < _MOST_STEPS:
                yield from _places(models[reference.rpartition("/")[2]], models, part)


def _next_page(route: Linked, operations: Mapping[str, str]) -> dict[str, Any]:
    if route.asks is None or "cursor" not in route.asks.model_fields:
        return {}
    in_path = {name: f"$request.path.{name}" for name in _IN_PATH.findall(route.path)}
    in_query = {
        name: f"$request.query.{name}" for name in route.asks.model_fields if name not in {*in_path, "cursor", "limit"}
    }
    parameters = {**in_path, **in_query, "cursor": "$response.body#/next"}
    return {"next": {"operationId": operations[route.key], "parameters": parameters}}
