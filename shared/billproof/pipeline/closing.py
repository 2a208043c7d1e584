"""Closing a billing run: nothing planned may be missing; then its statement is computed from what the steps wrote."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from billproof.findings import Finding
from billproof.invoicing.drafts import Draft, DraftOutcome, ReleasedInvoice
from billproof.invoicing.releasing import changed_finding
from billproof.model import Model
from billproof.money import Money, Taxed
from billproof.pipeline.artefacts import AGGREGATION_PLAN, DRAFTED, REFUSED, RELEASED, RUN_PLAN, STATEMENT, Artefacts
from billproof.pipeline.check_warnings import check_warnings
from billproof.pipeline.model import CurrencyTotal, RunPlan, RunStatement
from billproof.pipeline.quarantine import quarantine_findings, quarantine_of
from billproof.pipeline.shared_ids import shared_id_findings
from billproof.pipeline.starting import mark_closed
from billproof.ports import Objects, Records
from billproof.usage import log
from billproof.usage.keys import UNKNOWN_DAY, bucket_name
from billproof.usage.model import EventCounts, Reason
from billproof.usage.refusal_model import PlaceKind


class CloseOutcome(StrEnum):
    """Whether a run could be closed; the workflow branches on `closed`."""

    CLOSED = "closed"
    INCOMPLETE = "incomplete"


class Closed(Model):
    """Whether the run is closed, or which batches are missing."""

    run_id: str
    outcome: CloseOutcome
    missing: tuple[str, ...] = ()
    missing_key: str | None = None
    released: int = 0
    held: int = 0
    statement_key: str | None = None


def close_billing_run(*, run_id: str, objects: Objects, records: Records) -> Closed:
    """Compare the batches planned with the results written, and write the statement where none is missing.

    A map's own verdict is not trusted. The missing batches are written as a list that a map reads, so that they can be
    tried again. Raises NotFound where the run was never planned.
    """
    artefacts = Artefacts(objects)
    plan = artefacts.read(RUN_PLAN, run_id)
    missing = sorted(set(plan.batches) - set(artefacts.parts(RELEASED, run_id)))
    if missing:
        items = [{"run_id": run_id, "batch_id": batch} for batch in missing]
        key = artefacts.write_map_items(run_id, "missing", items)
        return Closed(run_id=run_id, outcome=CloseOutcome.INCOMPLETE, missing=tuple(missing), missing_key=key)
    sums = RunSums()
    for batch in plan.batches:
        sums.add_batch(run_id, batch, artefacts)
    statement = _statement(plan, sums, artefacts, objects)
    key = artefacts.write(STATEMENT, run_id, statement)
    mark_closed(records, run_id=run_id, statement_key=key)
    return Closed(
        run_id=run_id, outcome=CloseOutcome.CLOSED, released=statement.released, held=statement.held, statement_key=key
    )


def read_statement(objects: Objects, run_id: str) -> RunStatement:
    """Return the statement of a closed run; raises NotFound."""
    return Artefacts(objects).read(STATEMENT, run_id)


class RunSums:
    """What the batches of a run come to, added up batch by batch: of an account only its findings are kept."""

    def __init__(self) -> None:
        self.accounts = 0
        self.events = EventCounts.zero()
        self.late_events = EventCounts.zero()
        self.results: Counter[str] = Counter()
        self.changed = 0
        self.totals: dict[str, CurrencyTotal] = {}
        self.findings: list[Finding] = []
        self.of_changes: list[Finding] = []

    def add_batch(self, run: str, batch: str, artefacts: Artefacts) -> None:
        """Add a batch by what its steps wrote; raises NotFound."""
        self.add(artefacts.read(DRAFTED, run, batch).drafts, artefacts.read(RELEASED, run, batch).invoices)

    def add(self, drafts: Sequence[Draft], results: Sequence[ReleasedInvoice]) -> None:
        """Add a batch."""
        self.accounts += len(drafts)
        for draft in drafts:
            self.events += draft.events
            self.late_events += draft.late_events
            self.findings += draft.findings
            if draft.outcome is DraftOutcome.CLEAN and draft.document is not None:
                self._add_total(CurrencyTotal(invoices=1, totals=draft.document.totals))
        self.results.update(str(result.outcome) for result in results)
        changed = [result for result in results if result.changed]
        self.changed += len(changed)
        self.of_changes += map(changed_finding, changed)

    def add_sums(self, other: "RunSums") -> None:
        """Add what other batches come to."""
        self.accounts += other.accounts
        self.events += other.events
        self.late_events += other.late_events
        self.results.update(other.results)
        self.changed += other.changed
        self.findings += other.findings
        self.of_changes += other.of_changes
        for total in other.totals.values():
            self._add_total(total)

    @property
    def all_findings(self) -> list[Finding]:
        """The findings of drafts, then those of invoices that would be other ones now."""
        return [*self.findings, *self.of_changes]

    def stated(self, findings: Iterable[Finding]) -> dict[str, Any]:
        """Return what a statement says of them beside their events; `findings` are those of accounts."""
        return {
            "accounts": self.accounts,
            "released": self.results["released"],
            "already_released": self.results["already_released"],
            "changed_after_release": self.changed,
            "held": self.results[str(DraftOutcome.HELD)],
            "without_contract": self.results[str(DraftOutcome.WITHOUT_CONTRACT)],
            "totals": self.totals,
            "held_at_risk": _at_risk(findings),
        }

    def _add_total(self, added: CurrencyTotal) -> None:
        currency = added.totals.net.currency
        known = self.totals.get(currency)
        if known:
            amounts = Taxed.of(known.totals.net + added.totals.net, known.totals.tax + added.totals.tax)
            added = CurrencyTotal(invoices=known.invoices + added.invoices, totals=amounts)
        self.totals[currency] = added


def _statement(plan: RunPlan, sums: RunSums, artefacts: Artefacts, objects: Objects) -> RunStatement:
    findings = sums.all_findings
    quarantined, unattributed = quarantined_by_account(plan, artefacts, objects)
    places = quarantine_of(plan, artefacts, objects, findings)
    return RunStatement(
        run=plan.run,
        legal_entity=plan.legal_entity,
        period=plan.period,
        events=sums.events,
        late_events=sums.late_events,
        quarantined=quarantined.total(),
        quarantined_unattributed=unattributed,
        quarantine=tuple(places),
        findings=(
            *findings,
            *quarantine_findings(places, plan.period.name),
            *shared_id_findings(plan, artefacts),
            *check_warnings(plan, artefacts, besides=findings),
        ),
        **sums.stated(findings),
    )


def _at_risk(findings: Iterable[Finding]) -> dict[str, Money]:
    """Add up what the held invoices are worth: one finding an invoice, since each names the whole of it."""
    by_account: dict[str, Money] = {}
    for finding in findings:
        if finding.amount_at_risk is not None:
            by_account.setdefault(finding.account, finding.amount_at_risk)
    totals: dict[str, Money] = {}
    for amount in by_account.values():
        totals[amount.currency] = totals.get(amount.currency, Money.zero(amount.currency)) + amount
    return totals


def quarantined_by_account(plan: RunPlan, artefacts: Artefacts, objects: Objects) -> tuple[Counter[str], int]:
    """Count the refused events of a run's period: those of its accounts, and those of no account that is known.

    Conflicting duplicates were accepted first; the event counts have them.
    """
    if artefacts.has_list(REFUSED, plan):
        own = [event for event in artefacts.read(REFUSED, plan.run).events if not event.is_late]
        of_accounts = Counter(event.place for event in own if event.kind is PlaceKind.ACCOUNT)
        return of_accounts, len(own) - of_accounts.total()
    return _quarantined_before(plan, artefacts, objects)


def _quarantined_before(plan: RunPlan, artefacts: Artefacts, objects: Objects) -> tuple[Counter[str], int]:
    """Count for a run of before there was a list: what the queue received before its plan."""
    windows = {}
    days: set[str] = set()
    for bucket in plan.buckets:
        aggregation = artefacts.read(AGGREGATION_PLAN, plan.run, bucket_name(bucket))
        mine = [window for window in aggregation.windows if window.period == plan.period.name]
        windows.update({window.account: window for window in mine})
        days.update(aggregation.days if mine else ())
    refused: Counter[str] = Counter()
    unattributed = 0
    for day in (*sorted(days), UNKNOWN_DAY):
        for line in log.read_quarantine(objects, day):
            if line.reason == Reason.CONFLICT or line.received_at >= plan.received_before:
                continue
            window = windows.get(line.account or "")
            if line.account is None or line.time is None:
                unattributed += 1
            elif window is not None and window.start <= line.time < window.end:
                refused[line.account] += 1
    return refused, unattributed
