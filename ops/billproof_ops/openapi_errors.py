"""What the OpenAPI document says of answers that are no results."""

from http import HTTPStatus
from typing import Any

from billproof_ops.openapi_headers import headers_of_error

ERRORS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_OF_THE_GATEWAY = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What API Gateway answers itself: no authorizer let the call in, no such route, no function that answers."""
GATEWAY_MESSAGE = {
    "title": "GatewayMessage",
    "description": "What API Gateway says of a call that it does not let in.",
    "type": "object",
    "required": ["message"],
    "properties": {"message": {"type": ["string", "null"], "description": "What is wrong, such as Unauthorized."}},
}
PROBLEM = {
    "title": "Problem",
    "description": "A problem document (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "The code as a URN."},
        "title": {"type": "string", "description": "The phrase of the status."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What is wrong, for people."},
        "code": {"type": "string", "description": "A stable code: docs/api.md lists them."},
        "request_id": {"type": "string", "description": "Names the call in the logs."},
    },
}


def components() -> dict[str, Any]:
    """Return the answers that are no results, by name: every route may give each of them."""
    return {_name(status): _answer(status) for status in ERRORS}


def references() -> dict[str, Any]:
    """Return the answers of a route that are no results, by status."""
    return {str(status.value): {"$ref": f"#/components/responses/{_name(status)}"} for status in ERRORS}


def _name(status: HTTPStatus) -> str:
    return status.phrase.replace(" ", "")


def _answer(status: HTTPStatus) -> dict[str, Any]:
    """Return what is answered instead of a result: a problem of ours, or of API Gateway where no call came to us."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status in _OF_THE_GATEWAY:
        content["application/json"] = {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}
    return {"description": status.phrase, "headers": headers_of_error(status), "content": content}
