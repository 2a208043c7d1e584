"""Examples in the OpenAPI document are what its schemas take, and its links lead to parameters of routes."""

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from billproof_ops import openapi
from billproof_ops.openapi_examples import LINKS

DOCUMENT: dict[str, Any] = json.loads(openapi.FILE.read_text())


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def check(schema: dict[str, Any], value: Any) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def test_every_required_parameter_has_an_example_that_it_takes() -> None:
    for key, operation in operations():
        for parameter in operation["parameters"]:
            assert not parameter["required"] or "example" in parameter, (key, parameter["name"])
            if "example" in parameter:
                check(parameter["schema"], parameter["example"])


def test_every_body_has_an_example_that_it_takes() -> None:
    for key, operation in operations():
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is not None and "usage-events" not in key:  # the schema of the event has them
            check(body["schema"], body["example"])


def test_every_link_leads_to_a_parameter_of_a_route() -> None:
    known = {operation["operationId"]: operation for _, operation in operations()}
    links = [
        link
        for key, operation in operations()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) == sum(map(len, LINKS.values()))
    for link in links:
        parameters = {parameter["name"] for parameter in known[link["operationId"]]["parameters"]}
        assert link["parameters"].keys() <= parameters
