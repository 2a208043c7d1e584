"""Decide an exception: store the decision of a person whom the policy lets decide; refuse any other with a reason.

Approving never changes an amount: the document that was held is released.
"""

from datetime import datetime

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.model import Answer, AnswerOutcome, Decision, ExceptionRecord, Refusal, Verdict
from billproof.approvals.superseding import close_superseded, output_of
from billproof.errors import Conflict
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.periods import instant_text
from billproof.ports import TaskTokens

LEAST_REASON = 3
"""Letters of the shortest reason that says anything."""


def decide_exception(
    *,
    exception: str,
    verdict: Verdict,
    decided_by: str,
    reason: str,
    exception_store: ExceptionStore,
    register: Register,
    directory: Directory,
    tokens: TaskTokens,
    now: datetime,
) -> Answer:
    """Take a person's decision, if that person may take it; the same answer twice is taken once.

    Raises NotFound where there is no such exception. What may not be decided is refused with a reason, not an error.
    """
    state = close_superseded(exception_store.state(exception), exception_store, register, now)
    if state.decision is None:
        refused = _refusal(state.opened, verdict, decided_by, reason, directory)
        if refused is not None:
            return refused
        exception_store.decide(
            Decision(
                exception=exception,
                verdict=verdict,
                decided_by=decided_by,
                decided_at=instant_text(now),
                reason=reason.strip(),
                policy_version=directory.policy(state.opened.legal_entity).version,
            )
        )
        state = exception_store.state(exception)
    taken = state.decision
    if taken is None:  # a decision was just kept, by this call or another
        message = f"exception {exception} has no decision"
        raise Conflict(message)
    token = exception_store.last_token(exception)
    if token is not None:
        tokens.answer(token=token.token, document=output_of(state, taken))
    if (taken.verdict, taken.decided_by) != (verdict, decided_by):
        said = f"{taken.verdict} by {taken.decided_by} at {taken.decided_at}: {taken.reason}"
        return Answer(
            exception=exception,
            outcome=AnswerOutcome.REFUSED,
            decision=taken,
            refusal=Refusal.ALREADY_DECIDED,
            message=said,
        )
    return Answer(exception=exception, outcome=AnswerOutcome.DECIDED, decision=taken)


def _refusal(
    opened: ExceptionRecord, verdict: Verdict, decided_by: str, reason: str, directory: Directory
) -> Answer | None:
    """Say why a decision may not be taken, or None where it may."""
    policy = directory.policy(opened.legal_entity)
    person = policy.person(decided_by)
    refused: tuple[Refusal, str] | None = None
    if len(reason.strip()) < LEAST_REASON:
        refused = (Refusal.NO_REASON, "a decision needs a reason that another person understands")
    elif person is None:
        refused = (Refusal.UNKNOWN_PERSON, f"the policy of {opened.legal_entity} has no person {decided_by!r}")
    elif person.id == opened.requested_by:
        refused = (Refusal.OWN_REQUEST, f"{person.id} requested {opened.run}: somebody else must decide")
    elif verdict is Verdict.APPROVED and not opened.can_approve:
        message = "there is no document to release: remove the cause and run the period again"
        refused = (Refusal.NOTHING_TO_RELEASE, message)
    elif verdict is Verdict.APPROVED and not policy.role_of(person).may_approve(opened.amount):
        worth = str(opened.amount) if opened.amount else "an unknown amount"
        able = (
            ", ".join(decider.id for decider in policy.deciders(opened.amount, other_than=opened.requested_by))
            or "nobody"
        )
        refused = (Refusal.OVER_LIMIT, f"{worth} is over the limit of {person.id}; may decide: {able}")
    if refused is None:
        return None
    refusal, message = refused
    return Answer(exception=opened.id, outcome=AnswerOutcome.REFUSED, refusal=refusal, message=message)
