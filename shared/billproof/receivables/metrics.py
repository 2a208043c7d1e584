"""How well receivables are collected in a month, by the formulas of docs/metrics.md.

All amounts are in the currency of the books, each document at the rate of its own day:

    opening + invoiced - credited - written off - given up - paid = closing
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from billproof.errors import InvalidInput
from billproof.invoicing.balance import Worth
from billproof.invoicing.credit_reasons import reason_of
from billproof.invoicing.credit_requests import CreditReason
from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.model import Exact, Model
from billproof.money import CONTEXT, Money, Rounding
from billproof.names import Currency, Month, Name
from billproof.payments.receivables import Receivables
from billproof.periods import Period
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.history import DocumentBalance, DocumentHistory, histories_of

TENTH = Decimal("0.1")
HUNDRED = Decimal(100)
ONE_DAY = timedelta(days=1)


class ReceivablesMovement(Model):
    """What receivables were at the start and the end of a month, and what changed them."""

    opening: Money
    invoiced: Money
    credited: Money
    written_off: Money
    given_up: Money
    paid: Money
    closing: Money
    closing_current: Money
    closing_disputed: Money

    @property
    def sales(self) -> Money:
        """What was sold on credit: what was invoiced less what was credited."""
        return self.invoiced - self.credited


class CreditCause(Model):
    """The credit notes of a month that were asked for with one reason; `amount` is their gross."""

    reason: CreditReason
    number: int
    amount: Money


class ReceivablesMetrics(Model):
    """The figures of a legal entity and month; null where a formula would divide by nothing or less.

    Days and percentages are rounded half up to a tenth. `invoices` are those of the month that come to something.
    """

    legal_entity: Name
    period: Month
    currency: Currency
    days: int
    movement: ReceivablesMovement
    days_sales_outstanding: Exact | None
    best_possible_days: Exact | None
    average_days_delinquent: Exact | None
    collection_effectiveness_percent: Exact | None
    invoices: int
    credit_notes: int
    credit_notes_percent: Exact | None
    causes: tuple[CreditCause, ...]


def measure_receivables(
    receivables: Receivables, disputes: DisputeBook, *, period: Period, today: date
) -> ReceivablesMetrics:
    """Return the figures of a month; every document of the legal entity is read. Raises InvalidInput before it is over.

    Documents that are not in the books' currency count with what they are booked with.
    """
    if today < period.end:
        message = f"{period.name} is not over: its figures are those of a whole month"
        raise InvalidInput(message)
    books = receivables.directory.legal_entity(receivables.entity).currency
    members = receivables.directory.members(receivables.entity)
    documents = [document for account in members for document in histories_of(account, receivables, disputes)]
    movement = movement_of(documents, period, books)
    issued = [document.released for document in documents if _is_of(document.released, period)]
    invoices = sum(not released.document.totals.gross.is_zero for released in issued)
    notes = list(_credit_notes(documents, period))
    return ReceivablesMetrics(
        legal_entity=receivables.entity,
        period=period.name,
        currency=books,
        days=period.days,
        movement=movement,
        days_sales_outstanding=days_outstanding(movement.closing, movement.sales, period.days),
        best_possible_days=days_outstanding(movement.closing_current, movement.sales, period.days),
        average_days_delinquent=days_outstanding(
            movement.closing - movement.closing_current, movement.sales, period.days
        ),
        collection_effectiveness_percent=collection_effectiveness(
            movement.opening, movement.sales, movement.closing, movement.closing_current
        ),
        invoices=invoices,
        credit_notes=len(notes),
        credit_notes_percent=_ratio(Decimal(len(notes)) * HUNDRED, Decimal(invoices)),
        causes=tuple(_causes(notes, books)),
    )


def movement_of(documents: Iterable[DocumentHistory], period: Period, books: str) -> ReceivablesMovement:
    """Return what receivables were before and at the end of a month, and what changed them, in the books."""
    before, last = period.start - ONE_DAY, period.end - ONE_DAY
    balances = [(document, document.on(before), document.on(last)) for document in documents]
    changes = [end.less(start) for _, start, end in balances]
    current = (end.open for document, _, end in balances if _is_current(document, end, last))

    def whole(worths: Iterable[Worth]) -> Money:
        return Money.zero(books).plus(worth.booked for worth in worths)

    return ReceivablesMovement(
        opening=whole(start.open for _, start, _ in balances),
        invoiced=whole(change.gross for change in changes),
        credited=whole(change.credited for change in changes),
        written_off=whole(change.written_off for change in changes),
        given_up=whole(change.given_up for change in changes),
        paid=whole(change.paid for change in changes),
        closing=whole(end.open for _, _, end in balances),
        closing_current=whole(current),
        closing_disputed=whole(document.disputed_on(last) for document, _, _ in balances),
    )


def _is_current(document: DocumentHistory, end: DocumentBalance, last: date) -> bool:
    """Say whether something is open of a document and not overdue; what is overpaid is neither."""
    return end.open.amount.amount > 0 and document.days_overdue(last) <= 0


def days_outstanding(receivables: Money, sales: Money, days: int) -> Decimal | None:
    """Return receivables / sales x days, rounded to a tenth; None where nothing was sold."""
    return _ratio(CONTEXT.multiply(receivables.amount, Decimal(days)), sales.amount)


def collection_effectiveness(opening: Money, sales: Money, closing: Money, current: Money) -> Decimal | None:
    """Return what was collected of what could be, in percent, rounded to a tenth; None where nothing could be.

    (opening + sales - closing) / (opening + sales - current): the index of the Credit Research Foundation.
    """
    whole = opening + sales
    return _ratio(CONTEXT.multiply((whole - closing).amount, HUNDRED), (whole - current).amount)


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    if whole <= 0:
        return None
    return CONTEXT.divide(part, whole).quantize(TENTH, rounding=Rounding.HALF_UP.mode)


def _is_of(released: Released, period: Period) -> bool:
    return period.start <= released.issue_date < period.end


def _credit_notes(documents: Iterable[DocumentHistory], period: Period) -> Iterator[Invoice]:
    for document in documents:
        for released, note in document.corrections:
            if note.kind is DocumentKind.CREDIT_NOTE and _is_of(released, period):
                yield note


def _causes(notes: Iterable[Invoice], books: str) -> Iterator[CreditCause]:
    """Yield how many credit notes have each reason and what they come to, the largest amount first."""
    amounts: dict[CreditReason, Money] = {}
    numbers = Counter[CreditReason]()
    for note in notes:
        reason = reason_of(note)
        numbers[reason] += 1
        amounts[reason] = amounts.get(reason, Money.zero(books)) - note.in_books.gross
    for reason in sorted(amounts, key=lambda reason: (-amounts[reason].amount, reason)):
        yield CreditCause(reason=reason, number=numbers[reason], amount=amounts[reason])
