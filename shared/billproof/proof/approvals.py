"""What a proof checks of approvals: what was held went out because somebody entitled said so, as stored facts say.

A decision that is missing, of the requester, over a limit, under a policy that was not in force, or about another
amount is none; neither is what a workflow was told. What is asked for has a requester who asked for it.
"""

from collections.abc import Iterator
from datetime import datetime

from billproof.approvals.entitlement import why_not_entitled
from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.governing import PolicyHistory
from billproof.approvals.model import RUN_SUBJECT, ExceptionState, Kind, Verdict
from billproof.callers import SCHEDULE
from billproof.completeness.model import CompletenessOutcome
from billproof.completeness.service import COMPLETENESS
from billproof.conservation.service import Stores
from billproof.errors import NotFound, ObjectUnreadable
from billproof.invoicing.model import Released
from billproof.money import Money
from billproof.pipeline.model import RunPlan
from billproof.proof.holds import states_of, wrong_decisions
from billproof.proof.model import NONE, CheckedCounts, Difference, DifferenceKind
from billproof.proof.policies import compare_policies
from billproof.proof.runs import compare_run


def prove_held_invoice(
    released: Released, history: PolicyHistory, stores: Stores
) -> tuple[CheckedCounts, list[Difference]]:
    """Check that an invoice that its run held was released because it was approved."""
    states = states_of(released.invoice, stores.exception_store)
    mine = [state for state in states if state.opened.run == released.run]
    return _prove(released, released.document.totals.gross, mine, history, stores)


def prove_credits(invoice: str, history: PolicyHistory, stores: Stores) -> tuple[CheckedCounts, list[Difference]]:
    """Check that every credit note and write-off of an invoice was asked for by somebody and approved by another."""
    checked, differences = CheckedCounts(), []
    for facts in stores.register.credits(invoice):
        if facts.released is None:
            continue
        states = [
            state
            for state in states_of(facts.released.invoice, stores.exception_store)
            if state.opened.kind is Kind.CREDIT_NOTE
        ]
        counts, wrong = _prove(facts.released, -facts.released.document.totals.gross, states, history, stores)
        checked += counts
        differences += wrong
        if facts.request is None:
            number = facts.released.number
            differences.append(Difference.of(DifferenceKind.REQUEST, number, "released", "nobody asked for it"))
        for state in states:
            opened = state.opened
            note = (opened.legal_entity, facts.released.invoice)
            differences += _unasked(*note, opened.requested_by, opened.opened_at, history, stores)
    return checked, differences


def prove_run_approvals(plan: RunPlan, stores: Stores) -> tuple[CheckedCounts, list[Difference]]:
    """Check that who started a run asked for it, and that one whose usage was incomplete went on by an approval."""
    history = stores.directory.policies.history(plan.legal_entity)
    differences = list(_unasked(plan.legal_entity, plan.run, plan.requested_by, plan.received_before, history, stores))
    mine = of_run(plan, stores.exception_store)
    differences += compare_run(plan, history, stores)
    differences += compare_policies(history)
    rejected = [state for state in mine if state.status == Verdict.REJECTED]
    differences += wrong_decisions(rejected, history, stores.exception_store)
    is_held = bool(mine) and mine[-1].status != Verdict.REJECTED  # then it was planned again, and may be held no more
    try:
        is_held |= stores.artefacts.read(COMPLETENESS, plan.run).outcome is CompletenessOutcome.INCOMPLETE
    except (NotFound, ObjectUnreadable) as error:
        if plan.is_checked:
            key = COMPLETENESS.key(plan.run)
            differences.append(Difference.of(DifferenceKind.STATEMENT, key, "the check of completeness", error))
    if not is_held:
        return CheckedCounts(), differences
    why_not = _why_not(mine[-1], history, stores.exception_store) if mine else "held, and nobody approved it"
    if why_not is not None:
        differences.append(Difference.of(DifferenceKind.APPROVAL, plan.run, "went on", why_not))
    return CheckedCounts(approvals=1), differences


def of_run(plan: RunPlan, store: ExceptionStore) -> list[ExceptionState]:
    """Return the exceptions about a run itself, the last one last."""
    states = store.of_subject(plan.legal_entity, plan.period.name, RUN_SUBJECT)
    return [state for state in states if state.opened.run == plan.run]


def _prove(
    released: Released, gross: Money, states: list[ExceptionState], history: PolicyHistory, stores: Stores
) -> tuple[CheckedCounts, list[Difference]]:
    """Check that one of the exceptions was approved by somebody entitled, for the amount that was released."""
    approved = [state for state in states if state.status == Verdict.APPROVED]
    reasons = [_why_not(state, history, stores.exception_store) for state in approved]
    for number, state in enumerate(approved):
        if reasons[number] is None and state.opened.amount != gross:
            reasons[number] = f"{state.opened.amount} was approved, {gross} was released"
    if any(reason is None for reason in reasons):
        return CheckedCounts(approvals=1), []
    why = "; ".join(reason for reason in reasons if reason) or "held, and nobody approved it"
    return CheckedCounts(approvals=1), [Difference.of(DifferenceKind.APPROVAL, released.number, "released", why)]


def _why_not(state: ExceptionState, history: PolicyHistory, store: ExceptionStore) -> str | None:
    if state.decision is None or state.decision.verdict is not Verdict.APPROVED:
        return f"exception {state.opened.id} is {state.status}"
    return why_not_entitled(state.opened, state.decision, history=history, limits=store.limits)


def _unasked(
    entity: str, subject: str, requested_by: str, at: str, history: PolicyHistory, stores: Stores
) -> Iterator[Difference]:
    """Find what nobody asked for: the named requester did not, or is no person of the policy with that identity.

    What is from before people had identities has no such fact, and the schedule asks by its own fact, the run's record.
    """
    if requested_by == SCHEDULE or not history.knows_identities(datetime.fromisoformat(at)):
        return
    request = stores.exception_store.requests.of(entity, subject, requested_by)
    if request is None:
        yield Difference.of(DifferenceKind.REQUEST, subject, requested_by, NONE)
    elif not history.is_person(request.identity, requested_by):
        yield Difference.of(DifferenceKind.REQUEST, subject, requested_by, str(request.identity))
