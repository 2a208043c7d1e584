"""An operation of the API that has a function of its own. Who may do what is the use case's to say."""

from __future__ import annotations

import functools
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from billproof.api.problems import Problem, answered
from billproof.api.routes import Route, RouteCall
from billproof.api.serving import RouteEvent, serve
from billproof.approvals.model import Answer, Refusal
from billproof.composition import Composition, composition
from billproof.handlers import instrumented

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Response = dict[str, Any]


def api_call[M: BaseModel](
    model: type[M], *, name: str, beside: Mapping[str, Route[Any]] = MappingProxyType({})
) -> Callable[[Callable[[RouteCall[M], Composition], BaseModel]], Callable[..., Response]]:
    """Make a Lambda handler of an operation of the API: read who calls and what is asked, call, answer.

    The names in the route's path are fields of the model, as those of the body are. `beside` are routes, by their keys,
    that need the same rights and are answered by the same function: a route costs fewer resources than a function.
    """

    def decorate(operation: Callable[[RouteCall[M], Composition], BaseModel]) -> Callable[..., Response]:
        route = Route(model, None, operation)

        @functools.wraps(operation)
        def handler(event: dict[str, Any], context: Any, ports: Composition | None = None) -> Response:
            headers: dict[str, str] = {}

            def work() -> Response:
                called = event.get("routeKey") if isinstance(event, dict) else None
                return serve(
                    beside.get(str(called), route), RouteEvent(name, event, context, ports or composition(), headers)
                )

            return answered(name, context.aws_request_id, work, headers)

        handler.__dict__["asks"] = model
        handler.__dict__["routes"] = beside
        return instrumented(handler)

    return decorate


REFUSED = {
    Refusal.ALREADY_DECIDED: HTTPStatus.CONFLICT,
    Refusal.NOTHING_TO_RELEASE: HTTPStatus.CONFLICT,
    Refusal.NO_REASON: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""How a refusal is answered; what another person may decide is forbidden to this one."""


def refuse(answer: Answer) -> Answer:
    """Return an answer of a decision that was taken; raises Problem, with the answer in it, for one that was not."""
    if answer.refusal is None:
        return answer
    status = REFUSED.get(answer.refusal, HTTPStatus.FORBIDDEN)
    raise Problem(status, answer.refusal.value, answer.message, answer=answer.model_dump(mode="json"))
