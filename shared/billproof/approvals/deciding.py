"""Decide an exception: store the decision of a person whom the policy lets decide; refuse any other with a reason.

Approving never changes an amount: the document that was held is released.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from billproof.approvals.entitlement import NotEntitled, entitlement
from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.governing import PolicyBook
from billproof.approvals.incident_id import IncidentId
from billproof.approvals.model import Answer, AnswerOutcome, Decision, ExceptionState, Refusal, Verdict
from billproof.approvals.superseding import output_of, superseding
from billproof.callers import Identity
from billproof.errors import Contended, InvalidInput
from billproof.periods import instant_text
from billproof.ports import TaskTokens
from billproof.retrying import attempts

if TYPE_CHECKING:
    from billproof.invoicing.register import Register

LEAST_REASON = 3
"""Letters of the shortest reason that says anything."""
MAX_ATTEMPTS = 10
"""How often a decision is taken again when others approve something of the same document, customer or day."""


def decide_exception(
    *,
    exception: str,
    verdict: Verdict,
    caller: Identity,
    reason: str,
    exception_store: ExceptionStore,
    register: Register,
    policies: PolicyBook,
    tokens: TaskTokens,
    now: datetime,
    incident: str = "",
) -> Answer:
    """Take a person's decision, if that person may take it; the same answer twice is taken once.

    `incident` names what several are decided for, each by itself. Raises NotFound for no such exception, InvalidInput
    for an incident of another month, and Contended. What may not be decided is refused with a reason, not an error.
    """
    state = exception_store.state(exception)
    _refuse_other_month(incident, state)
    history = policies.history(state.opened.legal_entity)
    if not history.knows(caller):
        return _of_nobody(state)
    superseded = superseding(state, exception_store, register, now)
    if superseded is not None:  # the workflow notes it and ends when its wait does
        return _refused(exception, Refusal.ALREADY_DECIDED, f"superseded: {superseded.reason}")
    for _ in attempts(MAX_ATTEMPTS):
        if state.decision is not None:
            is_own = history.is_same(state.decision.identity, caller) and state.decision.verdict is verdict
            return _about_reason(_answered(state, state.decision, exception_store, tokens, is_own=is_own), reason)
        if len(reason.strip()) < LEAST_REASON:
            return _refused(exception, Refusal.NO_REASON, "a decision needs a reason that another person understands")
        limits = exception_store.limits
        entitled = entitlement(state.opened, verdict, caller, history=history, limits=limits, at=now)
        if isinstance(entitled, NotEntitled):
            return _refused(exception, entitled.refusal, entitled.message)
        decision = Decision(
            exception=exception,
            verdict=verdict,
            decided_by=entitled.person.id,
            decided_at=instant_text(now),
            reason=reason.strip(),
            policy_version=entitled.policy.version,
            identity=caller,
            incident=incident,
        )
        exception_store.decide(decision, [amount.record for amount in entitled.counted])
        state = exception_store.state(exception)
    message = f"others kept deciding beside {exception}"
    raise Contended(message)


def _of_nobody(state: ExceptionState) -> Answer:
    message = f"the policy of {state.opened.legal_entity} has no person with this identity"
    return _refused(state.opened.id, Refusal.UNKNOWN_PERSON, message)


def _refuse_other_month(incident: str, state: ExceptionState) -> None:
    if not incident:
        return
    named, opened = IncidentId.parse(incident), state.opened
    if (named.legal_entity, named.period) != (opened.legal_entity, opened.period):
        message = f"incident: {opened.id} is of another legal entity or month"
        raise InvalidInput(message)


def _answered(
    state: ExceptionState,
    taken: Decision,
    exception_store: ExceptionStore,
    tokens: TaskTokens,
    *,
    is_own: bool,
) -> Answer:
    """Tell the workflow about the decision, and the caller whether it is the caller's own."""
    exception = state.opened.id
    token = exception_store.last_token(exception)
    if token is not None:
        tokens.answer(token=token.token, document=output_of(state, taken))
    if is_own:
        return Answer(exception=exception, outcome=AnswerOutcome.DECIDED, decision=taken)
    said = f"{taken.verdict} by {taken.decided_by} at {taken.decided_at}: {taken.reason}"
    answer = _refused(exception, Refusal.ALREADY_DECIDED, said)
    return answer.model_copy(update={"decision": taken})


def _about_reason(answer: Answer, reason: str) -> Answer:
    """Say that the reason which was given first stands, where the same person gives another one later."""
    taken = answer.decision
    if answer.outcome is AnswerOutcome.REFUSED or taken is None or taken.reason == reason.strip():
        return answer
    said = f"it was {taken.verdict} at {taken.decided_at} already, and the reason stays: {taken.reason}"
    return answer.model_copy(update={"message": said})


def _refused(exception: str, refusal: Refusal, message: str) -> Answer:
    return Answer(exception=exception, outcome=AnswerOutcome.REFUSED, refusal=refusal, message=message)
