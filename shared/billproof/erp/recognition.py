"""Recognising deferred revenue, month by month, and showing what is still deferred."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from billproof.erp.intent import erp_of
from billproof.erp.port import Erps, erp_named
from billproof.erp.posting import PostingOutcome
from billproof.erp.service import ensure_posted
from billproof.errors import InvalidPeriod, NotFound, PostingRejected, work_apart
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import Invoice, Released
from billproof.invoicing.register import Register
from billproof.ledger.revenue import books_close, earned_by, months_to_come, revenue_entry
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.money import Money, total
from billproof.periods import Period
from billproof.ports import Objects

CATCH_UP_MONTHS = 3
"""Months before the last whole one that are looked at again: for documents that were posted late."""


AHEAD_MONTHS = 24
"""Months after those shown in which a document may earn first what it deferred."""


class MonthRecognized(Model):
    """What a month earned of deferred revenue in a legal entity, and how many entries were posted for it now."""

    legal_entity: str
    month: str
    documents: int
    posted: int
    earned: Money


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
    """Post what a month earns of each document that deferred revenue to it; doing it again posts nothing.

    Each is posted in the ERP that holds its document. Raises NotFound where there is no such legal entity,
    InvalidPeriod, Conflict where the ERP has another document under an entry's reference, and PostingRejected, with the
    first remedy, once everything that the ERP takes is posted.
    """
    entity, period = directory.legal_entity(legal_entity), Period.month(month)
    earned, documents, posted = Money.zero(entity.currency), 0, 0
    rejected: list[PostingRejected] = []
    for released, invoice in _deferring(legal_entity, month, register, objects):
        entry = revenue_entry(invoice, released, period, entity.chart_of_accounts)
        documents += 1
        if not entry.lines:
            continue
        try:
            outcome, _ = ensure_posted(entry, erp_named(erp_of(invoice.id, entity, register), erps))
        except PostingRejected as error:
            rejected.append(error)
            continue
        posted += outcome is PostingOutcome.POSTED
        earned += entry.on(entity.chart_of_accounts.deferred_revenue)
    if rejected:
        message = f"{len(rejected)} of {documents} revenue entries of {month} were rejected: {rejected[0].message}"
        raise PostingRejected(message, remedy=rejected[0].remedy)
    return MonthRecognized(legal_entity=legal_entity, month=month, documents=documents, posted=posted, earned=earned)


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
    for document in register.deferred(legal_entity, month):
        released = register.released(document)
        if released is None:
            message = f"{document} deferred revenue and is not released"
            raise NotFound(message)
        yield released, read_invoice(objects, released.document)


class WaterfallMonth(Model):
    """A month of the deferred revenue waterfall: opening + deferred - earned = closing."""

    month: str
    opening: Money
    deferred: Money
    earned: Money
    closing: Money


def waterfall(
    *, legal_entity: str, first: str, months: int, directory: Directory, register: Register, objects: Objects
) -> list[WaterfallMonth]:
    """Return what the documents of each month deferred and what each month earns of it, from the documents alone.

    It looks at documents of the months shown, and at earlier ones as far as they defer into them.
    """
    currency = directory.legal_entity(legal_entity).currency
    shown = [Period.month(first)]
    while len(shown) < months:
        shown.append(shown[-1].next())
    documents: dict[str, Invoice] = {}
    for month in (*shown, *_after(shown[-1], AHEAD_MONTHS)):
        for _, invoice in _deferring(legal_entity, month.name, register, objects):
            documents[invoice.id] = invoice
    rows = []
    for month in shown:
        parts = [_parts(invoice, month) for invoice in documents.values()]
        opening, deferred, earned = (total((part[number] for part in parts), currency) for number in range(3))
        closing = opening + deferred - earned
        rows.append(
            WaterfallMonth(month=month.name, opening=opening, deferred=deferred, earned=earned, closing=closing)
        )
    return rows


def _after(month: Period, number: int) -> Iterator[Period]:
    for _ in range(number):
        month = month.next()
        yield month


def _parts(invoice: Invoice, month: Period) -> tuple[Money, Money, Money]:
    """Return what a document had deferred when a month began, what it deferred in it, and what the month earned."""
    close = books_close(invoice)
    zero = Money.zero(invoice.in_books.gross.currency)
    left_at = total(
        (line.in_books.net - earned_by(line, max(close, month.start)) for line in invoice.lines), zero.currency
    )
    opening = left_at if close <= month.start else zero
    booked_now = month.start < close <= month.end
    at_close = total((line.in_books.net - earned_by(line, close) for line in invoice.lines), zero.currency)
    deferred = at_close if booked_now else zero
    earned = zero
    if close <= month.start and month.name in months_to_come(invoice):
        earned = total(
            (earned_by(line, month.end) - earned_by(line, month.start) for line in invoice.lines), zero.currency
        )
    return opening, deferred, earned
