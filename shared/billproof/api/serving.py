"""Answering a call of a route.

event -> caller -> a token of its bucket -> grants -> request -> If-Match -> Idempotency-Key -> use case -> answer

A caller without a grant for the scope is refused (403); what belongs to a legal entity without one is not there (404).
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from billproof.api.asked import header, idempotency_key, known_caller, method_of, request_of
from billproof.api.problems import Problem
from billproof.api.routes import Attachment, RouteCall
from billproof.api.selecting import selected
from billproof.errors import NotAllowed
from billproof.handlers import append_names, log_result, logger
from billproof.ids import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from pydantic import BaseModel

    from billproof.access.service import Grant
    from billproof.api.routes import Route
    from billproof.callers import Caller
    from billproof.composition import Composition
    from billproof.ports import Allowance, CallLimits

    Document = dict[str, Any]
    Response = dict[str, Any]

_CORRELATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
MOST_ANSWERED_BYTES = 5_500_000
"""Bytes of the largest answer: Lambda returns 6 MB, with the headers."""
MOST_KEPT_BYTES = 300_000
"""Bytes of the largest answer that is kept under an Idempotency-Key, as it lies: an item of DynamoDB has 400 KB."""


@dataclass(frozen=True, slots=True)
class RouteEvent:
    """A call of a route: its name in logs, the event, the context of its Lambda call, and the ports.

    `headers` are what every answer of the call has, a problem document, too: they are added as they become known.
    """

    name: str
    event: dict[str, Any]
    context: LambdaContext
    ports: Composition
    headers: dict[str, str]


def serve(route: Route[Any], sent: RouteEvent) -> Response:
    """Answer a call of a route as API Gateway takes it; raises Problem, and whatever the use case does."""
    event, ports = sent.event, sent.ports
    if route.deprecation is not None:
        sent.headers.update(route.deprecation.headers)
    sent.headers.update(_correlated(event))
    caller = known_caller(event)
    sent.headers.update(_take(caller, ports.call_limits))
    grants = _grants(route, caller, ports)
    fields = route.reads(event)
    is_read = method_of(event) == "GET"
    wanted = fields.pop("fields", None) if is_read else None
    key = idempotency_key(event)
    call = RouteCall(request_of(route.model, fields), sent.context.aws_request_id, caller, grants, key)
    append_names(call.request)
    _refuse_changed(route, call, sent)

    if key and method_of(event) == "POST" and not route.is_repeatable:
        document = _kept(route, call, sent)
        log_result(sent.name, document)
        return _answer(route.status, document)
    result = route.operation(call, ports)
    if isinstance(result, Attachment):
        log_result(sent.name, {})
        return _file(result)
    document = result.model_dump(mode="json")
    log_result(sent.name, document)
    document = selected(document, wanted)
    answer = _answer(route.status, document)
    return _unless_known(answer, etag_of(document), event) if is_read else answer


def _correlated(event: dict[str, Any]) -> dict[str, str]:
    """Put the id that the caller gave its call into every log line, and return it as a header; nonsense is left out."""
    correlation = header(event, "x-correlation-id")
    if not _CORRELATION.fullmatch(correlation):
        return {}
    logger.append_keys(caller_correlation_id=correlation)
    return {"x-correlation-id": correlation}


def _grants(route: Route[Any], caller: Caller, ports: Composition) -> Mapping[str, Grant]:
    """Return what a caller may act for; raises NotAllowed where a token is limited to scopes and the route has none."""
    if route.scope is not None:
        return ports.access.grants(caller, route.scope)
    if caller.scopes and not route.is_of_every_caller:
        message = f"this token is for {', '.join(sorted(caller.scopes))} only, and not for what a person does"
        raise NotAllowed(message)
    return {}


def _take(caller: Caller, limits: CallLimits) -> dict[str, str]:
    """Count the call; return the headers that say what is left, raises Problem (429) where it is one too many."""
    allowance = limits.take(digest([caller.identity.issuer, caller.identity.subject])[:40])
    headers = _rate_headers(allowance, limits)
    if allowance.is_used_up:
        detail = f"this caller may make {limits.a_second} calls a second, and {limits.burst} at once"
        headers["retry-after"] = str(allowance.retry_seconds)
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_calls", detail, headers=headers)
    return headers


def _rate_headers(allowance: Allowance, limits: CallLimits) -> dict[str, str]:
    """Say how often the caller may call, and how often at once now (draft-ietf-httpapi-ratelimit-headers)."""
    window = -(-limits.burst // limits.a_second)
    return {
        "ratelimit-policy": f'"calls";q={limits.burst};w={window}',
        "ratelimit": f'"calls";r={allowance.left};t={allowance.retry_seconds}',
    }


def etag_of(document: Any) -> str:
    """Return the entity tag of an answer: the same document has the same one."""
    return f'"{digest(document)[:32]}"'


def _refuse_changed(route: Route[Any], call: RouteCall[Any], sent: RouteEvent) -> None:
    """Raise Problem (412) where an If-Match does not name what the request would change, as it is now."""
    matches = header(sent.event, "if-match")
    if not matches:
        return

    def names(current: BaseModel) -> bool:
        return _names(matches, etag_of(current.model_dump(mode="json")))

    if route.is_current is None or not route.is_current(call, sent.ports, names):
        detail = "If-Match names another version than the latest, the one before this: read it again"
        raise Problem(HTTPStatus.PRECONDITION_FAILED, "precondition_failed", detail)


def _names(tags: str, etag: str) -> bool:
    """Say whether a header names an entity tag; `*` names any."""
    named = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    return "*" in named or etag in named


def _kept(route: Route[Any], call: RouteCall[Any], sent: RouteEvent) -> Document:
    """Return the answer of a call with an Idempotency-Key: that of the same call before; another call is refused.

    It is worked out again where it is too large to be kept or holds a secret, where the caller may no longer act for a
    legal entity for which it might then, and, for a person, under other policies than then: today's grants and policies
    decide.
    """
    identity, access = call.caller.identity, sent.ports.access
    worked: list[Document] = []

    def work() -> Document:
        return dict(route.operation(call, sent.ports).model_dump(mode="json"))

    def policies() -> Mapping[str, int]:
        return access.policies_naming(identity) if route.scope is None else {}

    def kept_work() -> Document:
        worked.append(work())
        kept = {"body": json.dumps(worked[0]), "grants": sorted(call.grants), "policies": policies()}
        return {"body": None} if route.has_secret or len(json.dumps(kept)) > MOST_KEPT_BYTES else kept

    kept = sent.ports.answers.once(
        key=digest([identity.issuer, identity.subject, str(sent.event.get("routeKey")), call.idempotency_key]),
        payload=digest(call.request.model_dump(mode="json")),
        work=kept_work,
        context=sent.context,
    )
    if worked:
        return worked[0]
    is_allowed = call.grants.keys() >= set(kept.get("grants", ()))  # what a version before kept names neither
    is_allowed = is_allowed and policies() == kept.get("policies", {})
    return json.loads(kept["body"]) if kept["body"] is not None and is_allowed else work()


def _answer(status: HTTPStatus, document: Any) -> Response:
    body = json.dumps(document)
    if len(body) > MOST_ANSWERED_BYTES:
        detail = f"the answer has {len(body):,} bytes, and {MOST_ANSWERED_BYTES:,} can be sent: ask for some `fields`"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "answer_too_large", detail)
    return {
        "statusCode": status.value,
        "headers": {"content-type": "application/json"},
        "body": body,
    }


def _unless_known(answer: Response, etag: str, event: dict[str, Any]) -> Response:
    """Return an answer with its entity tag, or only that it is the one that the caller has (304)."""
    known = header(event, "if-none-match")
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if not known or not _names(known, etag):
        return {**answer, "headers": {**answer["headers"], **headers}}
    return {"statusCode": HTTPStatus.NOT_MODIFIED.value, "headers": headers, "body": ""}


def _file(attachment: Attachment) -> Response:
    content = base64.b64encode(attachment.content).decode()
    if len(content) > MOST_ANSWERED_BYTES:
        detail = (
            f"the file has {len(attachment.content):,} bytes, more than can be sent: billproof invoice pdf writes it"
        )
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "answer_too_large", detail)
    disposition = f'attachment; filename="{attachment.file_name}"'
    return {
        "statusCode": HTTPStatus.OK.value,
        "headers": {"content-type": attachment.content_type, "content-disposition": disposition},
        "body": content,
        "isBase64Encoded": True,
    }
