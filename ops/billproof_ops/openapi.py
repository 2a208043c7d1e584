"""`make schemas`: the OpenAPI document of the HTTP API, generated from the template's routes and the functions' models.

Route keys of template.yaml -> the function behind each -> what it reads and returns -> openapi.json

The layer holds the document, and the API answers with it.
"""

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from types import UnionType
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from billproof.api.asked import MOST_KEY_LETTERS
from billproof.api.contract_routes import KINDS, SentVersion
from billproof.api.description_routes import OPENAPI
from billproof.api.routes import Attachment, Route
from billproof.masterdata.model import AnyMasterData
from billproof.usage.receiving import BATCH, CONTENT_TYPES, LINES
from billproof.usage.validation import MAX_EVENTS_PER_MESSAGE
from billproof_ops import openapi_errors, openapi_examples, openapi_headers
from billproof_ops.describing import DescribedSchemas
from billproof_ops.openapi_errors import GATEWAY_MESSAGE, PROBLEM
from billproof_ops.openapi_headers import headers_of_result
from billproof_ops.openapi_links import links_of
from billproof_ops.paths import ROOT
from billproof_ops.template import read_template
from billproof_ops.usage_event_schema import usage_event

FILE = OPENAPI
_REFERENCE = "#/components/schemas/{model}"
_IN_PATH = re.compile(r"\{([a-z_]+)\}")


def _of_every_call(name: str, place: str, description: str, **schema: Any) -> dict[str, Any]:
    """Return a parameter that many routes have, whatever they read."""
    schema = {"type": "string", **schema}
    return {"name": name, "in": place, "required": False, "schema": schema, "description": description}


_IDEMPOTENCY = _of_every_call(
    "Idempotency-Key",
    "header",
    "The same key with the same request is answered as it was.",
    maxLength=MOST_KEY_LETTERS,
)
_FIELDS = _of_every_call(
    "fields",
    "query",
    "Names of fields with commas between them: only those are answered, of a list those of each item.",
)
_IF_NONE_MATCH = _of_every_call(
    "If-None-Match", "header", "The ETag of an answer that the caller has: 304 where it is still that one."
)
_IF_MATCH = _of_every_call(
    "If-Match", "header", "The ETag of the version before this one: 412 where it is not the latest."
)
_CORRELATION = _of_every_call(
    "X-Correlation-Id",
    "header",
    "An id of the caller's own, which is logged and answered; what does not look like one is left out.",
)


@dataclass(frozen=True, slots=True)
class Described:
    """A route: its key, what it reads, what it returns, and what it asks of its caller."""

    key: str
    name: str
    summary: str
    asks: type[BaseModel] | None
    returns: tuple[type[BaseModel], ...]
    status: HTTPStatus = HTTPStatus.OK
    scope: str | None = None
    is_of_every_caller: bool = False
    is_deprecated: bool = False

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.key.split()[0].lower()

    @property
    def path(self) -> str:
        """The path, with names in braces."""
        return self.key.split()[1]


def described() -> Iterator[Described]:
    """Yield every route of the API, in the order of their names in template.yaml."""
    functions = {camel(path.parent.name): path.parent.name for path in ROOT.glob("functions/*/app.py")}
    modules = {name: importlib.import_module(f"functions.{function}.app") for name, function in functions.items()}
    handlers = {name: module.handler for name, module in modules.items()}
    shared = {key: route for handler in handlers.values() for key, route in handler.__dict__.get("routes", {}).items()}
    for name, route in read_template()["Mappings"]["Routes"].items():
        key = route["Key"]
        yield _of_route(key, name, shared[key]) if key in shared else _of_function(key, name, handlers[name])


def camel(name: str) -> str:
    """Return the name of a function as the template writes it."""
    return "".join(part.capitalize() for part in name.split("_"))


def _of_function(key: str, name: str, handler: Any) -> Described:
    returned = _returned(inspect.unwrap(handler))
    return Described(key, name, inspect.getdoc(handler) or "", handler.__dict__["asks"], returned)


def _of_route(key: str, name: str, route: Route[Any]) -> Described:
    sends_events = {"content_type", "body"} <= route.model.model_fields.keys()
    return Described(
        key=key,
        name=name,
        summary=inspect.getdoc(route.operation) or "",
        asks=None if sends_events else _sent_version(key) if route.model is SentVersion else route.model,
        returns=_returned(route.operation),
        status=route.status,
        scope=route.scope.value if route.scope else None,
        is_of_every_caller=route.is_of_every_caller,
        is_deprecated=route.deprecation is not None,
    )


def _returned(operation: Any) -> tuple[type[BaseModel], ...]:
    """Return the models of which an operation returns one."""
    returned = get_type_hints(operation)["return"]
    return get_args(returned) if isinstance(returned, UnionType) else (returned,)


def _sent_version(key: str) -> type[BaseModel]:
    """Return the model of the master data that a route publishes; its kind, id and version are in the path."""
    kind = KINDS[key.split("/")[2]]
    models: tuple[type[BaseModel], ...] = get_args(AnyMasterData)
    return next(model for model in models if model.model_fields["kind"].default == kind)


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    routes = list(described())
    models = {model: "serialization" for route in routes for model in route.returns if model is not Attachment}
    requests: list[tuple[type[BaseModel], Any]] = [(route.asks, "validation") for route in routes if route.asks]
    pairs: list[tuple[type[BaseModel], Any]] = [*requests, *models.items()]
    names, schemas = models_json_schema(pairs, ref_template=_REFERENCE, schema_generator=DescribedSchemas)
    paths: dict[str, Any] = {}
    for route in routes:
        asks = schemas["$defs"][_name(names[route.asks, "validation"])] if route.asks else None
        returned = [names.get((model, "serialization"), {}) for model in route.returns]
        returns = returned[0] if len(returned) == 1 else {"anyOf": returned}
        paths.setdefault(route.path, {})[route.method] = _operation(route, asks, returns)
    _add_examples(routes, paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Billproof", "version": "1.0.0", "description": "docs/api.md explains it."},
        "security": [{"signature": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": {
                **schemas["$defs"],
                "Problem": PROBLEM,
                "GatewayMessage": GATEWAY_MESSAGE,
                "UsageEvent": usage_event(),
            },
            "headers": openapi_headers.components(),
            "responses": openapi_errors.components(),
            "securitySchemes": {
                "signature": {"type": "http", "scheme": "AWS4-HMAC-SHA256", "description": "AWS Signature Version 4."},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _name(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _operation(route: Described, asks: dict[str, Any] | None, returns: dict[str, Any]) -> dict[str, Any]:
    in_path = _IN_PATH.findall(route.path)
    is_file = route.returns == (Attachment,)
    file = {"application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}}
    content = file if is_file else {"application/json": {"schema": returns}}
    operation: dict[str, Any] = {
        "operationId": route.name[0].lower() + route.name[1:],
        "summary": route.summary.splitlines()[0],
        "parameters": [_parameter(name, "path", asks) for name in in_path],
        "responses": {str(route.status.value): {"description": route.status.phrase, "content": content}},
    }
    if route.scope:
        operation["x-scope"] = route.scope
    if route.is_deprecated:
        operation["deprecated"] = True
    if asks is None:
        operation["requestBody"] = {"required": True, "content": _events()}
    elif route.method in {"get", "delete"}:
        others = [name for name in asks["properties"] if name not in in_path]
        operation["parameters"] += [_parameter(name, "query", asks) for name in others]
        if route.method == "get" and not is_file:
            operation["parameters"] += [_FIELDS, _IF_NONE_MATCH]
            operation["responses"]["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    else:
        body = _body(asks, in_path)
        operation["parameters"].append(_IF_MATCH if route.method == "put" else _IDEMPOTENCY)
        operation["requestBody"] = {
            "required": bool(body["properties"]),
            "content": {"application/json": {"schema": body}},
        }
    operation["parameters"].append(_CORRELATION)
    headers = headers_of_result(is_read=route.method == "get", is_file=is_file, is_deprecated=route.is_deprecated)
    for answer in operation["responses"].values():
        answer["headers"] = headers
    operation["responses"] |= openapi_errors.references()
    return operation


def _add_examples(routes: list[Described], paths: dict[str, Any]) -> None:
    """Add values of real calls to the routes, and where the answer of one leads on."""
    names = {route.key: paths[route.path][route.method]["operationId"] for route in routes}
    for route in routes:
        operation = paths[route.path][route.method]
        for field in operation["parameters"]:
            value = openapi_examples.parameter(route.path, field["name"])
            if value is not None and (field["required"] or field["name"] in {"legal_entity", "period"}):
                field["example"] = value
        body = openapi_examples.body(route.method, route.path)
        if body is not None and "requestBody" in operation:
            operation["requestBody"]["content"]["application/json"]["example"] = body
        if links := links_of(route, routes, names):
            operation["responses"][str(route.status.value)]["links"] = links


def _parameter(name: str, place: str, asks: dict[str, Any] | None) -> dict[str, Any]:
    field = (asks or {}).get("properties", {}).get(name, {"type": "string"})
    required = place == "path" or name in (asks or {}).get("required", [])
    schema = {key: value for key, value in field.items() if key != "description"}
    return {
        "name": name,
        "in": place,
        "required": required,
        "description": field.get("description", ""),
        "schema": schema,
    }


def _body(asks: dict[str, Any], in_path: list[str]) -> dict[str, Any]:
    """Return the schema of a body: the fields that are not in the path, which says a version's kind, too."""
    in_path = [*in_path, "kind"] if {"id", "version"} <= set(in_path) else in_path
    properties = {name: field for name, field in asks["properties"].items() if name not in in_path}
    required = [name for name in asks.get("required", []) if name not in in_path]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _events() -> dict[str, Any]:
    one = {"$ref": "#/components/schemas/UsageEvent"}
    many = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_EVENTS_PER_MESSAGE}
    return {
        kind: {"schema": {"type": "string"} if kind == LINES else many if kind == BATCH else {"oneOf": [one, many]}}
        for kind in CONTENT_TYPES
    }


def text() -> str:
    """Return the document as the file holds it."""
    return json.dumps(document(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
