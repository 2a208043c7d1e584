"""What each fact adds to the figures of its day, and to what is under way.

A fact counts when it was recorded, whatever day it is dated: so what comes later changes no day that is over. Only what
never changes is read: facts, documents of releases, statements of runs.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from billproof.audit.model import FACT, OBJECT, AuditBlock, Entry
from billproof.audit.telling import kind_of_fact
from billproof.errors import NotFound
from billproof.identities import InvoiceId, RunId
from billproof.insights.deciding import take_decided, take_dispute, take_opened
from billproof.insights.figures import Figures
from billproof.insights.invoiced import take_cash, take_released
from billproof.insights.recorded import FactSources, RecordedFact
from billproof.insights.standing import ProcessStanding
from billproof.invoicing.facts import DELIVERED, HELD, POSTED, RELEASED
from billproof.nets import Net
from billproof.periods import Period
from billproof.pipeline.closing import read_statement
from billproof.pipeline.month_facts import SIGNED_OFF, SignOff
from billproof.pipeline.run_facts import decision_of
from billproof.pipeline.starting import CLOSED
from billproof.ports import Key
from billproof.store_keys import ObjectKey

STEP = "publish_metrics"
NO_TIME = timedelta(0)
FAILED_MAILS = ("refused", "unfit", "rejected", "bounced", "complained")


class Fold:
    """Adds blocks, one after the other, to a standing. What does not read is counted and logged, and adds nothing."""

    def __init__(self, standing: ProcessStanding, sources: FactSources) -> None:
        self.standing = standing
        self.sources = sources
        self.figures = Figures(standing.rows)
        self._net = Net(STEP)

    def take(self, block: AuditBlock) -> None:
        """Add what a block records."""
        for number, entry in enumerate(block.entries):
            name = f"{block.chain} {block.sequence} {number}"
            self._net.catch(name, lambda entry=entry: self._take(entry, block.at), lambda _finding: None)  # type: ignore[misc]
        self.standing.positions[block.chain] = block.sequence

    def _take(self, entry: Entry, at: str) -> None:
        if entry.what == OBJECT:
            self._take_object(entry.place[0], at)
        if entry.what != FACT:
            return
        take = OF_KINDS.get(kind_of_fact(entry.place))
        records = self.sources.facts.get(entry.store)
        key = Key(*entry.place)
        document = records.get(key) if take is not None and records is not None else None
        if take is not None and document is not None:
            take(RecordedFact(key, document, entry.store, at, self.standing, self.figures, self.sources))

    def _take_object(self, key: str, at: str) -> None:
        """Note when an invoice was drafted, or a month reconciled: an object is recorded before it is stored."""
        name = ObjectKey.parse(key)
        match name.folder, name.parts:
            case "invoices", (entity, period, subject, _):
                self._take_draft(InvoiceId.of_subject(entity, period, subject), at)
            case "reconciliation", (_, file):
                self._take_reconciliation(file.removesuffix(".json"), at)

    def _take_draft(self, document: InvoiceId, at: str) -> None:
        """Note when an invoice was first drafted; later runs of a month draft again what is released."""
        if document.is_credit:
            return
        name = str(document)
        if name not in self.standing.drafts and self.standing.runs.get(document.period, 1) == 1:
            self.figures.add("drafted")
            self.figures.took("draft", self._since_end_of(document.period, at))
        self.standing.drafts.setdefault(name, at)

    def _take_reconciliation(self, period: str, at: str) -> None:
        """Note the first reconciliation of a month that is over."""
        took = self._since_end_of(period, at)
        if took >= NO_TIME and period not in self.standing.reconciled:
            self.standing.reconciled[period] = at
            self.figures.took("reconciliation", took)

    def _since_end_of(self, period: str, at: str) -> timedelta:
        return datetime.fromisoformat(at) - self.standing.midnight(Period.month(period).end)


def _held(fact: RecordedFact) -> None:
    if fact.invoice.is_credit:
        return
    name = str(fact.invoice)
    if name not in fact.standing.held:
        fact.figures.add("held")
        fact.standing.held.add(name)


def _posted(fact: RecordedFact) -> None:
    _waited(fact, POSTED, "posting")
    fact.hears_of("erp")


def _delivered(fact: RecordedFact) -> None:
    _waited(fact, DELIVERED, "delivery")
    fact.hears_of("delivery")


def _waited(fact: RecordedFact, what: str, figure: str) -> None:
    waiting = fact.standing.released.get(str(fact.invoice))
    if waiting is None or what not in waiting.waits:
        return
    fact.figures.took(figure, fact.since(waiting.at))
    waiting.waits = tuple(one for one in waiting.waits if one != what)
    if not waiting.waits:
        del fact.standing.released[str(fact.invoice)]


def _failed_mail(fact: RecordedFact) -> None:
    fact.figures.add("failed", by="integration", of="delivery")


def _run_started(fact: RecordedFact) -> None:
    run = RunId.parse(fact.document["run_id"])
    fact.standing.runs[run.period] = run.ordinal


def _run_closed(fact: RecordedFact) -> None:
    """Take the statement of the first run of a month: later ones state the same events again."""
    run = RunId.parse(fact.document["run_id"])
    held, drafts = fact.standing.held, fact.standing.drafts
    for name in [name for name in drafts if InvoiceId.parse(name).period == run.period and name not in held]:
        del drafts[name]
    fact.standing.closed[run.period] = str(run)
    if run.ordinal != 1:
        return
    fact.figures.took("run", fact.since_end_of(run.period))
    try:
        statement = read_statement(fact.sources.objects, str(run))
    except NotFound:  # it was taken out
        return
    fact.figures.add("events", number=statement.events.distinct)
    fact.figures.add("late_events", number=statement.late_events.distinct)
    fact.figures.add("quarantined", number=statement.quarantined + statement.quarantined_unattributed)
    for place in statement.quarantine:
        if place.worth is not None:
            fact.figures.add("quarantine_worth", place.worth, number=place.open)


def _month(fact: RecordedFact) -> None:
    document: Any = fact.document
    if "reopened_by" in document:
        fact.figures.add("reopened")
        return
    signed = SignOff.model_validate(document)
    if fact.sources.facts["decisions"].get(decision_of(signed).key) is not None:
        fact.figures.took("close", fact.since_end_of(signed.period))
        fact.standing.closed.pop(signed.period, None)


def _contract(fact: RecordedFact) -> None:
    fact.figures.add("contract_versions")
    fact.hears_of("contracts")


def _receipt(fact: RecordedFact) -> None:
    if fact.key.sort == "received":
        fact.figures.add("receipts")
        fact.hears_of("payments")


OF_KINDS: Mapping[str, Callable[[RecordedFact], None]] = MappingProxyType(
    {
        HELD: _held,
        RELEASED: take_released,
        POSTED: _posted,
        DELIVERED: _delivered,
        **dict.fromkeys(FAILED_MAILS, _failed_mail),
        "opened": take_opened,
        "decided": take_decided,
        "disputes": take_dispute,
        "cash": take_cash,
        "runs": _run_started,
        CLOSED: _run_closed,
        SIGNED_OFF: _month,
        "contract": _contract,
        "receipt": _receipt,
    }
)
"""What the kinds of facts add; other kinds add nothing."""
