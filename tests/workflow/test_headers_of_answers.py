"""Every answer of every route has the headers that openapi.json describes, a problem document, too."""

import json

import pytest

from tests.support.api_events import route_event
from tests.support.gateway import routes
from tests.support.invoking import Context, billed_world, handler
from tests.support.playing import played_once
from tests.support.route_examples import DOCUMENT, example
from tests.support.webhooks import webhook_ports
from tests.support.world import World

FUNCTIONS = {route.key: route.function for route in routes()}


@played_once
def played() -> World:
    return billed_world()


@pytest.fixture
def world() -> World:
    copy = played()
    copy.call_limits.burst = 1_000_000
    copy.__dict__.update(webhook_ports(copy))
    return copy


def described_headers(key: str, status: int) -> set[str]:
    """The names of the headers that openapi.json says an answer of a route has."""
    method, path = key.split()
    answer = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return {name.lower() for name in answer["headers"]}


@pytest.mark.parametrize("key", sorted(FUNCTIONS))
def test_every_answer_has_the_headers_that_are_described_a_problem_too(key: str, world: World) -> None:
    """What it may have beside them is its type, and what only some answers of its kind have."""
    for by in (None, "ana", "mallory"):
        in_path, query, body = example(key)
        event = route_event(key, by, body=json.dumps(body) if body is not None else "", query=query or None, **in_path)
        event["headers"]["x-correlation-id"] = "order-7"
        response = handler(FUNCTIONS[key])(event, Context(), world)
        described = described_headers(key, response["statusCode"])
        assert response["headers"].keys() - {"content-type"} == described, (by, response["statusCode"])
        assert described >= {"x-request-id", "x-correlation-id"}
        assert (by is None) or described >= {"ratelimit", "ratelimit-policy"}
