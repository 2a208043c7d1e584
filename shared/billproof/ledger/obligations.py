"""What of a document is earned together, in the currency of the books: a line with all that reduces it, or an accrual.

by document    a line with its reductions; a difference puts what is owed now in place of what was billed before:
               it earns what the one earns less what the other does, so what is earned to date is right again
by line        documents of before: every line by itself
accrual        what is earned of a later invoice's line: so much at the end of the month, nothing a month later
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billproof.identities import reduced_line
from billproof.invoicing.model import DocumentKind, Invoice, InvoiceLine
from billproof.money import CONTEXT, Money, Rounding, exactly, total
from billproof.periods import Period
from billproof.pricing.model import Accrual, Earning, LineKind, PricedLine, RevenueSchedule
from billproof.pricing.terms import BookingRule

ONE_DAY = timedelta(days=1)

type LineName = tuple[str, str, str]
"""The month that a line is of, its contract and its id there."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What is earned together: how so much of the books is earned, in place of what.

    `net` is what the document bills of it, `name` the line that it is of, without what reduces it, and `place` that of
    its first line on the document; what a later invoice bills has none.
    """

    name: LineName
    place: int | None
    category: str
    net: Money
    rounding: Rounding
    now: tuple[Earning, ...] = ()
    before: tuple[Earning, ...] = ()
    line: InvoiceLine | None = None
    accrued: tuple[Money, Period] | None = None

    @property
    def is_accrued(self) -> bool:
        """Whether a later invoice bills it."""
        return self.accrued is not None

    @property
    def end(self) -> date:
        """The first day on which nothing of it is earned any more."""
        if self.accrued is not None:
            return self.accrued[1].next().end
        earnings = (*self.now, *self.before)
        schedules = [earning.schedule for earning in earnings]
        ends = [schedule.period.end for schedule in (*schedules, *_schedules(self.line))]
        return max(*ends, *(earning.since + ONE_DAY for earning in earnings if earning.since is not None), date.min)

    def earned_by(self, day: date) -> Money:
        """Return what of it is earned before a day."""
        if self.line is not None:
            return earned_by(self.line, day)
        if self.accrued is not None:
            earned, month = self.accrued
            return earned if month.end <= day < month.next().end else Money.zero(earned.currency)
        return self._earned(self.now, day) - self._earned(self.before, day)

    def earned_in(self, month: Period) -> Money:
        """Return what of it a month earns."""
        return self.earned_by(month.end) - self.earned_by(month.start)

    @exactly
    def _earned(self, earnings: Iterable[Earning], day: date) -> Money:
        """Add up what is earned before a day: what is owed rounded once, and so what each credit note takes back.

        Concessions that do not say their note, as documents of before state them, are rounded by their days.
        """
        exact: dict[RevenueSchedule | str | None, Decimal] = {}
        for earning in earnings:
            key = earning.note or (earning.schedule if earning.is_concession else None)
            share = CONTEXT.multiply(earning.amount.amount, earning.share_before(day))
            exact[key] = exact.get(key, Decimal(0)) + share
        currency = self.net.currency
        return total((Money.rounded(part + 0, currency, self.rounding) for part in exact.values()), currency)


def obligations(invoice: Invoice) -> list[Obligation]:
    """Return all that is earned of a document and when; nothing of a write-off."""
    if invoice.kind is DocumentKind.WRITE_OFF:
        return []
    if invoice.booking is BookingRule.BY_LINE:
        return [_by_itself(line, place, invoice) for place, line in enumerate(invoice.lines)]
    names = {_name_of(line.priced, invoice) for line in invoice.lines if not _is_draw(line, invoice)}
    groups: dict[tuple[LineName, str], list[int]] = {}
    for place, line in enumerate(invoice.lines):
        name = _name_of(line.priced, invoice)
        key = name if _is_draw(line, invoice) else _base(name, names), line.priced.revenue_category
        groups.setdefault(key, []).append(place)
    together = [_together(name, places, invoice) for (name, _), places in groups.items()]
    return [*together, *(_accrued(accrual, invoice) for accrual in invoice.accrued)]


def _is_draw(line: InvoiceLine, invoice: Invoice) -> bool:
    """Say whether a line draws a credit, or gives back what was drawn and is not owed any more."""
    why = line.priced.explanation
    drawn = {(drawn.contract, drawn.credit) for drawn in invoice.credits_drawn}
    return why.price_model == LineKind.CREDIT.term_model or (why.contract, line.priced.term) in drawn


def _name_of(line: PricedLine, invoice: Invoice) -> LineName:
    adjusts = line.adjusts
    month, name = (adjusts.period, adjusts.line) if adjusts else (invoice.period.name, line.id)
    return month, line.explanation.contract, name


def _base(line: LineName, names: set[LineName]) -> LineName:
    """Return the fee that a line takes something off on this document, or the line itself."""
    month, contract, name = line
    base = month, contract, reduced_line(name)
    return base if base in names else line


def _together(name: LineName, places: list[int], invoice: Invoice) -> Obligation:
    lines = [invoice.lines[place] for place in places]
    return Obligation(
        name=name,
        place=places[0],
        category=lines[0].priced.revenue_category,
        net=total((line.in_books.net for line in lines), invoice.in_books.net.currency),
        rounding=lines[0].priced.explanation.rounding,
        now=tuple(earning for line in lines for earning in line.priced.earnings(line.in_books.net)),
        before=tuple(earning for line in lines for earning in line.priced.replaced),
    )


def _by_itself(line: InvoiceLine, place: int, invoice: Invoice) -> Obligation:
    return Obligation(
        name=_name_of(line.priced, invoice),
        place=place,
        category=line.priced.revenue_category,
        net=line.in_books.net,
        rounding=line.priced.explanation.rounding,
        line=line,
    )


def _accrued(accrual: Accrual, invoice: Invoice) -> Obligation:
    earned = accrual.in_books
    return Obligation(
        name=(invoice.period.name, accrual.contract, accrual.line),
        place=None,
        category=accrual.revenue_category,
        net=Money.zero(earned.currency),
        rounding=Rounding.HALF_UP,  # it is rounded already
        accrued=(earned, invoice.period),
    )


@exactly
def earned_by(line: InvoiceLine, day: date) -> Money:
    """Return what of a line that is booked by itself is earned before a day, in the currency of the books.

    A difference that changes a line's days earns what is owed over the new days, less what was billed over the old
    ones: so a year that ends in April has earned its first quarter by then, and for ever.
    """
    net, priced = line.in_books.net, line.priced
    restated = priced.adjusts.restated if priced.adjusts is not None else None
    if restated is None:
        exact = net.amount * priced.recognition.share_before(day)
    else:
        earned = restated.owed.amount * priced.recognition.share_before(day)
        earned -= restated.billed.amount * restated.schedule.share_before(day)
        exact = earned * (net.amount / priced.net.amount if priced.net.amount else 1)
    return Money.rounded(exact + 0, net.currency, priced.explanation.rounding)  # no negative zero


def _schedules(line: InvoiceLine | None) -> Iterator[RevenueSchedule]:
    if line is None:
        return
    yield line.priced.recognition
    if line.priced.adjusts is not None and line.priced.adjusts.restated is not None:
        yield line.priced.adjusts.restated.schedule
