"""Every answer of every route has the headers that openapi.json describes, a problem document, too."""

import json

import pytest

from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.world import World
from tests.workflow.test_every_route import ALL, DOCUMENT, FUNCTIONS, PERSON, ROUTES, STRANGER, example, world

__all__ = ["world"]


def described_headers(key: str, status: int) -> set[str]:
    """The names of the headers that openapi.json says an answer of a route has."""
    method, path = key.split()
    answer = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return {name.lower() for name in answer["headers"]}


@pytest.mark.parametrize("key", ROUTES)
def test_every_answer_has_the_headers_that_are_described_a_problem_too(key: str, world: World) -> None:
    """What it may have beside them is its type, and what only some answers of its kind have."""
    for by in (None, ALL, PERSON, STRANGER):
        in_path, query, body = example(key)
        event = route_event(key, by, body=json.dumps(body) if body is not None else "", query=query or None, **in_path)
        event["headers"]["x-correlation-id"] = "order-7"
        response = handler(FUNCTIONS[key])(event, Context(), world)
        described = described_headers(key, response["statusCode"])
        assert response["headers"].keys() - {"content-type"} == described, (by, response["statusCode"])
        assert described >= {"x-request-id", "x-correlation-id"}
        assert (by is None) or described >= {"ratelimit", "ratelimit-policy"}
