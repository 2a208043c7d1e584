"""What a proof checks of what is held: why, that somebody was asked, and that whoever decided was entitled to.

    held draft -> held        the fact that the run held it
               -> exception   that waits for a person, or is decided, while the invoice is not released

A decision of nobody entitled is named whatever came of it: a rejection keeps an invoice back, too.
"""

from collections.abc import Iterator

from billproof.approvals.entitlement import why_not_entitled
from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.governing import PolicyHistory
from billproof.approvals.model import ExceptionState, Verdict
from billproof.conservation.service import Stores
from billproof.identities import InvoiceId, RunId
from billproof.invoicing.drafts import Draft, DraftOutcome
from billproof.invoicing.facts import held_by
from billproof.invoicing.model import Released
from billproof.proof.model import NONE, Difference, DifferenceKind


def states_of(document: str, store: ExceptionStore) -> list[ExceptionState]:
    """Return the exceptions about an invoice or credit note."""
    identity = InvoiceId.parse(document)
    return store.of_subject(identity.legal_entity, identity.period, identity.subject)


def compare_held(
    draft: Draft, run: str, released: Released | None, history: PolicyHistory, stores: Stores
) -> Iterator[Difference]:
    """Compare an invoice that a run held with its fact, its exception and the decisions about it."""
    held = stores.register.held(draft.invoice, run)
    if held is None and draft.outcome is not DraftOutcome.HELD:
        return
    if held is None and not _was_released_before(released, run):
        yield Difference.of(DifferenceKind.HELD, f"{draft.invoice} {held_by(run)}", NONE, "held by the run")
    states = [state for state in states_of(draft.invoice, stores.exception_store) if state.opened.run == run]
    if held is not None and released is None and not states:
        yield Difference.of(DifferenceKind.HELD, draft.invoice, "held", "no exception asks anybody to decide")
    is_proved = released is not None and released.run == run  # its approval is
    for state in states:
        if not (is_proved and state.status == Verdict.APPROVED):
            yield from wrong_decisions([state], history, stores.exception_store)


def _was_released_before(released: Released | None, run: str) -> bool:
    """Say whether an earlier run released it: then a later one holds nothing."""
    return released is not None and RunId.parse(released.run).ordinal < RunId.parse(run).ordinal


def wrong_decisions(
    states: list[ExceptionState], history: PolicyHistory, store: ExceptionStore
) -> Iterator[Difference]:
    """Find decisions that nobody took who was entitled to; that an exception is no longer needed is no decision."""
    for state in states:
        decision = state.decision
        if decision is None or decision.verdict is Verdict.SUPERSEDED:
            continue
        why_not = why_not_entitled(state.opened, decision, history=history, limits=store.limits)
        if why_not is not None:
            yield Difference.of(DifferenceKind.DECISION, state.opened.id, state.status, why_not)
