"""What every function behind the HTTP API needs: who calls, what is asked, and errors as problem documents (RFC 9457).

API Gateway -> event with an authorizer's context -> identity, request -> use case -> JSON, or application/problem+json

The identity is the one that the authorizer of the route made sure of. An event without one comes from no route: whoever
invokes such a function directly is refused (401). Who may do what is the use case's to say.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from billproof.approvals.model import Answer, Refusal
from billproof.callers import IAM, Identity
from billproof.composition import Composition, composition
from billproof.errors import BillproofError, Conflict, InvalidInput, NotAllowed, NotFound
from billproof.handlers import append_names, count, instrumented, log_failure, log_result
from billproof.model import what_is_wrong
from billproof.names import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    Event = dict[str, Any]
    Response = dict[str, Any]

COGNITO = "cognito-identity.amazonaws.com"
"""The issuer of identities of a Cognito identity pool: its callers share one role and one session name."""
MOST_BYTES = 1_000_000
"""Bytes of the largest body."""
MOST_KEY_LETTERS = 200
RETRY_SECONDS = 2


@dataclass(frozen=True, slots=True)
class ApiCall[M: BaseModel]:
    """A request and who makes it."""

    request: M
    caller: Identity
    idempotency_key: str


class Problem(Exception):
    """What is answered instead of a result: an HTTP status, a stable code and what is wrong."""

    def __init__(self, status: HTTPStatus, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.more = more

    def response(self, request_id: str) -> Response:
        """Return it as API Gateway takes it."""
        document = {
            "type": f"urn:billproof:problem:{self.code}",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
            **self.more,
        }
        retry = {"retry-after": str(RETRY_SECONDS)} if self.status is HTTPStatus.SERVICE_UNAVAILABLE else {}
        return _response(self.status, document, {"content-type": "application/problem+json", **retry})


def api_call[M: BaseModel](
    model: type[M], *, name: str
) -> Callable[[Callable[[ApiCall[M], Composition], BaseModel]], Callable[..., Response]]:
    """Make a Lambda handler of an operation of the API: read who calls and what is asked, call, answer.

    The names in the route's path are fields of the model, as those of the body are.
    """

    def decorate(operation: Callable[[ApiCall[M], Composition], BaseModel]) -> Callable[..., Response]:
        @functools.wraps(operation)
        def handler(event: Event, context: LambdaContext, ports: Composition | None = None) -> Response:
            try:
                call = _read(event, model)
                append_names(call.request)
                result = operation(call, ports or composition())
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller is answered and it is logged
                problem = _problem(error)
                if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    count("ApiErrors", 1)
                is_ours = problem.status is HTTPStatus.INTERNAL_SERVER_ERROR
                log_failure(name, error, traceback=is_ours, code=problem.code, status=problem.status.value)
                return problem.response(context.aws_request_id)
            document = result.model_dump(mode="json")
            log_result(name, document)
            return _response(HTTPStatus.OK, document, {"content-type": "application/json"})

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


def caller_of(event: Mapping[str, Any]) -> Identity | None:
    """Return the identity that the authorizer of a route made sure of, or None."""
    try:
        authorizer = event["requestContext"]["authorizer"]
        if "jwt" in authorizer:
            claims = authorizer["jwt"]["claims"]
            return Identity(issuer=claims["iss"], subject=claims["sub"])
        signer = authorizer["iam"]
        if signer.get("cognitoIdentity"):
            return Identity(issuer=COGNITO, subject=signer["cognitoIdentity"]["identityId"])
        return Identity(issuer=IAM, subject=signer["userArn"])
    except (AttributeError, KeyError, TypeError, ValidationError):
        return None


def _read[M: BaseModel](event: Event, model: type[M]) -> ApiCall[M]:
    """Read who calls and what is asked; raises Problem."""
    caller = caller_of(event) if isinstance(event, dict) else None
    if caller is None:
        detail = "no authorizer says who calls: use the API, with a signature of AWS or a token"
        raise Problem(HTTPStatus.UNAUTHORIZED, "no_caller", detail)
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    key = headers.get("idempotency-key", "")
    if len(key) > MOST_KEY_LETTERS or not key.isascii() or not key.isprintable():
        detail = f"an Idempotency-Key is at most {MOST_KEY_LETTERS} printable letters of ASCII"
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail)
    fields = _body(event) | (event.get("pathParameters") or {})
    try:
        request = model.model_validate(fields, context=PUBLISHED)
    except ValidationError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", what_is_wrong(error)) from None
    return ApiCall(request=request, caller=caller, idempotency_key=key)


def _body(event: Event) -> dict[str, Any]:
    text = event.get("body") or "{}"
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text, validate=True).decode()
        if len(text) > MOST_BYTES:
            detail = f"the body is larger than {MOST_BYTES:,} bytes"
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "invalid_input", detail)
        fields = json.loads(text)
    except (binascii.Error, TypeError, ValueError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "the body is not JSON") from None
    if not isinstance(fields, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "the body is not a JSON object")
    return fields


def _problem(error: Exception) -> Problem:
    """Return what an error is answered as."""
    if isinstance(error, Problem):
        return error
    if not isinstance(error, BillproofError):
        detail = "this is an error of billproof: its log has the request_id"
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)
    statuses: tuple[tuple[type[BillproofError], HTTPStatus], ...] = (
        (NotAllowed, HTTPStatus.FORBIDDEN),
        (NotFound, HTTPStatus.NOT_FOUND),
        (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
        (Conflict, HTTPStatus.CONFLICT),
    )
    status = next((status for kind, status in statuses if isinstance(error, kind)), HTTPStatus.CONFLICT)
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE if error.retryable else status, error.code, str(error))


def _response(status: HTTPStatus, document: dict[str, Any], headers: dict[str, str]) -> Response:
    return {"statusCode": status.value, "headers": headers, "body": json.dumps(document)}
