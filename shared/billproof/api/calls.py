"""An operation of the API that has a function of its own. Who may do what is the use case's to say."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from billproof.api.asked import fields_of, idempotency_key, known_caller, request_of
from billproof.api.problems import Problem, answered, json_response
from billproof.approvals.model import Answer, Refusal
from billproof.callers import Caller, Identity
from billproof.composition import Composition, composition
from billproof.errors import NotAllowed
from billproof.handlers import append_names, instrumented, log_result

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    Event = dict[str, Any]
    Response = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApiCall[M: BaseModel]:
    """A request and who makes it."""

    request: M
    caller: Identity
    idempotency_key: str


def api_call[M: BaseModel](
    model: type[M], *, name: str
) -> Callable[[Callable[[ApiCall[M], Composition], BaseModel]], Callable[..., Response]]:
    """Make a Lambda handler of an operation of the API: read who calls and what is asked, call, answer.

    The names in the route's path are fields of the model, as those of the body are.
    """

    def decorate(operation: Callable[[ApiCall[M], Composition], BaseModel]) -> Callable[..., Response]:
        @functools.wraps(operation)
        def handler(event: Event, context: LambdaContext, ports: Composition | None = None) -> Response:
            def work() -> Response:
                caller = known_caller(event)
                _refuse_limited(caller)
                key = idempotency_key(event)
                call = ApiCall(request_of(model, fields_of(event)), caller.identity, key)
                append_names(call.request)
                document = operation(call, ports or composition()).model_dump(mode="json")
                log_result(name, document)
                return json_response(HTTPStatus.OK, document, {"content-type": "application/json"})

            return answered(name, context.aws_request_id, work)

        handler.__dict__["asks"] = model
        return instrumented(handler)

    return decorate


def _refuse_limited(caller: Caller) -> None:
    """Raise where a token is limited to scopes of ours: no scope is for what only a person does."""
    if caller.scopes:
        message = f"this token is for {', '.join(sorted(caller.scopes))} only, and not for what a person does"
        raise NotAllowed(message)


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
