"""Examples in the OpenAPI document are what its schemas take, and its links lead to parameters of routes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from billproof_ops import openapi

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


def links() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every link with the operation that it leads from, and the status of the answer that has it."""
    for _, operation in operations():
        for status, answer in operation["responses"].items():
            yield from ((operation["operationId"], status, link) for link in answer.get("links", {}).values())


BY_ID = {operation["operationId"]: operation for _, operation in operations()}


def test_every_link_leads_to_all_that_a_route_must_be_told() -> None:
    for _, _, link in links():
        parameters = BY_ID[link["operationId"]]["parameters"]
        assert {part["name"] for part in parameters if part["required"]} <= link["parameters"].keys()
        assert link["parameters"].keys() <= {part["name"] for part in parameters}


def test_what_a_link_takes_is_in_the_answer_or_the_request_that_it_leads_from() -> None:
    for name, status, link in links():
        operation = BY_ID[name]
        for expression in link["parameters"].values():
            place, _, rest = expression.partition("#")
            if place in {"$response.body", "$request.body"}:
                content = operation["responses"][status] if place == "$response.body" else operation["requestBody"]
                assert stands(content["content"]["application/json"]["schema"], rest.split("/")[1:]), (name, link)
            else:
                _, where, parameter = place.split(".")
                assert (parameter, where) in {(part["name"], part["in"]) for part in operation["parameters"]}


def stands(schema: dict[str, Any], steps: list[str]) -> bool:
    """Say whether a plain value stands where a pointer leads, in one of the ways that a schema may be met."""
    if "$ref" in schema:
        return stands(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], steps)
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if not steps:
        return schema.get("type") in {"string", "integer"} or any(stands(option, steps) for option in options)
    below = schema.get("items", {}) if steps[0] == "0" else schema.get("properties", {}).get(steps[0])
    return (below is not None and stands(below, steps[1:])) or any(stands(option, steps) for option in options)


@pytest.mark.parametrize(
    ("name", "leads_to", "parameters"),
    [
        ("listRuns", "showStatement", {"run": "$response.body#/items/0/run"}),
        ("requestRun", "showRun", {"run": "$response.body#/run_id"}),
        ("listExceptions", "decideException", {"exception": "$response.body#/items/0/opened/id"}),
        ("requestCredit", "decideException", {"exception": "$response.body#/exception"}),
        (
            "disputeInvoice",
            "resolveDispute",
            {"account": "$response.body#/account", "dispute": "$response.body#/dispute"},
        ),
        ("disputeInvoice", "showInvoice", {"document": "$response.body#/number"}),
        ("decideReceipt", "decideReceipt", {"receipt": "$response.body#/receipt"}),
        ("publishContract", "listContractVersions", {"account": "$request.body#/account"}),
        (
            "listContractTerms",
            "publishContract",
            {"id": "$response.body#/items/0/data/id", "version": "$response.body#/items/0/data/version"},
        ),
        ("listAccountVersions", "showUsage", {"account": "$response.body#/items/0/data/id"}),
        (
            "publishPolicy",
            "confirmPolicy",
            {"legal_entity": "$response.body#/legal_entity", "version": "$response.body#/version"},
        ),
        ("removeWebhook", "showWebhook", {"endpoint": "$response.body#/id"}),
        ("listFindings", "listFindings", {"run": "$request.path.run", "cursor": "$response.body#/next"}),
    ],
)
def test_an_answer_leads_on(name: str, leads_to: str, parameters: dict[str, str]) -> None:
    found = [
        link["parameters"] for leads_from, _, link in links() if (leads_from, link["operationId"]) == (name, leads_to)
    ]
    assert parameters in found


def test_links_lead_to_every_route_of_a_thing_that_an_answer_names() -> None:
    """No answer names a version of what the one publishes, which the CRM numbers."""
    led_to = {link["operationId"] for _, _, link in links()}
    of_things = {operation["operationId"] for key, operation in operations() if "{" in key}
    assert of_things - led_to == {"publishCrmState"}


def test_only_what_is_nothing_of_its_own_leads_nowhere() -> None:
    """Files, proofs and what is worked out for a question name nothing to go on with."""
    lead = {name for name, _, _ in links()}
    assert {name for name in BY_ID if name not in lead} == {
        *(
            "invoicePdf",
            "creditNotePdf",
            "customerDocument",
            "proveInvoice",
            "proveCreditNote",
            "quotePrice",
            "checkUsage",
            "draftPdf",
        ),
        *("describeApi", "describeEvents", "showCaller", "listWebhookDeliveries", "replayEvents"),
        *("listDeadQueues", "listIntegrations", "noteException"),
    }
