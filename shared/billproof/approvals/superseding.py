"""End exceptions that are no longer needed, and say what the workflow is told about a decision."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from billproof.approvals.exception_store import ExceptionStore, superseded_by
from billproof.approvals.model import RUN_SUBJECT, Decision, ExceptionRecord, ExceptionState, Verdict
from billproof.identities import InvoiceId, RunId
from billproof.periods import instant_text

if TYPE_CHECKING:
    from billproof.invoicing.register import Register


def close_superseded(
    state: ExceptionState, exception_store: ExceptionStore, register: Register, now: datetime
) -> ExceptionState:
    """End an exception that is no longer needed."""
    decision = superseding(state, exception_store, register, now)
    if decision is None:
        return state
    exception_store.supersede(decision)
    return exception_store.state(state.opened.id)


def superseding(
    state: ExceptionState, exception_store: ExceptionStore, register: Register, now: datetime
) -> Decision | None:
    """Return why an exception is no longer needed, or None: its invoice was released, or a later run held it anew."""
    opened = state.opened
    if state.decision is not None:
        return None
    later = superseded_by(state, exception_store.of_subject(opened.legal_entity, opened.period, opened.subject))
    released = register.released(document_of(opened)) if opened.kind.is_document else None
    if later is None and released is None:
        return None
    return no_longer_needed(opened.id, f"released as {released.number}" if released else f"see {later}", now)


def waiting_exceptions(
    legal_entity: str, period: str, exception_store: ExceptionStore, register: Register, now: datetime
) -> list[ExceptionState]:
    """Return the exceptions of a month that wait for a decision.

    One that a later run raised anew, or whose invoice a later run released, does not wait, though nobody has closed it.
    """
    waiting = exception_store.waiting(legal_entity, period)
    return [state for state in waiting if superseding(state, exception_store, register, now) is None]


def supersede_earlier_runs(run_id: str, exception_store: ExceptionStore, now: datetime) -> None:
    """End what earlier runs of a month wait for: they were aborted or failed, or this run would not have started."""
    run = RunId.parse(run_id)
    if run.ordinal == 1:
        return
    for state in exception_store.of_subject(run.legal_entity, run.period, RUN_SUBJECT):
        if state.decision is None and RunId.parse(state.opened.run).ordinal < run.ordinal:
            exception_store.supersede(no_longer_needed(state.opened.id, f"see run {run_id}", now))


def no_longer_needed(exception: str, reason: str, now: datetime) -> Decision:
    """Return the decision that ends an exception which nobody has to decide any more."""
    return Decision(
        exception=exception,
        verdict=Verdict.SUPERSEDED,
        decided_by="billproof",
        decided_at=instant_text(now),
        reason=reason,
        policy_version=0,
    )


def document_of(opened: ExceptionRecord) -> str:
    """Return the id of the invoice or credit note that an exception is about."""
    return str(InvoiceId.of_subject(opened.legal_entity, opened.period, opened.subject))


def output_of(state: ExceptionState, decision: Decision) -> dict[str, str]:
    """Return what the workflow that waits is answered."""
    return {"exception": state.opened.id, "kind": state.opened.kind.value, "decision": decision.verdict.value}
