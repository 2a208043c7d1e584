"""Raise exceptions for invoices that a run held, and for runs with gaps.

    held draft | run with gaps -> exception -> execution of invoice_exception, which waits for a decision

Raising again changes nothing: an exception's id and its execution's name follow from what is held.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from billproof.approvals.exception_store import ExceptionStore, execution_name
from billproof.approvals.model import RUN_SUBJECT, ExceptionRecord, Kind
from billproof.findings import Finding, Severity, bounded, total_at_risk
from billproof.identities import ExceptionId, RunId
from billproof.invoicing.balances import BALANCE_OVER_LIMIT
from billproof.invoicing.drafts import Draft, DraftOutcome
from billproof.invoicing.held import HeldInvoice
from billproof.invoicing.register import Register
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.nets import Net
from billproof.periods import instant_text
from billproof.pipeline.artefacts import BATCH_PLAN, DRAFTED, Artefacts
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.ports import Objects, Workflows
from billproof.store_keys import ExceptionOrdinal

EXCLUDED = frozenset({"orphan_usage", "usage_without_invoice"})
"""Controls of usage that no contract covers: a person may approve that nobody is billed for it."""


def raise_exceptions(
    *,
    run_id: str,
    batch_id: str,
    objects: Objects,
    register: Register,
    exception_store: ExceptionStore,
    workflows: Workflows,
    now: datetime,
) -> StepResult:
    """Raise an exception for every invoice of the batch that this run held; those raised before are left alone."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    batch = artefacts.read(DRAFTED, run_id, batch_id)
    net, ordinal = Net("raise_exceptions"), RunId.parse(run_id).ordinal_text
    of_batch = {"legal_entity": batch.legal_entity, "period": batch.period.name, "run": run_id, "batch": batch_id}

    def raise_of(draft: Draft, findings: Sequence[Finding], *, amount: Money | None, can_approve: bool) -> bool:
        opened = ExceptionRecord(
            id=str(ExceptionId(batch.legal_entity, batch.period.name, draft.account, ordinal)),
            kind=Kind.INVOICE,
            subject=draft.account,
            requested_by=plan.requested_by,
            amount=amount,
            findings=bounded(findings),
            can_approve=can_approve,
            opened_at=instant_text(now),
            **of_batch,
        )
        raise_exception(opened, exception_store=exception_store, workflows=workflows)
        return True

    def raise_one(draft: Draft) -> bool:
        held = register.held(draft.invoice, run_id)
        if held is None or register.released(draft.invoice) is not None:
            return False
        amount = held.document.totals.gross if held.document else _at_risk(held)
        is_fit = _can_be_approved(held, draft, plan.legal_entity)
        return raise_of(draft, held.findings, amount=amount, can_approve=is_fit)

    def raise_trouble(draft: Draft, trouble: Finding) -> bool:
        return raise_of(draft, (trouble,), amount=None, can_approve=False)  # if that fails, too, the step does

    raised = sum(
        net.catch(draft.account, partial(raise_one, draft), partial(raise_trouble, draft)) for draft in batch.drafts
    )
    accounts = len(batch.drafts)
    net.refuse_too_much(plan.policy.thresholds.trouble, accounts)
    return StepResult(run_id=run_id, batch_id=batch_id, outcome=StepOutcome.RAISED, accounts=accounts, findings=raised)


def _can_be_approved(held: HeldInvoice, draft: Draft, entity: LegalEntity) -> bool:
    """Say whether there is a document that may go out: less than nothing only where customers have balances.

    A clean draft that was refused when it was to be released is drafted anew, unless it leaves too large a balance.
    Without a document, usage that no contract covers may still be excluded by a decision.
    """
    if held.document is None:
        blocking = [finding for finding in held.findings if finding.severity is Severity.BLOCKING]
        return all(finding.code in EXCLUDED for finding in blocking)
    is_large = any(finding.code == BALANCE_OVER_LIMIT for finding in held.findings)
    if not (draft.outcome is DraftOutcome.HELD or is_large):
        return False
    has_balances = entity.chart_of_accounts.customer_balance is not None
    return has_balances or held.document.totals.gross.amount >= 0


def _at_risk(held: HeldInvoice) -> Money | None:
    """Return what the findings of an invoice without a document come to; None where one is worth it is not known."""
    return total_at_risk([finding for finding in held.findings if finding.severity is Severity.BLOCKING])


def raise_exception(opened: ExceptionRecord, *, exception_store: ExceptionStore, workflows: Workflows) -> None:
    """Store an exception and start its workflow; after a crash between the two, the retry starts it."""
    exception_store.open(opened)
    workflows.start(name=execution_name(opened.id), document={"exception": opened.id})


def open_run_exception(
    *,
    run_id: str,
    legal_entity: str,
    period: str,
    requested_by: str,
    amount: Money | None,
    findings: tuple[Finding, ...],
    exception_store: ExceptionStore,
    now: datetime,
) -> ExceptionRecord:
    """Keep the exception of a run that is held, and return it; one that is planned again and held again has another."""
    of_runs = exception_store.of_subject(legal_entity, period, RUN_SUBJECT)
    known = [state for state in of_runs if state.opened.run == run_id]
    if known and known[-1].decision is None:  # the step was repeated
        return known[-1].opened
    ordinal = str(ExceptionOrdinal(RunId.parse(run_id).ordinal, attempt=len(known) + 1))
    opened = ExceptionRecord(
        id=str(ExceptionId(legal_entity, period, RUN_SUBJECT, ordinal)),
        kind=Kind.RUN,
        legal_entity=legal_entity,
        period=period,
        subject=RUN_SUBJECT,
        run=run_id,
        batch=None,
        requested_by=requested_by,
        amount=amount,
        findings=bounded(findings),
        can_approve=True,
        opened_at=instant_text(now),
    )
    exception_store.open(opened)
    return opened
