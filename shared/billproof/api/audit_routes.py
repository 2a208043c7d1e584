"""The route of the audit trail: some days of a legal entity's chains are verified, a part of them in each call."""

from datetime import date
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.pages import cursor_of, place_of_cursor
from billproof.api.problems import Problem
from billproof.api.routes import Route, RouteCall
from billproof.audit.findings import AuditFinding
from billproof.audit.heads import anchors_of
from billproof.audit.naming import LANES
from billproof.audit.stepwise import MOST_DAYS, ChainPlace, DaysToVerify, verify_step
from billproof.composition import Composition
from billproof.errors import ExternalServiceUnavailable, NotFound
from billproof.model import Day, Model
from billproof.ports import Objects

DENIED = {"AccessDenied", "403", "Forbidden"}
"""What S3 answers for an object that is not there, where the role may not list its folder."""
MOST_LISTED = 200
"""Findings of one answer; of more the number is told, and `billproof audit verify --json` lists them."""


class AskedVerification(Model):
    """Days of a legal entity's audit chains, in UTC, and where the call before ended."""

    legal_entity: AskedText
    first: Day = Field(description="The first day.")
    last: Day = Field(description=f"The last day; at most {MOST_DAYS} days are verified.")
    cursor: Annotated[str, Field(max_length=400, description="`next` of the call before; none begins.")] = ""


class VerifiedDays(Model):
    """What one call looked at and found. It is done once `next` is null: the sums of all calls are the result.

    `anchors` counts comparisons of a chain with the anchor of a day. `unconfirmed` objects were recorded and never
    written: their writer died. `undecided` names what takes `billproof audit verify`, which reads everything; what has
    no record is found by that alone. `done` of `parts` tell how far it is.
    """

    legal_entity: str
    first: date
    last: date
    records: int
    anchors: int
    facts: int
    objects: int
    unconfirmed: int
    not_compared: int
    findings: tuple[AuditFinding, ...]
    unlisted: int
    undecided: tuple[str, ...]
    done: int
    parts: int
    next: str | None


def _read(objects: Objects, key: str) -> bytes | None:
    """Return an object, or None: a role that may not list a folder is denied what is not there."""
    try:
        return objects.get(key)
    except NotFound:
        return None
    except ExternalServiceUnavailable as error:
        if error.details.get("code") in DENIED:
            return None
        raise


def _verify(call: RouteCall[AskedVerification], ports: Composition) -> VerifiedDays:
    """Verify a part of some days of a legal entity's audit chains; `next` is where the next call goes on."""
    wanted, entity = call.request, call.legal_entity(call.request.legal_entity)
    if not 0 <= (wanted.last - wanted.first).days < MOST_DAYS:
        detail = f"last: it is not before the first day, and at most {MOST_DAYS - 1} days after it"
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail)
    days = DaysToVerify(
        legal_entity=entity,
        first=wanted.first,
        last=wanted.last,
        chain=ports.chain,
        facts={name: records.below for name, records in ports.facts.items()},
        read=partial(_read, ports.objects),
        anchors=partial(anchors_of, partial(_read, ports.anchors)),
        today=ports.now().date(),
    )
    step = verify_step(days, place_of_cursor(wanted.cursor, ChainPlace()))
    return VerifiedDays(
        legal_entity=entity,
        first=wanted.first,
        last=wanted.last,
        records=step.records,
        anchors=step.anchors,
        facts=step.looked_up.facts,
        objects=step.looked_up.objects,
        unconfirmed=step.looked_up.unconfirmed,
        not_compared=step.looked_up.not_compared,
        findings=tuple(step.findings[:MOST_LISTED]),
        unlisted=max(len(step.findings) - MOST_LISTED, 0),
        undecided=tuple(step.undecided[:MOST_LISTED]),
        done=step.next.number if step.next else 2 * LANES,
        parts=2 * LANES,
        next=cursor_of(step.next) if step.next else None,
    )


ROUTES: dict[str, Route[Any]] = {
    "GET /v1/audit/{legal_entity}": Route(AskedVerification, Scope.OPERATIONS_READ, _verify),
}
