"""Publish a policy and confirm it: two people, neither of whom can do it alone.

publish (a person of the policy in force) -> known, decides nothing -> confirm (another one) -> in force

Where none is in force both are people whom the version itself names. Then only IAM says who may call at all.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from billproof.approvals.governing import (
    PolicyBook,
    PolicyConfirmation,
    PolicyHistory,
    PolicyVersion,
    PublishedPolicy,
)
from billproof.approvals.policy import Person, Policy
from billproof.approvals.same_people import same_people
from billproof.callers import Identity
from billproof.errors import Conflict, InvalidInput, NotAllowed, NotFound
from billproof.ids import shown
from billproof.model import Model
from billproof.periods import instant_text

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory


class PolicyOutcome(StrEnum):
    """What became of a version."""

    PUBLISHED = "published"
    IN_FORCE = "in_force"


class PolicyState(Model):
    """A version of a policy, who published it and who confirmed it."""

    legal_entity: str
    version: int
    outcome: PolicyOutcome
    published_by: str
    confirmed_by: str | None = None


def publish_policy(policy: Policy, *, caller: Identity, directory: Directory, now: datetime) -> PolicyState:
    """Keep a version that a person publishes; the same version again by the same person is accepted without change.

    Raises NotFound for an unknown legal entity, NotAllowed for a caller who may not, InvalidInput where it gives an id
    to somebody else, and Conflict where the version is taken, or is not later than the one in force.
    """
    directory.legal_entity(policy.id)
    history = directory.policies.history(policy.id)
    person = _governing(history, policy, caller)
    known = history.number(policy.version)
    if known is None:
        _refuse_earlier(policy, history)
        _refuse_replaced(policy, history, person)
        published = PublishedPolicy(policy=policy, published_by=caller, published_at=instant_text(now))
        directory.policies.publish(published)
        history = directory.policies.history(policy.id)
        known = history.number(policy.version)
    if known is None or known.published is None or known.policy != policy or known.published.published_by != caller:
        message = f"policy {policy.id} version {policy.version} was published otherwise: publish a new version"
        raise Conflict(message)
    return _state(known, history)


def confirm_policy(
    *, legal_entity: str, version: int, caller: Identity, policies: PolicyBook, now: datetime
) -> PolicyState:
    """Let a version take effect that somebody else published; a second confirmation changes nothing.

    Raises NotFound where there is no such version, NotAllowed for who published it, and for a caller or publisher who
    is no person of the policy in force, Conflict where a later one is in force, and what publishing it now would raise.
    """
    history = policies.history(legal_entity)
    known = history.number(version)
    if known is None or known.published is None:
        message = f"there is no published policy {shown(legal_entity)} version {version}"
        raise NotFound(message)
    person = _governing(history, known.policy, caller)
    publisher = known.published.published_by
    if publisher in person.identities or history.same_person(publisher, caller):
        message = f"{person.id} published version {version}: somebody else must confirm it"
        raise NotAllowed(message)
    if known.confirmation is None:
        # one who left in the meantime is no second person any more, and versions in between may have renamed people
        published_by = _governing(history, known.policy, publisher)
        _refuse_earlier(known.policy, history)
        _refuse_replaced(known.policy, history, published_by)
        confirmation = PolicyConfirmation(
            version=version, confirmed_by=caller, person=person.id, confirmed_at=instant_text(now)
        )
        policies.confirm(legal_entity, confirmation)
        history = policies.history(legal_entity)
        known = history.number(version) or known
    return _state(known, history)


def why_not_confirmed(known: PolicyVersion, history: PolicyHistory) -> str | None:
    """Say why two people did not let a version take effect that is in force, or None where they did.

    Versions of format 1, from before people had identities, are nobody's.
    """
    published, confirmation = known.published, known.confirmation
    if published is None or confirmation is None:
        return None
    at = datetime.fromisoformat(confirmation.confirmed_at)
    try:
        _governing(history, known.policy, published.published_by, at)
        person = _governing(history, known.policy, confirmation.confirmed_by, at)
    except NotAllowed as error:
        return str(error)
    if person.id != confirmation.person:
        return f"it is said to be confirmed by {confirmation.person}, and the identity is that of {person.id}"
    if history.same_person(published.published_by, confirmation.confirmed_by):
        return f"{person.id} published it, too"
    return None


def _governing(history: PolicyHistory, policy: Policy, caller: Identity, at: datetime | None = None) -> Person:
    """Return the person who publishes or confirms a version, now or at a moment.

    It is one of the version in force or, without one, of its own.

    A version of format 1 names nobody's identity, so it counts as none.
    """
    before = history.before(policy.version, at)
    governed = before.policy if before else policy
    person = governed.person_of(caller)
    if person is None:
        message = f"policy {governed.id} version {governed.version} has no person with this identity"
        raise NotAllowed(message)
    return person


def _refuse_replaced(policy: Policy, history: PolicyHistory, publisher: Person) -> None:
    """Refuse a version in which who publishes it, or whose id it was, becomes somebody else.

    It is compared with the versions that were confirmed: without one its people are all new.
    """
    if history.before(policy.version) is None:
        return
    earlier = [version.policy for version in history.versions if version.in_force()]
    people = same_people([*earlier, policy])
    new = {one.last.id for one in people if one.since == len(earlier)}
    taken = sorted(new.intersection(name for one in people if one.since < len(earlier) for name in one.ids))
    if taken:
        message = (
            f"policy {policy.id}: these ids are of people who have another id in this version, as identities say: "
            f"{taken}; give new people new ids"
        )
        raise InvalidInput(message)
    stays = any(one.last in policy.people and one.has_identity_of(publisher) for one in people)
    if new and not stays:
        message = (
            f"{publisher.id} publishes a version that has new people and no {publisher.id}, by id or identity: "
            "keep one of them, or let somebody else publish it"
        )
        raise NotAllowed(message)


def _refuse_earlier(policy: Policy, history: PolicyHistory) -> None:
    latest = history.in_force()
    if latest is not None and latest.policy.version >= policy.version:
        message = f"version {latest.policy.version} of policy {policy.id} is in force: publish a later one"
        raise Conflict(message)


def _state(known: PolicyVersion, history: PolicyHistory) -> PolicyState:
    confirmation = known.confirmation
    publisher = history.name_of(known.published.published_by) if known.published else ""
    return PolicyState(
        legal_entity=known.policy.id,
        version=known.policy.version,
        outcome=PolicyOutcome.IN_FORCE if confirmation else PolicyOutcome.PUBLISHED,
        published_by=publisher,
        confirmed_by=confirmation.person if confirmation else None,
    )
