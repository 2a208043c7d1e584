"""Close a month: it is signed off where it balances, or with open points that somebody answers for by name.

    reconcile -> no variance ------------------------------------------> signed off
              -> variance over the threshold -> approved exception --+-> named -> signed off with it
              -> smaller variance -> within the limit of who closes -+
              -> any other                                              -> refused, with all that is open

Reopening a month is an exception: one person asks for it, another one without a limit approves it (applying.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from billproof.approvals.asking import known_person
from billproof.approvals.entitlement import why_not_entitled
from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.governing import PolicyBook
from billproof.approvals.model import (
    REOPENING_SUBJECT,
    ExceptionRecord,
    ExceptionState,
    Kind,
    Verdict,
)
from billproof.approvals.policy import Person
from billproof.approvals.raising import raise_exception
from billproof.approvals.variances import amount_of, exceptions_of, in_order, known_amount_of, variances_of, waits
from billproof.callers import Identity
from billproof.errors import Conflict, InvalidInput, NotFound
from billproof.findings import Finding, Owner, Severity
from billproof.identities import ExceptionId
from billproof.model import Model
from billproof.money import Money
from billproof.periods import Period, cut_off, instant_text
from billproof.pipeline.month_facts import OpenPoint, SignOff, signed_off
from billproof.pipeline.months import refuse_reopening, sign_off_month
from billproof.pipeline.starting import run_ids, run_key
from billproof.ports import Objects, Records, Workflows
from billproof.reconciliation.model import Reconciliation, Variance
from billproof.reconciliation.seen import MonthSight
from billproof.reconciliation.sums import report_key
from billproof.store_keys import ExceptionOrdinal

if TYPE_CHECKING:
    from billproof.invoicing.register import Register
    from billproof.masterdata.directory import Directory
    from billproof.payments.book import CashBook
    from billproof.payments.gateway_book import GatewayBook
    from billproof.payments.statement_book import StatementBook

LEAST_REASON = 3
"""Letters of the shortest reason that says anything."""
MOST_NAMED = 20
"""Open points that a refusal names; the others are counted, and all of them are in the reports."""


@dataclass(frozen=True, slots=True)
class CloseSources:
    """What closing a month reads and writes, at a moment."""

    directory: Directory
    policies: PolicyBook
    runs: Records
    decisions: Records
    register: Register
    objects: Objects
    book: CashBook
    statements: StatementBook
    gateways: GatewayBook
    exception_store: ExceptionStore
    workflows: Workflows
    grace: timedelta
    now: datetime


class WantedClose(Model):
    """A month that a person closes, and the variances that it is closed with, by name, and why."""

    legal_entity: str
    period: str
    open_points: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReopeningAsked:
    """How a month is signed off, and the exception that another person decides: approved, the month is open again."""

    signed: SignOff
    exception: str


def close_month(wanted: WantedClose, *, caller: Identity, sources: CloseSources) -> SignOff:
    """Sign a month off where nothing is open that is not named and answered for; again changes nothing.

    Raises NotAllowed for a caller who is no person of the policy, what sign_off_month raises, InvalidInput where open
    points are named without a reason, and Conflict where it was not reconciled since its last run or fact, and where
    anything else is open: the message names it.
    """
    person = known_person(sources.policies, wanted.legal_entity, caller)
    known = signed_off(sources.runs, wanted.legal_entity, wanted.period)
    if known is not None:
        return known
    if wanted.open_points and len(wanted.reason.strip()) < LEAST_REASON:
        message = "open points need a reason that another person understands"
        raise InvalidInput(message)
    closing = _Closing(wanted, person, sources)
    return sign_off_month(
        legal_entity=wanted.legal_entity,
        period=wanted.period,
        signed_by=person.id,
        records=sources.runs,
        decisions=sources.decisions,
        register=sources.register,
        directory=sources.directory,
        now=sources.now,
        grace=sources.grace,
        open_points=closing.points(),
        look_again=lambda: _Closing(wanted, person, sources).points(),
    )


class _Closing:
    """What is open of a month, and who answers for it."""

    def __init__(self, wanted: WantedClose, person: Person, sources: CloseSources) -> None:
        self._wanted = wanted
        self._person = person
        self._sources = sources
        policy = sources.policies.in_force(wanted.legal_entity)
        self._rules = policy.variances
        self._role = policy.role_of(person)
        self._accepted: dict[str, Money] = {}

    def points(self) -> list[OpenPoint]:
        """Return the open points that the month is closed with; raises Conflict where something else is open."""
        points, refused, names = list[OpenPoint](), list[str](), set(self._wanted.open_points)
        for report in self._reports():
            exceptions = exceptions_of(report, self._sources.exception_store)
            before = self._closed_with(report.period)
            for variance in in_order(variances_of(report)):
                if variance.id in before:
                    names.discard(variance.id)
                    continue
                answer = self._answer(variance, exceptions.get(variance.id))
                if isinstance(answer, str):
                    refused.append(f"{variance.id} {variance.category} {amount_of(variance)}: {answer}")
                else:
                    points.append(answer)
                names.discard(variance.id)
        refused += [f"{name} is no variance of the month, or not any more: leave it out" for name in sorted(names)]
        if refused:
            more = f"; and {len(refused) - MOST_NAMED} more" if len(refused) > MOST_NAMED else ""
            message = f"{self._wanted.period} is open: {'; '.join(refused[:MOST_NAMED])}{more}"
            raise Conflict(message)
        return points

    def _reports(self) -> Iterator[Reconciliation]:
        """Yield what compares the month's documents, and what compares those that are dated in it.

        Raises Conflict where one is older than the last run, the end of the month or the last fact that it is about:
        of the month's documents, and of what is dated in the month.
        """
        month = Period.month(self._wanted.period)
        sight, today = self._sight(), self._sources.now.date()
        entity, sources = self._wanted.legal_entity, self._sources
        for period in (Period.month_ending(month.start).name, month.name):
            runs = run_ids(sources.runs, entity, period)
            try:
                report = Reconciliation.model_validate_json(sources.objects.get(report_key(entity, period)))
            except NotFound:
                report = None
            if runs:
                planned = (sources.runs.get(run_key(runs[-1])) or {}).get("planned_at", "")
                since = max(planned, instant_text(cut_off(month, sources.grace)))
                if report is None or report.reconciled_at < since:
                    message = f"{period} was not reconciled since {since}: reconcile it, then close {month.name}"
                    raise Conflict(message)
            known = report.seen if report is not None else None
            is_old = sight.has_documents_since(known, period, today)
            if is_old or (period != month.name and sight.has_cash_since(known, period)):
                message = f"{period} was not reconciled since the last that came: reconcile it, then close {month.name}"
                raise Conflict(message)
            if report is not None:
                yield report

    def _sight(self) -> MonthSight:
        sources = self._sources
        entity = sources.directory.legal_entity(self._wanted.legal_entity)
        return MonthSight(entity, sources.register, sources.book, sources.statements, sources.gateways)

    def _closed_with(self, period: str) -> frozenset[str]:
        """Return the open points that the month before was closed with: they were answered for."""
        if period == self._wanted.period:
            return frozenset()
        known = signed_off(self._sources.runs, self._wanted.legal_entity, period)
        return frozenset(point.variance for point in known.open_points) if known else frozenset()

    def _answer(self, variance: Variance, state: ExceptionState | None) -> OpenPoint | str:
        """Return who answers for a variance, or why nobody does."""
        if variance.id not in self._wanted.open_points:
            return "it is not named as an open point"
        if state is not None and state.decision is not None and state.decision.verdict is Verdict.APPROVED:
            why_not = why_not_entitled(
                state.opened,
                state.decision,
                history=self._sources.policies.history(self._wanted.legal_entity),
                limits=self._sources.exception_store.limits,
            )
            if why_not is None:
                taken = state.decision
                return _point(variance, taken.decided_by, taken.reason, exception=state.opened.id)
        if state is not None and state.status not in {Verdict.APPROVED, Verdict.SUPERSEDED}:
            return f"exception {state.opened.id} is {state.status}"
        if self._rules is not None and waits(variance, self._rules):
            return "it is over the threshold of the policy, and has no approved exception"
        return self._by_who_closes(variance)

    def _by_who_closes(self, variance: Variance) -> OpenPoint | str:
        """Let who closes answer for a variance, or say why that person may not."""
        amount = amount_of(variance)
        if known_amount_of(variance) is None and not self._role.may_approve(None):
            return "what it comes to is not known: only a role without a limit answers for it"
        accepted = self._accepted.get(amount.currency, Money.zero(amount.currency)) + amount
        if not self._role.may_approve(accepted):
            return f"all that is accepted comes to {accepted}, over the limit of {self._person.id}"
        self._accepted[amount.currency] = accepted
        return _point(variance, self._person.id, self._wanted.reason.strip())


def _point(variance: Variance, accepted_by: str, reason: str, *, exception: str = "") -> OpenPoint:
    return OpenPoint(
        variance=variance.id,
        category=variance.category,
        account=variance.billing_account,
        amount=amount_of(variance),
        age_days=variance.age_days,
        owner=variance.owner,
        accepted_by=accepted_by,
        reason=reason,
        exception=exception,
    )


def ask_for_reopening(
    *, legal_entity: str, period: str, reason: str, caller: Identity, sources: CloseSources
) -> ReopeningAsked:
    """Let a month that is signed off wait for another person, who reopens it; while one waits, that one is returned.

    Raises InvalidPeriod for what is no month, NotAllowed for a caller who is no person of the policy, InvalidInput
    without a reason, and Conflict for a month that is not signed off, or before one that is.
    """
    period = Period.month(period).name
    person = known_person(sources.policies, legal_entity, caller)
    if len(reason.strip()) < LEAST_REASON:
        message = "reopening a month needs a reason that another person understands"
        raise InvalidInput(message)
    signed = refuse_reopening(sources.runs, legal_entity, period)
    store = sources.exception_store
    states = store.of_subject(legal_entity, period, REOPENING_SUBJECT)
    waiting = next((state for state in states if state.decision is None), None)
    if waiting is None:
        opened = _reopening(legal_entity, period, reason.strip(), person, len(states) + 1, sources.now)
        store.open(opened)
        waiting = store.state(opened.id)
    raise_exception(waiting.opened, exception_store=store, workflows=sources.workflows)
    return ReopeningAsked(signed, waiting.opened.id)


def _reopening(
    legal_entity: str, period: str, reason: str, person: Person, ordinal: int, now: datetime
) -> ExceptionRecord:
    finding = Finding(
        code="reopening_asked_for",
        severity=Severity.BLOCKING,
        account="",
        path=period,
        message=reason,
        remedy="approve it and the month takes runs and documents again; reject it and it stays closed",
        owner=Owner.BILLING,
    )
    return ExceptionRecord(
        id=str(ExceptionId(legal_entity, period, REOPENING_SUBJECT, str(ExceptionOrdinal(ordinal)))),
        kind=Kind.REOPENING,
        legal_entity=legal_entity,
        period=period,
        subject=REOPENING_SUBJECT,
        run=f"the reopening of {period}",
        batch=None,
        requested_by=person.id,
        amount=None,
        findings=(finding,),
        can_approve=True,
        opened_at=instant_text(now),
    )
