"""What programs rely on stays: the API and the schemas are held to those of the last release."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import released
from tests.support.compatibility import Comparison

Document = dict[str, Any]
LAST_API: Document = json.loads(released.OPENAPI.read_text())
LAST_SCHEMAS: Document = json.loads(released.SCHEMAS.read_text())


def test_the_api_takes_nothing_away() -> None:
    assert list(Comparison(LAST_API, released.openapi_of_now()).routes()) == []


@pytest.mark.parametrize("name", LAST_SCHEMAS)
@pytest.mark.parametrize("is_sent", [True, False], ids=["sent", "answered"])
def test_no_schema_takes_anything_away(name: str, *, is_sent: bool) -> None:
    old, new = LAST_SCHEMAS[name], released.schemas_of_now()[name]
    assert list(Comparison(old, new).schema(name, old, new, is_sent=is_sent)) == []


def part_of(document: Document, *path: str) -> Any:
    part: Any = document
    for step in path:
        part = part[step]
    return part


RUNS = ("paths", "/v1/runs", "post")
RUN_BODY = (*RUNS, "requestBody", "content", "application/json", "schema")
SCHEMAS = ("components", "schemas")


def drop(*path: str) -> Callable[[Document], None]:
    return lambda document: part_of(document, *path[:-1]).pop(path[-1])


def put(value: Any, *path: str) -> Callable[[Document], None]:
    return lambda document: part_of(document, *path[:-1]).update({path[-1]: value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (drop("paths", "/v1/runs"), "POST /v1/runs: gone"),
        (drop(*RUNS, "responses", "409"), "POST /v1/runs 409: gone"),
        (drop(*RUN_BODY, "properties", "only_accounts"), "POST /v1/runs body.only_accounts: gone"),
        (put(["legal_entity", "period", "only_accounts"], *RUN_BODY, "required"), "body.only_accounts: is required"),
        (put("^x$", *RUN_BODY, "properties", "legal_entity", "pattern"), "body.legal_entity: pattern is ^x$"),
        (put(1, *RUN_BODY, "properties", "legal_entity", "maxLength"), "body.legal_entity: maxLength is 1"),
        (put({"type": "integer"}, *RUN_BODY, "properties", "period"), "body.period: (('string',), None) is gone"),
        (drop(*SCHEMAS, "StartedRun", "properties", "run_id"), "POST /v1/runs 200.run_id: gone"),
        (put(["run_id"], *SCHEMAS, "StartedRun", "required"), "POST /v1/runs 200.period: may be missing"),
        (
            put({"anyOf": [{"type": "string"}, {"type": "null"}]}, *SCHEMAS, "StartedRun", "properties", "run_id"),
            "POST /v1/runs 200.run_id: may be null",
        ),
        (
            put(["accepted"], *SCHEMAS, "EventState", "enum"),
            "POST /v1/usage-events 202.events[].state: value refused is gone",
        ),
        (drop(*SCHEMAS, "Problem", "properties", "code"), "POST /v1/runs 404.code: gone"),
        (
            drop("paths", "/v1/usage-events", "post", "requestBody", "content", "application/x-ndjson"),
            "POST /v1/usage-events body: application/x-ndjson is gone",
        ),
    ],
)
def test_what_breaks_a_program_is_found(change: Callable[[Document], None], said: str) -> None:
    document = copy.deepcopy(LAST_API)
    change(document)
    assert any(said in line for line in Comparison(LAST_API, document).routes())


def test_what_is_new_beside_it_breaks_nothing() -> None:
    document = copy.deepcopy(LAST_API)
    put({"type": "string"}, *RUN_BODY, "properties", "note")(document)
    put({"type": "string"}, *SCHEMAS, "StartedRun", "properties", "note")(document)
    put({"type": ["string"]}, "paths", "/v1/new")(document)
    part_of(document, *SCHEMAS, "EventState", "enum").append("postponed")
    assert list(Comparison(LAST_API, document).routes()) == []
