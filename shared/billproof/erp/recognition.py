"""Recognising deferred revenue, month by month, and showing what is still deferred."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial

from billproof.erp.accruing import accruals_of, left_accrued
from billproof.erp.month_entries import MakeEntry, MonthEntry, deferring, entries_of_month
from billproof.erp.port import Erps, erp_named
from billproof.erp.posting import PostingOutcome
from billproof.erp.service import ensure_posted
from billproof.errors import InvalidInput, InvalidPeriod, PostingRejected, work_apart
from billproof.findings import Finding
from billproof.invoicing.facts import InvoiceFacts
from billproof.invoicing.model import Invoice
from billproof.invoicing.register import Register
from billproof.ledger.obligations import Obligation, obligations
from billproof.ledger.revenue import books_close
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.money import Money
from billproof.nets import Net
from billproof.opening.entries import deferrals
from billproof.opening.reading import stored_opening
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
    such legal entity, InvalidPeriod, and PostingRejected, with the first remedy, once everything else is posted: where
    the ERP does not take an entry or has another document under its reference, where the legal entity lacks an account
    or an ERP for it, and where a document raises anything else.
    """
    entity, period = directory.legal_entity(legal_entity), Period.month(month)
    zero, net = Money.zero(entity.currency), Net("recognize_revenue")
    booked: list[_Booked] = []
    rejected: dict[str, PostingRejected | InvalidInput] = {}

    def reject(finding: Finding) -> None:
        rejected[finding.account] = PostingRejected(f"{finding.account}: {finding.message}", remedy=finding.remedy)

    for document, make in entries_of_month(entity, period, register, objects):
        try:
            entry = net.catch(document, partial(_book, make, erps), reject, expected=(PostingRejected, InvalidInput))
        except (PostingRejected, InvalidInput) as error:
            rejected[document] = error
        else:
            booked += [entry] if entry else []
    documents = len(booked) + len(rejected)
    if rejected:
        errors = list(rejected.values())
        message = f"{len(errors)} of {documents} revenue entries of {month} were rejected: {errors[0].message}"
        remedies = (error.remedy for error in errors if isinstance(error, PostingRejected))
        raise PostingRejected(message, remedy=next(remedies, LACKING))
    return MonthRecognized(
        legal_entity=legal_entity,
        month=month,
        documents=documents,
        posted=sum(entry.is_posted for entry in booked),
        earned=zero.plus(entry.of.earned for entry in booked if entry.has_lines),
        accrued=zero.plus(entry.of.accrued for entry in booked if entry.has_lines),
    )


@dataclass(frozen=True, slots=True)
class _Booked:
    """What became of an entry of a month."""

    of: MonthEntry
    has_lines: bool
    is_posted: bool


def _book(make: MakeEntry, erps: Erps) -> _Booked | None:
    """Make an entry of a month and post it, once."""
    month_entry = make()
    if month_entry is None:
        return None
    entry = month_entry.entry()
    if not entry.lines:
        return _Booked(month_entry, has_lines=False, is_posted=False)
    outcome, _ = ensure_posted(entry, erp_named(month_entry.erp, erps))
    return _Booked(month_entry, has_lines=True, is_posted=outcome is PostingOutcome.POSTED)


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

    One legal entity's trouble never stops the next, and what is rejected of one month no later month. Raises
    InvalidPeriod for a month that is not over: nothing is earned before its time.
    """
    entities = [directory.legal_entity(legal_entity)] if legal_entity else directory.legal_entities()

    def months_of(entity: LegalEntity) -> list[MonthRecognized]:
        last = _last_months(now, entity.time_zone)
        if month is not None and Period.month(month).name > last[-1]:
            message = f"{month} has not ended for {entity.id}: the last whole month is {last[-1]}"
            raise InvalidPeriod(message)
        results, rejected = [], []
        for name in [month] if month else last:
            try:
                result = recognize_month(
                    legal_entity=entity.id,
                    month=name,
                    directory=directory,
                    register=register,
                    objects=objects,
                    erps=erps,
                )
            except PostingRejected as error:
                rejected.append(error)
            else:
                results.append(result)
        if rejected:
            raise PostingRejected("; ".join(error.message for error in rejected), remedy=rejected[0].remedy)
        return results

    done = work_apart(months_of, ((entity.id, entity) for entity in entities))
    return RecognitionResult(
        outcome=RecognitionOutcome.RECOGNIZED, months=tuple(result for months in done for result in months)
    )


def _last_months(now: datetime, time_zone: str) -> list[str]:
    months = [Period.month_before(now, time_zone)]
    for _ in range(CATCH_UP_MONTHS):
        months.insert(0, Period.month_ending(months[0].start))
    return [month.name for month in months]


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

    It looks at documents of the months shown, at earlier ones as far as they defer into them, and at what was taken
    over. What invoices that wait for a person earn is read from what was accrued of them.
    """
    zero = Money.zero(directory.legal_entity(legal_entity).currency)
    shown = [Period.month(first)]
    while len(shown) < months:
        shown.append(shown[-1].next())
    documents: dict[str, Invoice] = {}
    waiting: dict[str, InvoiceFacts] = {}
    for month in (*shown, *_after(shown[-1], AHEAD_MONTHS)):
        for document in register.deferred(legal_entity, month.name):
            earning = deferring(document, register, objects)
            if earning is not None:
                documents[document] = earning[1]
        for facts in _accruing(legal_entity, month.name, register):
            waiting[str(facts.id)] = facts
    positions = [_Position(books_close(invoice), obligations(invoice), zero) for invoice in documents.values()]
    fact = register.openings.in_effect(legal_entity)
    if fact is not None:
        taken_over = stored_opening(fact, objects)
        positions.append(_Position(taken_over.first.start, deferrals(taken_over), zero))

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
    """What a document, or an opening, leaves deferred and accrued in the books on a day, from its own posting on."""

    def __init__(self, close: date, mine: list[Obligation], zero: Money) -> None:
        self.close = close
        self._zero = zero
        self._obligations = mine

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
