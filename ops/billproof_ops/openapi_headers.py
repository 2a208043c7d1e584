"""What the OpenAPI document says of the headers of answers."""

from http import HTTPStatus
from typing import Any

_OF_EVERY_ANSWER = {
    "X-Request-Id": "Names the call in the logs.",
    "X-Correlation-Id": "The id that the caller gave the call.",
}
_OF_EVERY_CALLER = {
    "RateLimit": "How many calls the caller may make now, and in how many seconds the next one.",
    "RateLimit-Policy": "How many calls the caller may make at once, and in how many seconds all of them again.",
}
_AGAIN = {"Retry-After": "In how many seconds to try again."}
_OF_READING = {
    "ETag": "The tag of this answer: as If-None-Match it asks whether the answer is another one by now.",
    "Cache-Control": "Answers are the caller's own, and are asked for again before they are used again.",
}
_OF_FILES = {"Content-Disposition": "The name of the file."}
_OF_DEPRECATED = {
    "Deprecation": "Since when the route should no longer be called (RFC 9745).",
    "Sunset": "From when on the route will not be there (RFC 8594).",
}
_TEXTS = {**_OF_EVERY_ANSWER, **_OF_EVERY_CALLER, **_AGAIN, **_OF_READING, **_OF_FILES, **_OF_DEPRECATED}
_TRIED_AGAIN = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


def components() -> dict[str, Any]:
    """Return the headers by their names; an answer that API Gateway gives itself has none of them."""
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in _TEXTS.items()}


def headers_of_result(*, is_read: bool, is_file: bool, is_deprecated: bool) -> dict[str, Any]:
    """Return the headers of a result of a route."""
    names = [*_OF_EVERY_ANSWER, *_OF_EVERY_CALLER]
    names += _OF_READING if is_read and not is_file else []
    names += _OF_FILES if is_file else []
    names += _OF_DEPRECATED if is_deprecated else []
    return _references(names)


def headers_of_error(status: HTTPStatus) -> dict[str, Any]:
    """Return the headers of an answer that is no result; a route that will go adds its own."""
    names = [*_OF_EVERY_ANSWER]
    names += _OF_EVERY_CALLER if status is not HTTPStatus.UNAUTHORIZED else []
    names += _AGAIN if status in _TRIED_AGAIN else []
    return _references(names)


def _references(names: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
