"""The routes of sending usage events, and of checking them first."""

from http import HTTPStatus
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import header, text_of
from billproof.api.problems import Problem
from billproof.api.routes import Route, RouteCall
from billproof.composition import Composition
from billproof.model import Model
from billproof.usage.receiving import CONTENT_TYPES, UsageReceipt, receive_usage, split_body


class SentEvents(Model):
    """The body of a request with events, and what it is."""

    content_type: str
    body: str


def _sent_events(event: dict[str, Any]) -> dict[str, Any]:
    content_type = header(event, "content-type").partition(";")[0].strip().lower()
    if content_type not in CONTENT_TYPES:
        detail = f"the content type of events is one of {', '.join(CONTENT_TYPES)}"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    return {"content_type": content_type, "body": text_of(event)}


def _receive(call: RouteCall[SentEvents], ports: Composition, *, keep: bool) -> UsageReceipt:
    return receive_usage(
        split_body(call.request.body, call.request.content_type),
        receipt=call.request_id,
        grants=call.grants,
        covers_all=ports.access.covers_all(call.grants),
        reference_data=ports.reference_data,
        most_age=ports.settings.most_age,
        now=ports.now(),
        queue=ports.usage_events if keep else None,
    )


def _send(call: RouteCall[SentEvents], ports: Composition) -> UsageReceipt:
    """Send usage events: each is answered, accepted or refused, and the accepted ones are queued."""
    receipt = _receive(call, ports, keep=True)
    if receipt.accepted == 0:
        detail = "no event was accepted: `events` says why of each"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "nothing_accepted", detail, **receipt.model_dump(mode="json"))
    return receipt


def _check(call: RouteCall[SentEvents], ports: Composition) -> UsageReceipt:
    """Check usage events as sending them would, and keep nothing."""
    return _receive(call, ports, keep=False)


ROUTES: dict[str, Route[Any]] = {
    "POST /v1/usage-events": Route(
        SentEvents, Scope.USAGE_WRITE, _send, HTTPStatus.ACCEPTED, _sent_events, is_repeatable=True
    ),
    "POST /v1/usage-events:dry-run": Route(
        SentEvents, Scope.USAGE_WRITE, _check, reads=_sent_events, is_repeatable=True
    ),
}
