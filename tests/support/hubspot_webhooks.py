"""Webhooks as HubSpot sends them, signed by its documentation and not by the code under test."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from billproof.adapters.hubspot.webhooks import WebhookCall

HOST = "abc.lambda-url.us-east-1.on.aws"
URI = f"https://{HOST}/"
DEAL = "7000001"


def event(record: str = DEAL, kind: str = "deal", **changes: Any) -> dict[str, Any]:
    """Return an event of a webhook, as HubSpot documents it."""
    return {
        "eventId": 100,
        "subscriptionId": 7,
        "portalId": 62515,
        "occurredAt": 1357127999000,
        "subscriptionType": f"{kind}.propertyChange",
        "attemptNumber": 0,
        "objectId": int(record),
        "propertyName": "dealstage",
        "changeSource": "CRM_UI",
        **changes,
    }


def signed(*events: dict[str, Any], at: datetime, secret: str = "client", uri: str = URI) -> WebhookCall:  # noqa: S107 - of a test
    """Return a request of some events."""
    return signed_text(json.dumps(events), at=at, secret=secret, uri=uri)


def signed_text(body: str, *, at: datetime, secret: str = "client", uri: str = URI) -> WebhookCall:  # noqa: S107 - of a test
    """Return a request with the signature of its method, address, body and time."""
    stamp = str(int(at.timestamp() * 1_000))
    digest = hmac.new(
        secret.encode(), f"POST{uri}{body}{stamp}".encode(errors="surrogatepass"), hashlib.sha256
    ).digest()
    headers = {"X-HubSpot-Signature-v3": base64.b64encode(digest).decode(), "X-HubSpot-Request-Timestamp": stamp}
    return WebhookCall("POST", uri, {name.lower(): value for name, value in headers.items()}, body)


def url_event(call: WebhookCall) -> dict[str, Any]:
    """Return the event with which a function's URL calls it."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": dict(call.headers),
        "requestContext": {
            "domainName": HOST,
            "http": {"method": call.method, "path": "/", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.10"},
            "requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599",
            "timeEpoch": 1357128000000,
        },
        "body": base64.b64encode(call.body.encode(errors="surrogatepass")).decode(),
        "isBase64Encoded": True,
    }
