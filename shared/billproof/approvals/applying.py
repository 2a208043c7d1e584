"""Carry out an approval: release the held invoice or credit note with the amounts that were approved, issued now."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from billproof.approvals.credited_discounts import why_too_much
from billproof.approvals.entitlement import why_not_entitled
from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.governing import PolicyBook
from billproof.approvals.model import Decision, ExceptionRecord, Kind, Verdict
from billproof.approvals.outdated import open_outdated, outdated_by
from billproof.approvals.superseding import document_of
from billproof.errors import Conflict
from billproof.findings import Finding, Owner, Severity
from billproof.identities import InvoiceId
from billproof.invoicing.balances import most_left
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import DocumentKind, Released
from billproof.invoicing.register import Register
from billproof.invoicing.releasing import release_credit, release_held
from billproof.invoicing.taken_slots import exclude_unbilled
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.receivables import still_open
from billproof.pipeline.artefacts import DRAFTED, Artefacts
from billproof.pipeline.issue_days import today_of
from billproof.pipeline.issuing import Issuing
from billproof.pipeline.month_facts import Reopening
from billproof.pipeline.months import reopen_month
from billproof.ports import Objects, Queue, Records

_APPLIED_ELSEWHERE = frozenset({Kind.RUN, Kind.VARIANCE, Kind.CONTRACT, Kind.ACCOUNT})
"""What an approval carries out nothing of: a run goes on by itself, a variance is named when its month is closed, an
order of a CRM becomes a contract when it is read again, and two accounts are known to be two customers."""


class ApplyOutcome(StrEnum):
    """What became of an approved invoice, of usage that no invoice bills, or of a month that was to be reopened."""

    RELEASED = "released"
    OUTDATED = "outdated"
    EXCLUDED = "excluded"
    REOPENED = "reopened"
    UNCHANGED = "unchanged"


class Applied(Model):
    """What became of an approved document: `released` under a number, or `outdated`, why, and the exception of that.

    Without a document there was only usage that no contract covers: it is `excluded` now. A month is `reopened`, or
    `unchanged` with the reason where it is not signed off any more.
    """

    exception: str
    outcome: ApplyOutcome
    number: str | None
    reason: str = ""
    raised: str | None = None


class _Applying:
    """Carries out approvals from what is stored."""

    def __init__(
        self,
        *,
        objects: Objects,
        register: Register,
        directory: Directory,
        cash_book: CashBook,
        postings: Queue,
        deliveries: Queue,
        now: datetime,
    ) -> None:
        self._objects = objects
        self._register = register
        self._cash_book = cash_book
        self._directory = directory
        self._queues: dict[str, Queue] = {"postings": postings, "deliveries": deliveries}
        self._now = now

    def release(self, opened: ExceptionRecord) -> Released | Finding:
        """Release what an exception is about, or say why it is not released."""
        return self._credit(opened) if opened.batch is None else self._invoice(opened, opened.batch)

    def _credit(self, opened: ExceptionRecord) -> Released | Finding:
        entity, document = self._directory.legal_entity(opened.legal_entity), document_of(opened)
        return self._paid_meanwhile(document) or release_credit(
            document_id=document,
            request_id=opened.run,
            objects=self._objects,
            register=self._register,
            today=today_of(entity, self._now),
            most_left=most_left(entity, opened.amount.currency, opened.findings) if opened.amount else Decimal(0),
            chart=entity.chart_of_accounts,
            **self._queues,
        )

    def _paid_meanwhile(self, document: str) -> Finding | None:
        """Find a credit note of more than is left after what was paid since it was asked for, unless it is released."""
        invoice = str(InvoiceId.parse(document).invoice)
        facts, released = self._register.facts(document), self._register.released(invoice)
        if facts is None or facts.request is None or facts.released is not None or released is None:
            return None
        credit = read_invoice(self._objects, facts.request.document)
        if credit.kind is not DocumentKind.WRITE_OFF:
            known = [one.released for one in self._register.credits(invoice) if one.released is not None]
            notes = [read_invoice(self._objects, note.document) for note in known]
            why_not = why_too_much([*notes, credit], released, self._cash_book)
            return None if why_not is None else _credited_too_much(released, -credit.totals.gross, why_not)
        gross = -credit.totals.gross
        entries = self._cash_book.entries(released.legal_entity, released.account, gross.currency)
        left = still_open(released, self._register, entries).amount
        return None if gross.amount <= left.amount else _written_off_too_much(released, gross, left)

    def _invoice(self, opened: ExceptionRecord, batch: str) -> Released | Finding:
        return release_held(
            Artefacts(self._objects).read(DRAFTED, opened.run, batch),
            opened.subject,
            register=self._register,
            issues=Issuing(
                opened.run,
                batch,
                objects=self._objects,
                directory=self._directory,
                now=self._now,
                approved=opened.findings,
            ),
            **self._queues,
        )


def _written_off_too_much(released: Released, gross: Money, left: Money) -> Finding:
    message = f"{gross} of {released.number} would be written off, of which {left} are open: it was paid since"
    remedy = "reject it; what is still open is written off by another request"
    return _too_much("write_off_over_open", released, gross, message=message, remedy=remedy)


def _credited_too_much(released: Released, gross: Money, message: str) -> Finding:
    remedy = "reject it; ask for what is left, or for a refund"
    return _too_much("credit_over_paid", released, gross, message=message, remedy=remedy)


def _too_much(code: str, released: Released, gross: Money, *, message: str, remedy: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.BLOCKING,
        account=released.account,
        path=released.number,
        message=message,
        remedy=remedy,
        owner=Owner.BILLING,
        amount_at_risk=gross,
    )


def apply_decision(
    *,
    exception: str,
    exception_store: ExceptionStore,
    policies: PolicyBook,
    objects: Objects,
    register: Register,
    directory: Directory,
    cash_book: CashBook,
    runs: Records,
    postings: Queue,
    deliveries: Queue,
    now: datetime,
) -> Applied:
    """Release the invoice or credit note that was approved, with the amounts that were approved, issued on this day.

    Without a document the usage that no contract covers is excluded. A month that is to be reopened is reopened.

    One whose tax is another on this day, whose late usage was billed meanwhile, which would leave a larger balance
    than was approved, write off more than is open or give back a discount that was taken, or for which the chart has
    no account, is outdated: it is not released, now or later, and another exception says why. Raises Conflict where
    nobody approved it who was entitled to: the stored decision counts, not what the workflow was told.
    """
    opened, decision = _approved(exception, exception_store, policies)
    if opened.kind is Kind.REOPENING:
        return _reopen(opened, decision, runs, register)
    if opened.batch is not None and _is_excluded(opened, objects, register):
        return Applied(exception=exception, outcome=ApplyOutcome.EXCLUDED, number=None)
    applying = _Applying(
        objects=objects,
        register=register,
        directory=directory,
        cash_book=cash_book,
        postings=postings,
        deliveries=deliveries,
        now=now,
    )
    raised = outdated_by(opened, exception_store)
    if raised is None:
        applied = applying.release(opened)
        if isinstance(applied, Released):
            return Applied(exception=exception, outcome=ApplyOutcome.RELEASED, number=applied.number)
        raised = open_outdated(opened, applied, exception_store=exception_store, directory=directory, now=now)
    return Applied(
        exception=exception,
        outcome=ApplyOutcome.OUTDATED,
        number=None,
        reason=raised.findings[0].message,
        raised=raised.id,
    )


def _reopen(opened: ExceptionRecord, decision: Decision, runs: Records, register: Register) -> Applied:
    reopening = Reopening(
        legal_entity=opened.legal_entity,
        period=opened.period,
        proposed_by=opened.requested_by,
        reopened_by=decision.decided_by,
        reopened_at=decision.decided_at,
        reason=opened.findings[0].message,
        exception=opened.id,
    )
    try:
        reopen_month(reopening, records=runs, register=register)
    except Conflict as error:
        return Applied(exception=opened.id, outcome=ApplyOutcome.UNCHANGED, number=None, reason=error.message)
    return Applied(exception=opened.id, outcome=ApplyOutcome.REOPENED, number=None)


def _approved(
    exception: str, exception_store: ExceptionStore, policies: PolicyBook
) -> tuple[ExceptionRecord, Decision]:
    """Return an exception that was approved by who was entitled to, and the approval; raises Conflict."""
    state = exception_store.state(exception)
    opened = state.opened
    if state.decision is None or state.decision.verdict is not Verdict.APPROVED or opened.kind in _APPLIED_ELSEWHERE:
        message = f"exception {exception} was not approved: nothing is released"
        raise Conflict(message)
    history = policies.history(opened.legal_entity)
    why_not = why_not_entitled(opened, state.decision, history=history, limits=exception_store.limits)
    if why_not is not None:
        message = f"the approval of exception {exception} counts for nothing, and nothing is released: {why_not}"
        raise Conflict(message)
    return opened, state.decision


def _is_excluded(opened: ExceptionRecord, objects: Objects, register: Register) -> bool:
    """Exclude usage that no contract covers, where that is all that was held; say whether."""
    batch = Artefacts(objects).read(DRAFTED, opened.run, opened.batch or "")
    return exclude_unbilled(batch, opened.subject, register=register)
