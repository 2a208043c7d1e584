"""Recognising deferred revenue, month by month, and showing what is still deferred."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial

from billproof.erp.accruing import accrual_entry, accruals_of, accrue, left_accrued
from billproof.erp.intent import erp_of
from billproof.erp.port import Erps, erp_named
from billproof.erp.posting import PostingOutcome
from billproof.erp.service import ensure_posted
from billproof.errors import InvalidInput, InvalidPeriod, NotFound, PostingRejected, work_apart
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import InvoiceFacts
from billproof.invoicing.model import Invoice, Released
from billproof.invoicing.register import Register
from billproof.ledger.model import JournalEntry
from billproof.ledger.obligations import obligations
from billproof.ledger.revenue import books_close, revenue_entry
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.money import Money
from billproof.periods import Period
from billproof.ports import Objects

CATCH_UP_MONTHS = 3
"""Months before the last whole one that are looked at again: for documents that were posted late."""


AHEAD_MONTHS = 24
"""Months after those shown in which a document may earn first what it deferred."""


LACKING = "publish the legal entity with what it lacks, then recognize the month again"


class MonthRecognized(Model):
    """What a month earned of deferred revenue in a legal entity, and how many entries were posted for it now.

    `accrued` is what it added to contract assets, less what it released.
    """

    legal_entity: str
    month: str
    documents: int
    posted: int
    earned: Money
    accrued: Money


class RecognitionOutcome(StrEnum):
    """What a call came to: whatever else may happen is raised."""

    RECOGNIZED = "recognized"


class RecognitionResult(Model):
    """What a call of recognize_revenue returns."""

    outcome: RecognitionOutcome
    months: tuple[MonthRecognized, ...]


def recognize_month(
    *, legal_entity: str, month: str, directory: Directory, register: Register, objects: Objects, erps: Erps
) -> MonthRecognized:
    """Post what a month earns of each document that deferred revenue to it, and what it accrues of those that wait.

    Doing it again posts nothing. Each is posted in the ERP that holds its document. Raises NotFound where there is no
    such legal entity, InvalidPeriod, Conflict where the ERP has another document under an entry's reference, and
    PostingRejected, with the first remedy, once everything else is posted: where the ERP does not take an entry, or
    the legal entity lacks an account or an ERP for it.
    """
    entity, period = directory.legal_entity(legal_entity), Period.month(month)
    earned, accrued, documents, posted = Money.zero(entity.currency), Money.zero(entity.currency), 0, 0
    rejected: list[PostingRejected | InvalidInput] = []
    for month_entry in _entries(entity, period, register, objects):
        documents += 1
        try:
            entry = month_entry.entry()
            if not entry.lines:
                continue
            outcome, _ = ensure_posted(entry, erp_named(month_entry.erp, erps))
        except (PostingRejected, InvalidInput) as error:
            rejected.append(error)
            continue
        posted += outcome is PostingOutcome.POSTED
        earned += month_entry.earned
        accrued += month_entry.accrued
    if rejected:
        message = f"{len(rejected)} of {documents} revenue entries of {month} were rejected: {rejected[0].message}"
        remedies = (error.remedy for error in rejected if isinstance(error, PostingRejected))
        raise PostingRejected(message, remedy=next(remedies, LACKING))
    return MonthRecognized(
        legal_entity=legal_entity, month=month, documents=documents, posted=posted, earned=earned, accrued=accrued
    )


@dataclass(frozen=True, slots=True)
class _MonthEntry:
    """What makes an entry of a month, and what that earns of deferred revenue and adds to contract assets."""

    entry: Callable[[], JournalEntry]
    erp: str
    earned: Money
    accrued: Money


def _entries(entity: LegalEntity, month: Period, register: Register, objects: Objects) -> Iterator[_MonthEntry]:
    """Yield what a month earns of documents that are posted, then what it accrues of invoices that wait."""
    zero = Money.zero(entity.currency)
    for released, invoice in _deferring(entity.id, month.name, register, objects):
        if month.start < books_close(invoice):
            continue  # its own posting books what was earned by then
        entry = partial(revenue_entry, invoice, released, month, entity.chart_of_accounts)
        changes = [(obligation.is_accrued, obligation.earned_in(month)) for obligation in obligations(invoice)]
        earned = zero.plus(amount for is_accrued, amount in changes if not is_accrued)
        freed = zero.plus(amount for is_accrued, amount in changes if is_accrued)
        yield _MonthEntry(entry, erp_of(invoice.id, entity, register), earned, freed)
    for facts in _may_wait(entity.id, month.name, register):
        accrued = accrue(facts, month, entity, register=register, objects=objects)
        if accrued is not None:
            change = zero.plus(accrued.now.values()) - zero.plus(accrued.before.values())
            yield _MonthEntry(partial(accrual_entry, str(facts.id), accrued, entity), accrued.erp, zero, change)


def _may_wait(legal_entity: str, month: str, register: Register) -> Iterator[InvoiceFacts]:
    """Yield the invoices of a month, and earlier ones of which something was accrued."""
    known = {document: register.facts(document) for document in register.deferred(legal_entity, month)}
    for facts in register.of_period(legal_entity, month):
        if not facts.id.is_credit and str(facts.id) not in known:
            yield facts
    for earlier in known.values():
        if earlier is not None and not earlier.id.is_credit:
            yield earlier


def recognize_revenue(
    *,
    legal_entity: str | None,
    month: str | None,
    now: datetime,
    directory: Directory,
    register: Register,
    objects: Objects,
    erps: Erps,
) -> RecognitionResult:
    """Recognise a month of one legal entity or all; without a month the last whole one, and a few before it again.

    One legal entity's trouble never stops the next. Raises InvalidPeriod for a month that is not over: nothing is
    earned before its time.
    """
    entities = [directory.legal_entity(legal_entity)] if legal_entity else directory.legal_entities()

    def months_of(entity: LegalEntity) -> list[MonthRecognized]:
        last = _last_months(now, entity.time_zone)
        if month is not None and Period.month(month).name > last[-1]:
            message = f"{month} has not ended for {entity.id}: the last whole month is {last[-1]}"
            raise InvalidPeriod(message)
        return [
            recognize_month(
                legal_entity=entity.id, month=name, directory=directory, register=register, objects=objects, erps=erps
            )
            for name in ([month] if month else last)
        ]

    done = work_apart(months_of, ((entity.id, entity) for entity in entities))
    return RecognitionResult(
        outcome=RecognitionOutcome.RECOGNIZED, months=tuple(result for months in done for result in months)
    )


def _last_months(now: datetime, time_zone: str) -> list[str]:
    months = [Period.month_before(now, time_zone)]
    for _ in range(CATCH_UP_MONTHS):
        months.insert(0, Period.month_ending(months[0].start))
    return [month.name for month in months]


def _deferring(
    legal_entity: str, month: str, register: Register, objects: Objects
) -> Iterator[tuple[Released, Invoice]]:
    """Yield the documents of which a month earns something after they were posted; not those that still wait."""
    for document in register.deferred(legal_entity, month):
        released = register.released(document)
        if released is not None:
            yield released, read_invoice(objects, released.document)
            continue
        facts = register.facts(document)
        if facts is None or not accruals_of(facts):
            message = f"{document} deferred revenue and is not released"
            raise NotFound(message)


class WaterfallMonth(Model):
    """A month of the waterfall: deferred revenue, opening + deferred - earned = closing, and contract assets.

    What is earned before it is billed changes contract assets: opening + change = closing.
    """

    month: str
    opening: Money
    deferred: Money
    earned: Money
    closing: Money
    assets_opening: Money
    assets_change: Money
    assets_closing: Money


def waterfall(
    *, legal_entity: str, first: str, months: int, directory: Directory, register: Register, objects: Objects
) -> list[WaterfallMonth]:
    """Return what the documents of each month deferred and accrued and what each month earns of it, from them alone.

    It looks at documents of the months shown, and at earlier ones as far as they defer into them. What invoices that
    wait for a person earn is read from what was accrued of them.
    """
    zero = Money.zero(directory.legal_entity(legal_entity).currency)
    shown = [Period.month(first)]
    while len(shown) < months:
        shown.append(shown[-1].next())
    documents: dict[str, Invoice] = {}
    waiting: dict[str, InvoiceFacts] = {}
    for month in (*shown, *_after(shown[-1], AHEAD_MONTHS)):
        for _, invoice in _deferring(legal_entity, month.name, register, objects):
            documents[invoice.id] = invoice
        for facts in _accruing(legal_entity, month.name, register):
            waiting[str(facts.id)] = facts
    positions = [_Position(invoice) for invoice in documents.values()]

    def at(day: date) -> tuple[Money, Money]:
        deferred = zero.plus(position.deferred(day) for position in positions)
        assets = zero.plus(position.accrued(day) for position in positions)
        return deferred, assets.plus(left_accrued(facts, day, zero.currency) for facts in waiting.values())

    rows = []
    for month in shown:
        (opening, assets_opening), (closing, assets_closing) = at(month.start), at(month.end)
        deferred = zero.plus(position.deferred(position.close) for position in positions if position.is_of(month))
        rows.append(
            WaterfallMonth(
                month=month.name,
                opening=opening,
                deferred=deferred,
                earned=opening + deferred - closing,
                closing=closing,
                assets_opening=assets_opening,
                assets_change=assets_closing - assets_opening,
                assets_closing=assets_closing,
            )
        )
    return rows


def _after(month: Period, number: int) -> Iterator[Period]:
    for _ in range(number):
        month = month.next()
        yield month


def _accruing(legal_entity: str, month: str, register: Register) -> Iterator[InvoiceFacts]:
    for document in register.deferred(legal_entity, month):
        facts = register.facts(document)
        if facts is not None and accruals_of(facts):
            yield facts


class _Position:
    """What a document leaves deferred and accrued in the books on a day, from its own posting on."""

    def __init__(self, invoice: Invoice) -> None:
        self.close = books_close(invoice)
        self._zero = Money.zero(invoice.in_books.gross.currency)
        self._obligations = obligations(invoice)

    def is_of(self, month: Period) -> bool:
        """Say whether it is booked in a month."""
        return month.start < self.close <= month.end

    def deferred(self, day: date) -> Money:
        """Return what is billed and not earned."""
        mine = (
            [obligation for obligation in self._obligations if not obligation.is_accrued] if day >= self.close else []
        )
        return self._zero.plus(obligation.net - obligation.earned_by(day) for obligation in mine)

    def accrued(self, day: date) -> Money:
        """Return what is earned and billed by a later invoice."""
        mine = [obligation for obligation in self._obligations if obligation.is_accrued] if day >= self.close else []
        return self._zero.plus(obligation.earned_by(day) for obligation in mine)
