"""Dismissing refused usage events: a person of the legal entity that states an event decides that it is not billed.

    dismissals/day=<day>/<digest>.json      who, by which identity and version of the policy, when and why

A proof believes a dismissal because of these facts, as it believes every other decision.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from billproof.approvals.asking import known_person
from billproof.approvals.governing import PolicyBook, PolicyHistory
from billproof.callers import Identity
from billproof.errors import InvalidInput
from billproof.periods import instant_text
from billproof.pipeline.attribution import Attribution
from billproof.ports import Objects
from billproof.usage.refusal_model import Dismissal
from billproof.usage.refused import dismiss, find_refused

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory

LEAST_REASON = 3
"""Letters of the shortest reason that says anything."""


def dismiss_event(
    event: str,
    *,
    reason: str,
    caller: Identity,
    policies: PolicyBook,
    directory: Directory,
    objects: Objects,
    now: datetime,
) -> Dismissal:
    """Note that a person dismissed a refused event; the first decision stands, and is returned.

    Raises NotFound where there is no such event, NotAllowed for a caller who is no person of the legal entity that
    states it, and InvalidInput without a reason.
    """
    entity, _ = Attribution(directory).of(find_refused(event, objects))
    person = known_person(policies, entity, caller)
    if len(reason.strip()) < LEAST_REASON:
        message = "a dismissal needs a reason that another person understands"
        raise InvalidInput(message)
    decision = Dismissal(
        id=event, dismissed_by=person.id, dismissed_at=instant_text(now), reason=reason.strip(), identity=caller
    )
    return dismiss(decision, objects)


def why_not_dismissed(dismissal: Dismissal, history: PolicyHistory) -> str | None:
    """Say why a stored dismissal counts for nothing, or None where a person of the policy in force then took it.

    One without an identity is from before dismissals entered through the API, and is believed as it is.
    """
    if dismissal.identity is None:
        return None
    at = datetime.fromisoformat(dismissal.dismissed_at)
    versions = (history.in_force(moment) for moment in history.moments(at))
    people = (version.policy.person_of(dismissal.identity) for version in versions if version)
    if any(person is not None and person.id == dismissal.dismissed_by for person in people):
        return None
    return f"{dismissal.identity} was not {dismissal.dismissed_by} of the policy in force"
