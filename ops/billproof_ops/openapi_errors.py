"""What the OpenAPI document says of answers that are no results."""

from http import HTTPStatus
from typing import Any

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


def error_answer(status: HTTPStatus) -> dict[str, Any]:
    """Return what is answered instead of a result: a problem of ours, or of API Gateway where no call came to us."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status in _OF_THE_GATEWAY:
        content["application/json"] = {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}
    return {"description": status.phrase, "content": content}
