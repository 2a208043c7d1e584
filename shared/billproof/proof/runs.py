"""What a proof checks of a run's own facts: its record, its plan, that it is closed, and the check that let it go on.

record    who asked for it, of which accounts    = plan of the run = plans of its batches
closed    its statement is written               = said by a fact of its own
check     control totals that it saw, its counts = what the check compared
a gap, a silence                       = an exception that a person decided
month     signed off                             = decided by a person
"""

from collections.abc import Iterator
from datetime import datetime

from billproof.approvals.governing import PolicyHistory
from billproof.approvals.model import ExceptionState, Verdict
from billproof.callers import SCHEDULE
from billproof.completeness.control_totals import stated_again
from billproof.completeness.model import Completeness, CompletenessOutcome
from billproof.completeness.service import COMPLETENESS
from billproof.conservation.service import Stores
from billproof.errors import NotFound, ObjectUnreadable
from billproof.findings import is_blocked
from billproof.periods import instant_text
from billproof.pipeline.artefacts import BATCH_PLAN
from billproof.pipeline.model import RunPlan
from billproof.pipeline.month_facts import undecided_sign_offs
from billproof.pipeline.starting import is_closed, run_key
from billproof.pricing.terms import BatchPlan
from billproof.proof.model import NONE, Difference, DifferenceKind


def compare_run(plan: RunPlan, history: PolicyHistory, stores: Stores) -> Iterator[Difference]:
    """Compare the plan of a run with its record, and find where it is said to be signed off by nobody."""
    record = stores.runs.get(run_key(plan.run))
    if record is None:
        yield Difference.of(DifferenceKind.RUN, plan.run, "planned", "no record that it was asked for")
    else:
        requested_by = record.get("requested_by", SCHEDULE)
        is_known = history.knows_identities(datetime.fromisoformat(plan.received_before))
        if is_known and requested_by != plan.requested_by:
            yield Difference.of(DifferenceKind.RUN, plan.run, f"asked for by {plan.requested_by}", requested_by)
        if bool(record.get("only_accounts")) != plan.is_partial:
            stated = "of some accounts" if plan.is_partial else "of all accounts"
            yield Difference.of(DifferenceKind.RUN, plan.run, stated, "another one was asked for")
    for key in undecided_sign_offs(stores.runs, plan.legal_entity, plan.period.name):
        yield Difference.of(DifferenceKind.SIGN_OFF, f"{key.partition} {key.sort}", "signed off", "nobody decided it")


def compare_closed(plan: RunPlan, stores: Stores) -> Iterator[Difference]:
    """Find a run whose statement is written and that is not said to be closed."""
    if not is_closed(stores.runs, plan.run):
        yield Difference.of(DifferenceKind.RUN, plan.run, "its statement is written", "it is not said to be closed")


def compare_plans(plan: RunPlan, batch: BatchPlan) -> Iterator[Difference]:
    """Compare what the plan of a run and that of one of its batches both say."""
    entity = batch.legal_entity
    start, end = (instant_text(instant) for instant in batch.period.instants(entity.time_zone))
    both = {
        "requested_by": (plan.requested_by, batch.requested_by),
        "legal_entity": (plan.legal_entity, entity.id),
        "period": (plan.period, batch.period),
        "start": (plan.start, start),
        "end": (plan.end, end),
        "policy": (plan.policy, batch.policy),
    }
    if plan.lists:  # a plan of before did not have them
        both["usage_sources"] = (plan.usage_sources, entity.usage_sources)
    for name, (stated, proved) in both.items():
        if stated != proved:
            where = f"{BATCH_PLAN.key(plan.run, batch.batch)} {name}"
            yield Difference.of(DifferenceKind.RUN, where, _short(stated), _short(proved))


def _short(value: object) -> str:
    return str(value)[:200]


def compare_check(plan: RunPlan, states: list[ExceptionState], stores: Stores) -> Iterator[Difference]:
    """Compare the check of a run's completeness with what it compared, and with the exceptions that it raised.

    What a person let go on was incomplete, unless it was planned again; of a run of before it is not known.
    """
    if not plan.is_checked:
        return
    where = COMPLETENESS.key(plan.run)
    gone: list[str] = []
    try:
        checked = stores.artefacts.read(COMPLETENESS, plan.run)
    except (NotFound, ObjectUnreadable):
        return  # the proof of its approvals names it
    try:
        again = stated_again(plan, stores.artefacts, stores.objects, gone.append)
    except (NotFound, ObjectUnreadable) as error:
        yield Difference.of(DifferenceKind.CHECK, where, "what the check read", error)
        return
    named = {finding.path for finding in checked.findings}
    for key in sorted(set(gone) - named):
        yield Difference.of(DifferenceKind.CHECK, key, "control totals that the run saw", NONE)
    if checked.stated != again and not gone:
        yield Difference.of(DifferenceKind.CHECK, where, _short(checked.stated), _short(again))
    is_held = bool(states) and states[-1].status != Verdict.REJECTED
    outcomes = {checked.outcome, _outcome(checked), CompletenessOutcome.INCOMPLETE if is_held else checked.outcome}
    if len(outcomes) > 1:
        yield Difference.of(DifferenceKind.CHECK, where, checked.outcome, "its findings and exceptions say otherwise")


def _outcome(checked: Completeness) -> CompletenessOutcome:
    return CompletenessOutcome.INCOMPLETE if is_blocked(checked.findings) else CompletenessOutcome.COMPLETE
