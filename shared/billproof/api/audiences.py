"""The routes of one audience, one function together: API Gateway has matched the route and says which it is.

event -> caller -> a token of its bucket -> the route's scope -> request -> use case -> answer

A caller without a grant for the scope is refused (403); what belongs to a legal entity without one is not there (404).
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from billproof.api.asked import fields_of, known_caller, request_of
from billproof.api.problems import Problem, answered, json_response
from billproof.composition import Composition, composition
from billproof.errors import NotFound
from billproof.handlers import append_names, instrumented, log_result
from billproof.ids import digest, is_name, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from billproof.access.scopes import Scope
    from billproof.access.service import Grant
    from billproof.callers import Caller
    from billproof.masterdata.parties import Account
    from billproof.ports import Allowance, CallLimits


@dataclass(frozen=True, slots=True)
class RouteCall[M: BaseModel]:
    """A request of a route, and for which legal entities its caller may make it."""

    request: M
    request_id: str
    caller: Caller
    grants: Mapping[str, Grant]

    def account(self, name: str, ports: Composition) -> Account:
        """Return an account of a legal entity that the caller may ask about; raises NotFound for every other."""
        account = ports.directory.account(name) if is_name(name) else None
        if account is None or account.legal_entity not in self.grants:
            message = f"there is no account {shown(name)}"
            raise NotFound(message)
        return account

    def legal_entity(self, name: str) -> str:
        """Return a legal entity that the caller may ask about; raises NotFound for every other."""
        if name not in self.grants:
            message = f"there is no legal entity {shown(name)}"
            raise NotFound(message)
        return name


@dataclass(frozen=True, slots=True)
class Route[M: BaseModel]:
    """A route: what it reads, the scope that it asks of its caller, and what it does."""

    model: type[M]
    scope: Scope
    operation: Callable[[RouteCall[M], Composition], BaseModel]
    status: HTTPStatus = HTTPStatus.OK
    reads: Callable[[dict[str, Any]], dict[str, Any]] = fields_of


def audience(name: str, routes: Mapping[str, Route[Any]]) -> Callable[..., dict[str, Any]]:
    """Make a Lambda handler of the routes of an audience, each under its route key, such as `POST /v1/runs`."""

    def handler(event: dict[str, Any], context: Any, ports: Composition | None = None) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            known, caller = ports or composition(), known_caller(event)
            headers = _take(caller, known.call_limits)
            route = routes.get(str(event.get("routeKey")))
            if route is None:
                raise Problem(HTTPStatus.NOT_FOUND, "no_such_route", "the function has no such route")
            return _answer(name, route, event, context.aws_request_id, caller, known, headers)

        return answered(name, context.aws_request_id, work)

    handler.__dict__["routes"] = routes
    return instrumented(handler)


def _answer(
    name: str,
    route: Route[Any],
    event: dict[str, Any],
    request_id: str,
    caller: Caller,
    ports: Composition,
    headers: dict[str, str],
) -> dict[str, Any]:
    grants = ports.access.grants(caller, route.scope)
    call = RouteCall(request_of(route.model, route.reads(event)), request_id, caller, grants)
    append_names(call.request)
    document = route.operation(call, ports).model_dump(mode="json")
    log_result(name, document)
    return json_response(route.status, document, {"content-type": "application/json", **headers})


def _take(caller: Caller, limits: CallLimits) -> dict[str, str]:
    """Count the call; return the headers that say what is left, raises Problem (429) where it is one too many."""
    allowance = limits.take(digest([caller.identity.issuer, caller.identity.subject])[:40])
    headers = _rate_headers(allowance, limits)
    if allowance.is_used_up:
        detail = f"this caller may make {limits.a_second} calls a second, and {limits.burst} at once"
        headers["retry-after"] = str(allowance.retry_seconds)
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_calls", detail, headers=headers)
    return headers


def _rate_headers(allowance: Allowance, limits: CallLimits) -> dict[str, str]:
    """Say how often the caller may call, and how often at once now (draft-ietf-httpapi-ratelimit-headers)."""
    window = -(-limits.burst // limits.a_second)
    return {
        "ratelimit-policy": f'"calls";q={limits.burst};w={window}',
        "ratelimit": f'"calls";r={allowance.left};t={allowance.retry_seconds}',
    }
