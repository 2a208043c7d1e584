"""Who may take a decision: asked before one is taken, before one is carried out, and by every proof.

A decision is believed because of its facts: the identity that took it, the version of the policy that was in force for
that person then, the limit, and what the person approved before. What a caller or a workflow says counts for nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from billproof.approvals.governing import PolicyHistory, PolicyVersion
from billproof.approvals.limits import ApprovalLimits, CountedAmount, over_limit, scopes_counted
from billproof.approvals.model import Decision, ExceptionRecord, Refusal, Verdict
from billproof.approvals.policy import Person, Policy
from billproof.callers import Identity
from billproof.periods import instant_text


@dataclass(frozen=True, slots=True)
class Entitlement:
    """That a person may take a decision, under which policy, and what it adds to what that person approved."""

    person: Person
    policy: Policy
    counted: list[CountedAmount]


@dataclass(frozen=True, slots=True)
class NotEntitled:
    """Why a person may not."""

    refusal: Refusal
    message: str


def entitlement(
    opened: ExceptionRecord,
    verdict: Verdict,
    caller: Identity,
    *,
    history: PolicyHistory,
    limits: ApprovalLimits,
    at: datetime,
) -> Entitlement | NotEntitled:
    """Say who a caller is and that this person may decide now, or why not, and who may."""
    answer = _judged(opened, verdict, caller, history=history, limits=limits, at=at)
    if not isinstance(answer, NotEntitled) or answer.refusal is not Refusal.OVER_LIMIT:
        return answer
    able = [person.id for person in able_people(opened, history=history, limits=limits, at=at)]
    return NotEntitled(answer.refusal, f"{answer.message}; may decide: {', '.join(able) or 'nobody'}")


def able_people(
    opened: ExceptionRecord, *, history: PolicyHistory, limits: ApprovalLimits, at: datetime
) -> list[Person]:
    """Return who may approve an exception now: a limit that is used up counts, and who published the policy does not.

    Where there is nothing to approve it is who could by the amount: any of them may reject it.
    """
    version = history.in_force(at)
    if version is None:
        return []
    if not opened.can_approve:
        return version.policy.deciders(opened.amount, other_than=opened.requested_by)

    def may(person: Person) -> bool:
        callers = (
            _judged(opened, Verdict.APPROVED, identity, history=history, limits=limits, at=at)
            for identity in person.identities
        )
        return any(isinstance(answer, Entitlement) for answer in callers)

    return [person for person in version.policy.people if may(person)]


def _judged(
    opened: ExceptionRecord,
    verdict: Verdict,
    caller: Identity,
    *,
    history: PolicyHistory,
    limits: ApprovalLimits,
    at: datetime,
) -> Entitlement | NotEntitled:
    version = history.in_force_for(caller, at)
    person = version.policy.person_of(caller) if version else None
    if version is None or person is None:
        return _unknown(opened, caller, history)
    ids = history.ids_of(caller, at)
    counted = limits.next_amounts(opened, ids, at) if verdict is Verdict.APPROVED else []
    refused = _refusal(opened, verdict, caller, person, version, history) or _over_limit(
        version.policy, person, counted
    )
    return refused or Entitlement(person, version.policy, counted)


def why_not_entitled(
    opened: ExceptionRecord, decision: Decision, *, history: PolicyHistory, limits: ApprovalLimits
) -> str | None:
    """Say why a stored decision counts for nothing, or None where it is one of somebody who was entitled."""
    at = datetime.fromisoformat(decision.decided_at)
    caller = decision.identity
    if caller is None:
        return _why_not_of_before(opened, decision, history, at)
    version = history.number(decision.policy_version)
    if version is None or not history.may_have_been_used(decision.policy_version, caller, at):
        return f"policy version {decision.policy_version} was not in force for {decision.decided_by}"
    person = version.policy.person_of(caller)
    if person is None or person.id != decision.decided_by:
        return f"the identity that decided is not {decision.decided_by} of the policy"
    refused = _refusal(opened, decision.verdict, caller, person, version, history)
    if refused is not None or decision.verdict is not Verdict.APPROVED:
        return refused.message if refused else None
    counted = limits.proved_amounts(opened, history.ids_of(caller, at), at)
    if {amount.scope for amount in counted} != scopes_counted(opened, at):
        return f"what {person.id} approved does not count it"
    over = _over_limit(version.policy, person, counted)
    return over.message if over else None


def _refusal(
    opened: ExceptionRecord,
    verdict: Verdict,
    caller: Identity,
    person: Person,
    version: PolicyVersion,
    history: PolicyHistory,
) -> NotEntitled | None:
    """Say what does not depend on what the person approved before."""
    if person.id == opened.requested_by or history.is_person(caller, opened.requested_by):
        message = f"{person.id} requested {opened.run}: somebody else must decide"
        return NotEntitled(Refusal.OWN_REQUEST, message)
    if verdict is not Verdict.APPROVED:
        return None
    if not opened.can_approve:
        message = "there is no document to release: remove the cause and run the period again"
        return NotEntitled(Refusal.NOTHING_TO_RELEASE, message)
    if not version.policy.role_of(person).may_approve(opened.amount):
        worth = str(opened.amount) if opened.amount else "an unknown amount"
        return NotEntitled(Refusal.OVER_LIMIT, f"{worth} is over the limit of {person.id}")
    return None


def _over_limit(policy: Policy, person: Person, counted: list[CountedAmount]) -> NotEntitled | None:
    over = over_limit(counted, policy, policy.role_of(person))
    if over is None:
        return None
    summed = f"{over.approved.amount} makes {over.in_all} that {person.id} approved of one {over.scope}"
    return NotEntitled(Refusal.OVER_LIMIT, f"{summed}, over the limit")


def _unknown(opened: ExceptionRecord, caller: Identity, history: PolicyHistory) -> NotEntitled:
    if history.knows(caller):
        message = "who published the policy in force decides under the one before, which does not name this person"
        return NotEntitled(Refusal.OWN_POLICY, message)
    return NotEntitled(Refusal.UNKNOWN_PERSON, f"the policy of {opened.legal_entity} has no person with this identity")


def _why_not_of_before(opened: ExceptionRecord, decision: Decision, history: PolicyHistory, at: datetime) -> str | None:
    """Judge a decision without an identity: one from before the first policy whose people have identities."""
    if history.knows_identities(at):
        return f"the decision of {decision.decided_by} names no identity"
    versions = (known.policy for known in history.versions if known.published is None)
    policy = next((policy for policy in versions if policy.version == decision.policy_version), None)
    person = policy.person(decision.decided_by) if policy else None
    if policy is None or person is None or person.id == opened.requested_by:
        return f"{decision.decided_by} may not decide at {instant_text(at)}"
    if decision.verdict is not Verdict.APPROVED:
        return None
    return None if policy.role_of(person).may_approve(opened.amount) else f"{opened.amount} is over the limit"
