"""The routes of one audience, one function together: API Gateway has matched the route and says which it is."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from billproof.api.asked import known_caller
from billproof.api.greedy import named_route
from billproof.api.problems import Problem, answered
from billproof.api.serving import RouteEvent, serve
from billproof.composition import Composition, composition
from billproof.handlers import instrumented

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from billproof.api.routes import Route


def audience(name: str, routes: Mapping[str, Route[Any]]) -> Callable[..., dict[str, Any]]:
    """Make a Lambda handler of the routes of an audience, each under its route key, such as `POST /v1/runs`."""

    def handler(event: dict[str, Any], context: Any, ports: Composition | None = None) -> dict[str, Any]:
        headers: dict[str, str] = {}

        def work() -> dict[str, Any]:
            called = named_route(event, routes) if isinstance(event, dict) else {}
            route = routes.get(str(called.get("routeKey")))
            if route is None:
                known_caller(event)  # nobody is told which routes there are
                raise Problem(HTTPStatus.NOT_FOUND, "no_such_route", "the function has no such route")
            return serve(route, RouteEvent(name, called, context, ports or composition(), headers))

        return answered(name, context.aws_request_id, work, headers)

    handler.__dict__["routes"] = routes
    return instrumented(handler)
