"""HubSpot's webhooks: signed requests that name objects, and say nothing that is believed.

    X-HubSpot-Signature-v3 = base64(HMAC-SHA256(client secret, method + URI + body + X-HubSpot-Request-Timestamp))

Source: developers.hubspot.com, Validating requests. A request is believed for five minutes; in the URI some escaped
characters stand for themselves.
"""

import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billproof.crm.hints import CrmHint
from billproof.errors import NotAllowed, Unreadable

SYSTEM = "hubspot"
SIGNATURE, TIMESTAMP = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
BELIEVED = timedelta(minutes=5)
TIME = re.compile(r"[0-9]{1,15}")
DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
MOST_EVENTS = 1_000
KINDS = {"deal": "Order", "0-3": "Order", "line_item": "OrderItem", "0-8": "OrderItem"}
"""What HubSpot calls deals and line items, by name and by type."""


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """A request as it came in; the names of headers are in lower case."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: str

    @classmethod
    def of_function_url(cls, event: Mapping[str, Any]) -> "WebhookCall":
        """Read the event of a function's own URL; raises NotAllowed for what comes from none."""
        try:
            context = event["requestContext"]
            query = f"?{event['rawQueryString']}" if event.get("rawQueryString") else ""
            body = event.get("body") or ""
            return cls(
                method=str(context["http"]["method"]),
                uri=f"https://{context['domainName']}{event['rawPath']}{query}",
                headers={name.lower(): str(value) for name, value in event["headers"].items()},
                body=b64decode(body).decode(errors="replace") if event.get("isBase64Encoded") else str(body),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"this is no request of a URL: {type(error).__name__}"
            raise NotAllowed(message) from None


def signature_of(call: WebhookCall, secret: str) -> str:
    """Return the signature that a request has to have."""
    uri = call.uri
    for code, character in DECODED.items():
        uri = uri.replace(code, character).replace(code.lower(), character)
    signed = f"{call.method}{uri}{call.body}{call.headers.get(TIMESTAMP, '')}"
    return b64encode(hmac.digest(secret.encode(), signed.encode(errors="surrogatepass"), "sha256")).decode()


def hints_of(call: WebhookCall, secret: str, now: datetime) -> list[CrmHint]:
    """Return what a request hints at; raises NotAllowed for one that HubSpot did not sign now, and Unreadable."""
    at = call.headers.get(TIMESTAMP, "")
    given = call.headers.get(SIGNATURE, "")
    is_time = bool(TIME.fullmatch(at))
    is_now = is_time and abs(now.timestamp() * 1_000 - int(at)) <= BELIEVED.total_seconds() * 1_000
    if not is_now or not hmac.compare_digest(given.encode(errors="surrogatepass"), signature_of(call, secret).encode()):
        message = "HubSpot did not sign this request, or not within five minutes"
        raise NotAllowed(message)
    try:
        return list(_hints(json.loads(call.body)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"not a webhook of HubSpot: {type(error).__name__}"
        raise Unreadable(message) from None


def _hints(events: list[dict[str, Any]]) -> Iterator[CrmHint]:
    if len(events) > MOST_EVENTS:
        message = "too many events"
        raise ValueError(message)
    for event in events:
        name = str(event["subscriptionType"]).split(".", maxsplit=1)[0]
        kind = KINDS.get(str(event.get("objectTypeId") or name))
        record = event.get("objectId", event.get("fromObjectId"))
        if kind is not None and record is not None:
            yield CrmHint(system=SYSTEM, record_kind=kind, records=(f"{int(record)}",), event=str(event["eventId"]))
