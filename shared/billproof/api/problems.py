"""Errors as problem documents (RFC 9457): a status, a stable code, and what is wrong."""

from __future__ import annotations

import json
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from billproof.errors import (
    BillproofError,
    Conflict,
    InternalError,
    InvalidInput,
    NotAllowed,
    NotFound,
    ObjectUnreadable,
    UnbalancedEntry,
    UndeterminedTax,
    UnpriceableCharge,
)
from billproof.handlers import count, log_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Response = dict[str, Any]

RETRY_SECONDS = 2
_STATUSES: tuple[tuple[type[BillproofError], HTTPStatus], ...] = (
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Conflict, HTTPStatus.CONFLICT),
    (UnpriceableCharge, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UndeterminedTax, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InternalError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (ObjectUnreadable, HTTPStatus.INTERNAL_SERVER_ERROR),
    (UnbalancedEntry, HTTPStatus.INTERNAL_SERVER_ERROR),
)
"""What an error is answered with; any other of ours is a conflict with how things are."""


class Problem(Exception):
    """What is answered instead of a result: an HTTP status, a stable code and what is wrong."""

    def __init__(
        self, status: HTTPStatus, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
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
        headers = {"content-type": "application/problem+json", **retry, **self.headers}
        return json_response(self.status, document, headers)


def answered(
    name: str, request_id: str, work: Callable[[], Response], headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Return what a call comes to: its answer, or the problem document of whatever it raises, which is logged.

    The headers are those of either, as they are once the work is done.
    """
    response = _answered(name, request_id, work)
    return {**response, "headers": {**headers, **response["headers"], "x-request-id": request_id}}


def _answered(name: str, request_id: str, work: Callable[[], Response]) -> Response:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller is answered and it is logged
        problem = _problem_of(error)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            count("ApiErrors", 1)
        is_ours = problem.status is HTTPStatus.INTERNAL_SERVER_ERROR
        log_failure(name, error, traceback=is_ours, code=problem.code, status=problem.status.value)
        return problem.response(request_id)


def json_response(status: HTTPStatus, document: Any, headers: dict[str, str]) -> Response:
    """Return a document as API Gateway takes an answer."""
    return {"statusCode": status.value, "headers": headers, "body": json.dumps(document)}


def _problem_of(error: Exception) -> Problem:
    """Return what an error is answered as."""
    if isinstance(error, Problem):
        return error
    if not isinstance(error, BillproofError):
        detail = "this is an error of billproof: its log has the request_id"
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.CONFLICT)
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE if error.retryable else status, error.code, str(error))
