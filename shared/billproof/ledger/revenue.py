"""When what was billed is earned: each line is a performance obligation, satisfied over time or at a point in time.

    straight_line_days     evenly over the days that the line covers (ASC 606-10-25-31, IFRS 15.39: time elapsed)
    straight_line_months   evenly over the calendar months that it touches
    as_incurred            when its service period is over: usage, billed as used (ASC 606-10-55-18, IFRS 15.B16)
    point_in_time          on the first day that it covers (ASC 606-10-25-30, IFRS 15.38)

What is earned by a day is the line's amount times the share that is satisfied by then, rounded once; what a month earns
is the difference of two such days. So the months of a line add up to its amount. A change of terms bills new lines for
the days to come (prospectively) and differences for days gone by, which are earned at once (a cumulative catch-up: ASC
606-10-25-13, IFRS 15.21); a credit note is earned back by the same rule.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from billproof.contracts.charges import RecognitionMethod
from billproof.invoicing.model import DocumentKind, Invoice, InvoiceLine, Released
from billproof.ledger.model import EntryKind, EntryLine, JournalEntry
from billproof.masterdata.parties import ChartOfAccounts
from billproof.money import Money, exactly
from billproof.periods import Period
from billproof.pricing.model import RevenueSchedule

ONE_DAY = timedelta(days=1)


@exactly
def earned_by(line: InvoiceLine, day: date) -> Money:
    """Return what of a line's net amount is earned before a day, in the currency of the books.

    A difference that changes a line's days earns what is owed over the new days, less what was billed over the old
    ones: so a year that ends in April has earned its first quarter by then, and for ever.
    """
    net, priced = line.in_books.net, line.priced
    restated = priced.adjusts.restated if priced.adjusts is not None else None
    if restated is None:
        exact = net.amount * _share(priced.recognition, day)
    else:
        earned = restated.owed.amount * _share(priced.recognition, day)
        earned -= restated.billed.amount * _share(restated.schedule, day)
        exact = earned * (net.amount / priced.net.amount if priced.net.amount else 1)
    return Money.rounded(exact + 0, net.currency, priced.explanation.rounding)  # no negative zero


def _share(schedule: RevenueSchedule, day: date) -> Decimal:
    """Return the share of an amount that is earned before a day."""
    start, end = schedule.period.start, schedule.period.end
    if day >= end or (schedule.method is RecognitionMethod.POINT_IN_TIME and day > start):
        return Decimal(1)
    if day <= start or schedule.method in {RecognitionMethod.AS_INCURRED, RecognitionMethod.POINT_IN_TIME}:
        return Decimal(0)
    if schedule.method is RecognitionMethod.STRAIGHT_LINE_MONTHS:
        done, whole = _months(start, day - ONE_DAY), _months(start, end - ONE_DAY)
        if (day - ONE_DAY).month == day.month:  # a month counts when it is over
            done -= 1
    else:
        done, whole = (day - start).days, (end - start).days
    return Decimal(done) / Decimal(whole)


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def books_close(invoice: Invoice) -> date:
    """Return the day up to which a document's own posting recognises revenue.

    An invoice's period's end, or the beginning of its issue month where it is issued later than the month after; a
    correction's issue month's end.
    """
    if invoice.kind is DocumentKind.INVOICE:
        return max(invoice.period.end, invoice.issue_date.replace(day=1))
    return Period.month(f"{invoice.issue_date:%Y-%m}").end


def months_to_come(invoice: Invoice) -> list[str]:
    """Return the months in which something of a document is still to be earned after it was posted."""
    last = max((end for line in invoice.lines for end in _ends(line)), default=books_close(invoice))
    names, month = [], Period.month(f"{books_close(invoice):%Y-%m}")
    while month.start < last:
        if any(not earned.is_zero for _, earned in _earned_in(invoice, month)):
            names.append(month.name)
        month = month.next()
    return names


def _ends(line: InvoiceLine) -> Iterator[date]:
    yield line.priced.recognition.period.end
    if line.priced.adjusts is not None and line.priced.adjusts.restated is not None:
        yield line.priced.adjusts.restated.schedule.period.end


def _earned_in(invoice: Invoice, month: Period) -> Iterator[tuple[InvoiceLine, Money]]:
    if invoice.kind is not DocumentKind.WRITE_OFF:
        for line in invoice.lines:
            yield line, earned_by(line, month.end) - earned_by(line, month.start)


def revenue_reference(number: str, month: str) -> str:
    """Return the external reference of the entry of what a month earns of a document."""
    return f"{number}-R-{month}"


def revenue_entry(invoice: Invoice, released: Released, month: Period, chart: ChartOfAccounts) -> JournalEntry:
    """Return what a month earns of a document: Dr deferred revenue, Cr revenue; no lines where it earns nothing."""
    currency = invoice.in_books.gross.currency
    balances: dict[tuple[str, str], Money] = {}
    for line, earned in _earned_in(invoice, month):
        category = line.priced.revenue_category
        for key, amount in (
            ((chart.deferred_revenue, f"{category} earned"), earned),
            ((chart.revenue_of(category), category), -earned),
        ):
            balances[key] = balances.get(key, Money.zero(currency)) + amount
    return JournalEntry.balanced(
        kind=EntryKind.REVENUE,
        legal_entity=released.legal_entity,
        external_reference=revenue_reference(released.number, month.name),
        invoice=invoice.id,
        billing_account=invoice.buyer.id,
        period=month.name,
        document_date=month.end - ONE_DAY,
        currency=currency,
        lines=tuple(
            EntryLine(account=account, amount=amount, memo=memo)
            for (account, memo), amount in balances.items()
            if not amount.is_zero
        ),
    )
