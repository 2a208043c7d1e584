"""What billproof tells people: findings, exceptions, variances, proofs, the audit, the cash statement and ageing.

Nothing here looks at what was injected.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from billproof.conservation.cash import cash_statement
from billproof.errors import BillproofError
from billproof.findings import Finding, Severity
from billproof.invoicing.documents import read_invoice
from billproof.payments.model import UseKind
from billproof.pipeline.artefacts import DRAFTED, RUN_PLAN, Artefacts
from billproof.pipeline.closing import read_statement
from billproof.pipeline.model import RunStatement
from billproof.pricing.model import LineKind
from billproof.proof.service import prove_run
from billproof.reconciliation.model import Cause
from lab.company import ENTITY
from lab.stage import BANK_ACCOUNT, Stage
from tests.support.verifying import verified

LOOKED_ON = date(2013, 6, 1)
"""The day on which somebody looks at what is overdue."""


OF_THE_BANK = {Cause.STATEMENT_GAP, Cause.STATEMENT_OVERLAP}


class Signal(NamedTuple):
    """One thing that people are told: a stable code, whose it is, where, how much if known, whether anything waits."""

    code: str
    account: str
    where: str
    amount: Decimal | None
    month: str
    at: datetime
    holds: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same signal in another world."""
        return self.code, self.account, self.where, self.month

    def names(self, place: str) -> bool:
        """Say whether it is told of a place: an account, a source or a document."""
        return re.search(rf"(?<![\w-]){re.escape(place)}(?![\w-])", f"{self.account} {self.where}") is not None


class Watch:
    """Collects signals while a stage plays; what is told twice is one signal, of its first time."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.taken = stage, len(stage.runs)
        self.signals: dict[tuple[str, str, str, str], Signal] = {}

    def see(self, month: str, *, is_after_run: bool) -> None:
        """Look at what a run, or a reconciliation, tells."""
        signals = self._of_run(month) if is_after_run else self._of_reconciliation(month)
        for signal in signals:
            self.signals.setdefault(signal.key, signal)

    def see_end(self) -> None:
        """Look at what stays when all is over: proofs of every run, the audit chain, cash, and what is overdue."""
        for look in (self._of_alarms, self._of_proofs, self._of_audit, self._of_cash, self._of_ageing):
            for signal in self._read(look()):
                self.signals.setdefault(signal.key, signal)

    def _read(self, signals: Iterator[Signal]) -> Iterator[Signal]:
        """Yield signals; a command that stops since something stored is not what it was tells that much."""
        try:
            yield from signals
        except BillproofError as error:
            yield self._told("unreadable", str(error), "")

    def _now(self) -> datetime:
        return self.stage.world.now()

    def _of_run(self, month: str) -> Iterator[Signal]:
        store = self.stage.world.exception_store
        statement = read_statement(self.stage.world.objects, self.stage.runs[-1])
        for period in self.stage.scene.months:
            for state in store.of_period(ENTITY, period):
                for finding in (one for one in state.opened.findings if not _only_asks(one)):
                    yield self._found(finding, finding.account or state.opened.subject, month)
        for finding in statement.findings:
            yield self._found(finding, finding.account, month)
        yield from self._counted(statement, month)
        yield from self._differences(month)

    def _found(self, finding: Finding, account: str, month: str) -> Signal:
        amount = None if finding.amount_at_risk is None else abs(finding.amount_at_risk.amount)
        holds = finding.severity is Severity.BLOCKING
        where = f"{finding.path} {finding.code}"
        return Signal(finding.code, account, where, amount, month, self._now(), holds=holds)

    def _counted(self, statement: RunStatement, month: str) -> Iterator[Signal]:
        """Tell what the run's statement counts of its events besides those that it bills."""
        for name in ("duplicate", "conflicting", "corrected", "retraction", "unmatched"):
            count = getattr(statement.events, name)
            if count:
                yield Signal(f"events_{name}", "", f"run {count}", None, month=month, at=self._now())

    def _differences(self, month: str) -> Iterator[Signal]:
        """Tell of the lines that bill a difference of an earlier month: what was missed there is on the invoice now."""
        objects, run = self.stage.world.objects, self.stage.runs[-1]
        artefacts = Artefacts(objects)
        batches = artefacts.read(RUN_PLAN, run).batches
        for draft in (one for batch in batches for one in artefacts.read(DRAFTED, run, batch).drafts):
            lines = read_invoice(objects, draft.document).lines if draft.document else ()
            for line in (one.priced for one in lines if one.priced.kind is LineKind.DIFFERENCE):
                yield Signal("difference_billed", draft.account, line.id, abs(line.net.amount), month, self._now())

    def _of_reconciliation(self, month: str) -> Iterator[Signal]:
        yield from self._proposed(month)
        reports = [report for report in (self.stage.report, self.stage.report_before) if report]
        for variance in (one for report in reports for one in (*report.variances, *report.unsettled)):
            amount = None if variance.amount is None else abs(variance.amount.amount)
            where = f"{variance.invoice} {variance.external_reference} {variance.account}"
            if variance.cause in OF_THE_BANK:
                where += f" {BANK_ACCOUNT}"
            yield Signal(variance.cause.value, variance.billing_account, where, amount, month=month, at=self._now())

    def _of_alarms(self) -> Iterator[Signal]:
        for queue, message in self.stage.dead_letters:
            yield self._told(f"{queue}-failed", message, "")

    def _proposed(self, month: str) -> Iterator[Signal]:
        """Tell of receipts that wait for a person, with the rule that says why."""
        for state in self.stage.world.cash_book.received(ENTITY):
            last = state.uses[-1] if state.uses else None
            if last is not None and last.kind is UseKind.PROPOSED and last.match is not None:
                code, amount = f"proposed_{last.match.rule}", state.receipt.amount.amount
                yield Signal(code, last.match.account or "", state.receipt.id, amount, month, self._now())

    def _of_proofs(self) -> Iterator[Signal]:
        for run in self.stage.runs[self.taken :]:
            proof = prove_run(run, stores=self.stage.world.stores())
            for difference in proof.differences:
                yield self._told(f"proof_{difference.kind.value}", f"{difference.where}", run)

    def _of_audit(self) -> Iterator[Signal]:
        for finding in verified(self.stage.world).findings:
            yield self._told(f"audit_{finding.kind.value}", finding.where, "")

    def _of_cash(self) -> Iterator[Signal]:
        receivables = self.stage.world.cash_sources().receivables(ENTITY)
        statement = cash_statement(receivables, self.stage.world.dispute_book)
        for customer in statement.customers:
            for equation in customer.equations:
                if not equation.balances:
                    amount = abs(equation.difference)
                    yield Signal(
                        "cash_out_of_balance", customer.account, equation.code, amount, month="", at=self._now()
                    )

    def _of_ageing(self) -> Iterator[Signal]:
        """Tell of invoices that are open after their due day, as `billproof receivables ageing` lists them."""
        receivables = self.stage.world.cash_sources().receivables(ENTITY)
        for account in (one["id"] for one in self.stage.scene.accounts):
            for item in receivables.of_account(account):
                if item.open.amount > 0 and item.due < LOOKED_ON:
                    yield Signal("overdue", account, item.number, item.open.amount, month="", at=self._now())

    def _told(self, code: str, where: str, run: str) -> Signal:
        return Signal(code, "", f"{where} {run}", None, month="", at=self._now())


def _only_asks(finding: Finding) -> bool:
    """Say whether an exception tells nothing: each credit note waits for approval, each variance is told of already."""
    return finding.code == "credit_requested" or finding.code.startswith("variance_")
