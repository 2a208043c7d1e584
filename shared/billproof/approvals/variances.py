"""Exceptions of the reconciliation: variances over the policy's threshold wait for a person, like everything held.

    report -> variance over the threshold -> exception -> execution of invoice_exception, which waits for a decision

Approved, a variance is one of the open points that its month may be closed with. Rejected, it has to be corrected. One
that a later report does not hold any more is no longer needed. Each difference has an exception of its own: with
another amount it is another one.
"""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.model import ExceptionRecord, ExceptionState, Kind, Verdict
from billproof.approvals.policy import VarianceRules
from billproof.approvals.raising import raise_exception
from billproof.approvals.superseding import no_longer_needed
from billproof.callers import SCHEDULE
from billproof.findings import Finding, Severity, bounded
from billproof.identities import ExceptionId
from billproof.money import Money
from billproof.periods import instant_text
from billproof.ports import Workflows
from billproof.reconciliation.model import Cause, Reconciliation, Variance
from billproof.store_keys import ExceptionOrdinal

MOST_RAISED = 200
"""Exceptions that one report raises, of the largest amounts; of more the next report raises the rest."""


def variances_of(report: Reconciliation) -> tuple[Variance, ...]:
    """Return every variance of a report that has a name: one of before they had is reconciled again first."""
    return tuple(variance for variance in (*report.variances, *report.unsettled) if variance.id)


def amount_of(variance: Variance) -> Money:
    """Return what a variance comes to."""
    return variance.amount if variance.amount is not None else variance.difference


def known_amount_of(variance: Variance) -> Money | None:
    """Return what a variance comes to, or None where nobody knows: nobody with a limit answers for that."""
    return None if variance.cause in {Cause.INTERNAL_ERROR, Cause.NOT_DRAFTED} else amount_of(variance)


def waits(variance: Variance, rules: VarianceRules) -> bool:
    """Say whether a variance waits for a decision: one over its threshold, or of which the amount is not known."""
    amount = known_amount_of(variance)
    return amount is None or rules.waits(amount)


def exceptions_of(report: Reconciliation, exception_store: ExceptionStore) -> dict[str, ExceptionState]:
    """Return the last exception of each variance of a month, by the variance's name."""
    states = exception_store.of_period(report.legal_entity, report.period)
    return {state.opened.run: state for state in states if state.opened.kind is Kind.VARIANCE}


def raise_variances(
    report: Reconciliation, rules: VarianceRules, exception_store: ExceptionStore, workflows: Workflows
) -> list[str]:
    """Raise an exception for each variance that waits under the policy, and end those that are not there any more.

    Return the exceptions that wait. Doing it again raises none twice, and starts what a crash left unstarted.
    """
    known, now = exceptions_of(report, exception_store), datetime.fromisoformat(report.reconciled_at)
    present = {variance.id: variance for variance in variances_of(report) if waits(variance, rules)}
    for name, state in known.items():
        if state.decision is None and name not in present:
            reason = f"the reconciliation of {report.reconciled_at} does not find it any more"
            exception_store.supersede(no_longer_needed(state.opened.id, reason, now))
    waiting: list[str] = []
    for variance in sorted(present.values(), key=lambda one: -amount_of(one).amount):
        opened = _to_raise(variance, known.get(variance.id), report, now)
        if opened is not None and len(waiting) < MOST_RAISED:
            raise_exception(opened, exception_store=exception_store, workflows=workflows)
            waiting.append(opened.id)
    return waiting


def _to_raise(
    variance: Variance, last: ExceptionState | None, report: Reconciliation, now: datetime
) -> ExceptionRecord | None:
    """Return the exception that a variance has or gets; None where a person decided it."""
    if last is not None and last.decision is None:
        return last.opened
    if last is not None and last.status != Verdict.SUPERSEDED:
        return None
    before = ExceptionOrdinal.parse(ExceptionId.parse(last.opened.id).ordinal).run if last else 0
    subject = f"_{variance.id}"
    return ExceptionRecord(
        id=str(ExceptionId(report.legal_entity, report.period, subject, str(ExceptionOrdinal(before + 1)))),
        kind=Kind.VARIANCE,
        legal_entity=report.legal_entity,
        period=report.period,
        subject=subject,
        run=variance.id,
        batch=None,
        requested_by=SCHEDULE,
        amount=known_amount_of(variance),
        findings=bounded([finding_of(variance)]),
        can_approve=True,
        opened_at=instant_text(now),
    )


def finding_of(variance: Variance) -> Finding:
    """Tell a variance as a finding, for who decides it."""
    about = " ".join(filter(None, (variance.external_reference or variance.invoice, variance.account)))
    said = f"{variance.invoiced} was to be, {variance.posted} is, for {variance.age_days} days"
    return Finding(
        code=f"variance_{variance.category}",
        severity=Severity.BLOCKING,
        account=variance.billing_account,
        path=variance.id,
        message=f"{variance.cause} of {about or variance.billing_account}: {said}",
        remedy=variance.remedy,
        owner=variance.owner,
        amount_at_risk=known_amount_of(variance),
    )


def in_order(variances: Sequence[Variance]) -> list[Variance]:
    """Return variances by owner and age, the oldest first."""
    return sorted(variances, key=attrgetter("owner", "since", "id"))
