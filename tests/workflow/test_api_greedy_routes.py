"""One route of API Gateway for all that is read of operations: the function finds which of its own was called."""

from typing import Any

import pytest

from billproof.api.greedy import GREEDY, named_route, names_in
from tests.support.api_events import route_event
from tests.support.expanded import of_type
from tests.support.invoking import handler

READS: list[str] = list(handler("api_operations").__dict__["routes"])


def called(path: str, method: str = "GET") -> dict[str, Any]:
    """The event of a call of the greedy route; API Gateway unescapes what it names `proxy`."""
    return route_event(f"{method} /v1/{GREEDY}", "ana", proxy=path)


@pytest.mark.parametrize("key", READS)
def test_every_route_is_found_by_its_path_with_the_names_in_it(key: str) -> None:
    path = key.removeprefix("GET /v1/")
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    values = {name: f"skymeter-inc.2013-01.a%3Ab_{number}" for number, name in enumerate(names)}
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    found = named_route(called(path), READS)
    assert (found["routeKey"], found["pathParameters"]) == (key, values or None)


def test_no_path_is_of_two_routes() -> None:
    parts = [key.removeprefix("GET ").split("/") for key in READS]
    for key in READS:
        fits = [other for other in parts if names_in(key.removeprefix("GET "), other) is not None]
        assert fits == [key.removeprefix("GET ").split("/")], key


NO_ROUTES = ("", "nothing", "runs/", "runs//statement", "runs/a/b/c", "exceptions/a/document/b", "/runs")


@pytest.mark.parametrize("path", NO_ROUTES)
def test_a_path_of_no_route_stays_what_it_is(path: str) -> None:
    event = called(path)
    assert named_route(event, READS) == event


def test_another_method_finds_nothing_and_another_event_stays_as_it_is() -> None:
    assert named_route(called("runs", "POST"), READS)["routeKey"] == f"POST /v1/{GREEDY}"
    for event in ({}, {"routeKey": "GET /v1/runs"}, {"routeKey": None}, {**called("runs"), "pathParameters": "x"}):
        assert named_route(event, READS) == event


def test_the_stack_has_one_greedy_route_for_each_api_and_it_reads() -> None:
    keys = [str(route["RouteKey"]) for route in of_type("AWS::ApiGatewayV2::Route").values()]
    assert [key for key in keys if GREEDY in key] == [f"GET /v1/{GREEDY}"] * 2
    assert {key.partition(" ")[0] for key in READS} == {"GET"}
