"""Exceptions of orders: one that cannot become a contract waits with its reasons, and so does one that differs.

An order has one subject, in the month in which it was made; what it waits for anew is another exception about it, which
takes the place of the one before. A decision ends the wait: approved, the difference is known and billing is right;
rejected, somebody corrects the order. Neither bills anything. Once the order agrees with billing, its exception ends.
"""

from dataclasses import dataclass
from datetime import date, datetime

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.model import ExceptionRecord, ExceptionState, Kind, Verdict
from billproof.approvals.raising import raise_exception
from billproof.approvals.superseding import no_longer_needed
from billproof.callers import SCHEDULE
from billproof.findings import Finding, bounded
from billproof.identities import ExceptionId
from billproof.ids import digest
from billproof.money import Money
from billproof.periods import instant_text, month_name
from billproof.ports import Workflows
from billproof.store_keys import ExceptionOrdinal

DIGITS = 24


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """Whose exception it is: a legal entity's, about a record of a CRM, in the month of a day."""

    legal_entity: str
    system: str
    record: str
    day: date

    @property
    def subject(self) -> str:
        """The subject of its exceptions; no account's name begins so."""
        return f"_deal-{digest([self.system, self.record])[:DIGITS]}"

    @property
    def period(self) -> str:
        """The month of its exceptions."""
        return month_name(self.day)


@dataclass(frozen=True, slots=True)
class CrmExceptions:
    """Opens and ends the exceptions of orders."""

    store: ExceptionStore
    workflows: Workflows
    now: datetime

    def wait(self, order: WaitingOrder, findings: list[Finding], *, amount: Money | None) -> str | None:
        """Let an order wait, and return its exception; None where a person decided this very wait before.

        Doing it again opens none twice, and starts what a crash left unstarted.
        """
        states = self._states(order)
        last = states[-1] if states else None
        opened = last.opened if last is not None and _substance(last) == _said(findings, amount) else None
        if last is not None and opened is not None and last.decision is not None:
            if last.status != Verdict.SUPERSEDED:
                return None
            opened = None
        if opened is None:
            opened = self._record(order, findings, amount, after=last)
        raise_exception(opened, exception_store=self.store, workflows=self.workflows)
        self._end(states, f"see {opened.id}", but=opened.id)
        return opened.id

    def waits_for(self, code: str, order: WaitingOrder) -> bool:
        """Say whether an order waits, and nobody decided it, with a finding whose code begins so."""
        return any(
            state.decision is None and any(finding.code.startswith(code) for finding in state.opened.findings)
            for state in self._states(order)
        )

    def end(self, order: WaitingOrder, reason: str) -> None:
        """End what an order waits for: it is not needed any more."""
        self._end(self._states(order), reason)

    def _end(self, states: list[ExceptionState], reason: str, *, but: str = "") -> None:
        for state in states:
            if state.decision is None and state.opened.id != but:
                self.store.supersede(no_longer_needed(state.opened.id, reason, self.now))

    def _states(self, order: WaitingOrder) -> list[ExceptionState]:
        return self.store.of_subject(order.legal_entity, order.period, order.subject)

    def _record(
        self, order: WaitingOrder, findings: list[Finding], amount: Money | None, *, after: ExceptionState | None
    ) -> ExceptionRecord:
        number = ExceptionOrdinal.parse(ExceptionId.parse(after.opened.id).ordinal).run if after else 0
        ordinal = str(ExceptionOrdinal(number + 1))
        return ExceptionRecord(
            id=str(ExceptionId(order.legal_entity, order.period, order.subject, ordinal)),
            kind=Kind.CONTRACT,
            legal_entity=order.legal_entity,
            period=order.period,
            subject=order.subject,
            run=f"{order.system}:{order.record}",
            batch=None,
            requested_by=SCHEDULE,
            amount=amount,
            findings=bounded(findings),
            can_approve=True,
            opened_at=instant_text(self.now),
        )


def _substance(state: ExceptionState) -> tuple[object, ...]:
    """Return what an exception waits for: another wait than that is another exception."""
    return state.opened.amount, [(one.code, one.path, one.message, one.amount_at_risk) for one in state.opened.findings]


def _said(findings: list[Finding], amount: Money | None) -> tuple[object, ...]:
    return amount, [(one.code, one.path, one.message, one.amount_at_risk) for one in bounded(findings)]
