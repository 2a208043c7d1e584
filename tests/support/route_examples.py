"""The examples of openapi.json: for each route a request that it takes."""

import json
from typing import Any

from billproof_ops import openapi
from tests.support.world import flight

DOCUMENT: dict[str, Any] = json.loads(openapi.FILE.read_text())


def example(key: str) -> tuple[dict[str, str], dict[str, str], Any]:
    """The names in the path, the query and the body of a route's examples."""
    method, path = key.split()
    operation = DOCUMENT["paths"][path][method.lower()]
    named: dict[str, dict[str, str]] = {place: {} for place in ("path", "query", "header")}
    for part in operation["parameters"]:
        if "example" in part:
            named[part["in"]][part["name"]] = str(part["example"])
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return named["path"], named["query"], content.get("example", flight(7) if content else None)
