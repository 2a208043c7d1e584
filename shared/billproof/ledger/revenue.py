"""When what was billed is earned: each line is a performance obligation, satisfied over time or at a point in time.

    straight_line_days     evenly over the days that the line covers (ASC 606-10-25-31, IFRS 15.39: time elapsed)
    straight_line_months   evenly over the calendar months that it touches
    as_incurred            when its service period is over: usage, billed as used (ASC 606-10-55-18, IFRS 15.B16)
    point_in_time          on the first day that it covers (ASC 606-10-25-30, IFRS 15.38)

What is earned by a day is the amount times the share that is satisfied by then, rounded once; what a month earns is the
difference of two such days. So the months of an obligation add up to its amount. A change of terms bills new lines for
the days to come (prospectively) and differences for days gone by, which are earned at once (a cumulative catch-up: ASC
606-10-25-13, IFRS 15.21); a credit note is earned back over the days that it is for.

What is earned and billed by a later invoice is accrued by the month's invoice, and released again a month later, when
the next one states it anew or its line is booked (a contract asset: IFRS 15.105, ASC 606-10-45-3).
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.ledger.model import EntryKind, EntryLine, JournalEntry
from billproof.ledger.obligations import Obligation, obligations
from billproof.masterdata.charts import ChartOfAccounts
from billproof.money import Money
from billproof.periods import Period, month_name

ONE_DAY = timedelta(days=1)


def books_close(invoice: Invoice) -> date:
    """Return the day up to which a document's own posting recognises revenue; a correction's issue month's end."""
    if invoice.kind is DocumentKind.INVOICE:
        return invoice_close(invoice.period, invoice.issue_date)
    return Period.month(month_name(invoice.issue_date)).end


def invoice_close(period: Period, issued: date) -> date:
    """Return the day up to which an invoice's posting recognises revenue.

    It is the end of its period, or the first day of the month in which it is issued, where that is later.
    """
    return max(period.end, issued.replace(day=1))


def months_to_come(invoice: Invoice) -> list[str]:
    """Return the months in which something of a document is still to be earned after it was posted."""
    close = books_close(invoice)
    mine = obligations(invoice)
    last = max((obligation.end for obligation in mine), default=close)
    names, month = [], Period.month(month_name(close))
    while month.start < last:
        if any(not obligation.earned_in(month).is_zero for obligation in mine):
            names.append(month.name)
        month = month.next()
    return names


def revenue_reference(number: str, month: str) -> str:
    """Return the external reference of the entry of what a month earns of a document."""
    return f"{number}-R-{month}"


def revenue_entry(invoice: Invoice, released: Released, month: Period, chart: ChartOfAccounts) -> JournalEntry:
    """Return what a month earns of a document: Dr deferred revenue, Cr revenue; no lines where it earns nothing.

    What was accrued is released: Dr revenue, Cr contract assets.
    """
    return JournalEntry.balanced(
        kind=EntryKind.REVENUE,
        legal_entity=released.legal_entity,
        external_reference=revenue_reference(released.number, month.name),
        invoice=invoice.id,
        billing_account=invoice.buyer.id,
        period=month.name,
        document_date=month.end - ONE_DAY,
        currency=invoice.in_books.gross.currency,
        lines=earned_lines(obligations(invoice), month, chart),
    )


def earned_lines(mine: Iterable[Obligation], month: Period, chart: ChartOfAccounts) -> tuple[EntryLine, ...]:
    """Return the lines of what a month earns of obligations."""
    return entry_lines(move for obligation in mine for move in _earned(obligation, month, chart))


type Move = tuple[str, str, Money]
"""An account of the ledger, what the amount is for, and the amount: a debit above zero."""


def entry_lines(moves: Iterator[Move]) -> tuple[EntryLine, ...]:
    """Add up what moves on each account for the same; what comes to zero is left out."""
    balances: dict[tuple[str, str], Money] = {}
    for account, memo, amount in moves:
        key = (account, memo)
        balances[key] = balances[key] + amount if key in balances else amount
    return tuple(
        EntryLine(account=account, amount=amount, memo=memo)
        for (account, memo), amount in balances.items()
        if not amount.is_zero
    )


def _earned(obligation: Obligation, month: Period, chart: ChartOfAccounts) -> Iterator[Move]:
    earned, category = obligation.earned_in(month), obligation.category
    if obligation.is_accrued:
        yield chart.asset_account, f"{category} released", earned
    else:
        yield chart.deferred_revenue, f"{category} earned", earned
    yield chart.revenue_of(category), category, -earned
