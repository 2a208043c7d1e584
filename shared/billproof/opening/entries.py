"""How an opening is booked: one entry for each kind of balance, against the opening account of the chart.

    Dr receivable        what customers owe            Cr opening
    Dr opening           what is billed in advance     Cr deferred revenue
    Dr opening           what customers have           Cr customer balance

They are dated on the last day before the first period. What is deferred is earned from then on, month by month, as that
of billproof's own documents is: Dr deferred revenue, Cr revenue, one entry for each month.
"""

from collections.abc import Iterator
from datetime import date

from billproof.contracts.charges import RecognitionMethod
from billproof.errors import InvalidInput
from billproof.ledger.model import EntryKind, JournalEntry
from billproof.ledger.obligations import Obligation
from billproof.ledger.revenue import ONE_DAY, Move, earned_lines, entry_lines, revenue_reference
from billproof.masterdata.charts import ChartOfAccounts
from billproof.masterdata.parties import LegalEntity
from billproof.money import Rounding
from billproof.opening.model import OpenDeferral, Opening, OpeningKind
from billproof.periods import Period
from billproof.pricing.model import Earning, RevenueSchedule

BOOKED = (OpeningKind.RECEIVABLES, OpeningKind.DEFERRED, OpeningKind.BALANCES)
"""Kinds that are balances of the ledger."""


def opening_day(opening: Opening) -> date:
    """Return the day on which an opening is booked: the last one before the first period."""
    return opening.first.start - ONE_DAY


def opening_reference(legal_entity: str, kind: OpeningKind) -> str:
    """Return the external reference of the opening entry of a kind."""
    return f"OPENING-{legal_entity}-{kind.name}"


def opening_entries(opening: Opening, entity: LegalEntity) -> list[JournalEntry]:
    """Return the entries of an opening; raises InvalidInput where the chart has no account for one."""
    entries = []
    for kind in BOOKED:
        lines = entry_lines(_moves(kind, opening, entity))
        if lines:
            entries.append(
                JournalEntry.balanced(
                    kind=EntryKind.OPENING,
                    legal_entity=entity.id,
                    external_reference=opening_reference(entity.id, kind),
                    invoice="",
                    billing_account="",
                    period=opening.first_period,
                    document_date=opening_day(opening),
                    currency=entity.currency,
                    lines=lines,
                )
            )
    return entries


def _moves(kind: OpeningKind, opening: Opening, entity: LegalEntity) -> Iterator[Move]:
    books, chart = entity.currency, entity.chart_of_accounts
    if kind is OpeningKind.RECEIVABLES:
        amounts = [(chart.receivable, row.worth(books).booked) for row in opening.receivables]
    elif kind is OpeningKind.DEFERRED:
        amounts = [(chart.deferred_revenue, -row.money) for row in opening.deferred]
    else:
        amounts = [(chart.balance_account, -row.worth(books).booked) for row in opening.balances]
    for account, amount in amounts:
        yield account, f"opening {kind}", amount
        yield _opening_account(chart), f"opening {kind}", -amount


def _opening_account(chart: ChartOfAccounts) -> str:
    if chart.opening is None:
        message = "the chart of accounts has no account for opening balances"
        raise InvalidInput(message)
    return chart.opening


def deferrals(opening: Opening) -> list[Obligation]:
    """Return what an opening deferred, each row by itself; what is earned to date is rounded half up."""
    return [_obligation(row, opening) for row in opening.deferred]


def _obligation(row: OpenDeferral, opening: Opening) -> Obligation:
    schedule = RevenueSchedule(method=RecognitionMethod.STRAIGHT_LINE_MONTHS, period=row.months)
    return Obligation(
        name=(opening.first_period, row.account, row.reference),
        place=None,
        category=row.revenue_category,
        net=row.money,
        rounding=Rounding.HALF_UP,
        now=(Earning(amount=row.money, schedule=schedule),),
    )


def opening_revenue_reference(legal_entity: str, month: str) -> str:
    """Return the external reference of the entry of what a month earns of an opening."""
    return revenue_reference(f"OPENING-{legal_entity}", month)


def opening_revenue_entry(opening: Opening, entity: LegalEntity, month: Period) -> JournalEntry:
    """Return what a month earns of what an opening deferred; no lines where it earns nothing."""
    return JournalEntry.balanced(
        kind=EntryKind.REVENUE,
        legal_entity=entity.id,
        external_reference=opening_revenue_reference(entity.id, month.name),
        invoice="",
        billing_account="",
        period=month.name,
        document_date=month.end - ONE_DAY,
        currency=entity.currency,
        lines=earned_lines(deferrals(opening), month, entity.chart_of_accounts),
    )
