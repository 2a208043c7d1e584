"""What API Gateway sends a function of the API for a person of the tests."""

import json
from typing import Any

from billproof_ops.local.people import local_identity

DOCUMENT = "GET /v1/accounts/{account}/documents/{document}/pdf"


def api_event(body: dict[str, Any], by: str | None, *, key: str = "", **in_path: str) -> dict[str, Any]:
    """Return the event of a call that a local user signed, or of one that nobody did."""
    authorizer = {"authorizer": {"iam": {"userArn": local_identity(by).subject}}} if by else {}
    return {
        "version": "2.0",
        "routeKey": "POST /v1/operation",
        "headers": {"content-type": "application/json", **({"idempotency-key": key} if key else {})},
        "requestContext": {"requestId": "JKJaXmPLvHcESHA=", **authorizer},
        "pathParameters": in_path or None,
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def route_event(
    route: str,
    by: str | None,
    *,
    body: str = "",
    content_type: str = "application/json",
    query: dict[str, str] | None = None,
    **in_path: str,
) -> dict[str, Any]:
    """Return the event of a call of a route of an audience."""
    return {
        **api_event({}, by, **in_path),
        "routeKey": route,
        "headers": {"Content-Type": content_type},
        "queryStringParameters": query,
        "body": body or None,
    }


def answer(response: dict[str, Any]) -> Any:
    """Return what a call was answered, which is no problem."""
    assert response["statusCode"] == 200, response["body"]
    return json.loads(response["body"])


def with_key(event: Any, key: str) -> Any:
    """Return a call of the API with an Idempotency-Key; other events as they are."""
    if not isinstance(event, dict) or not str(event.get("routeKey", "")).startswith("POST"):
        return event
    return {**event, "headers": {**event["headers"], "idempotency-key": key}}
