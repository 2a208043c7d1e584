"""What somebody sees who compares totals only: events with what sources stated, and sums of money, by month."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from lab.scene import Event
from lab.stage import Stage

type Billed = dict[tuple[str, str], Decimal]
"""Gross amounts by account and month, as they were drafted."""
PERCENT_OF_TOTALS = Decimal(1)
PERCENT_OF_TREND = Decimal(10)


def run_alarms(stage: Stage, month: str, billed: Billed) -> Iterator[str]:
    """Yield the totals of a run that are off: usage by 1 %, and what is invoiced by 10 % of the month before."""
    stated, arrived = _stated(stage.scene.totals[month]), _arrived(stage.scene.usage[month])
    for source in stage.scene.facts["sources"]:
        if is_off(stated[source], arrived[source], PERCENT_OF_TOTALS):
            yield f"{month} {source}"
    months = stage.scene.months
    number = months.index(month)
    if number and is_off(invoiced(billed, months[number - 1]), invoiced(billed, month), PERCENT_OF_TREND):
        yield f"{month} invoiced"


def money_alarms(stage: Stage, month: str, billed: Billed) -> Iterator[str]:
    """Yield the totals of money that are off by 1 % of what was invoiced: what is posted, and what arrived."""
    if stage.report is not None:
        totals = (stage.report.invoiced.gross.amount, stage.report.posted_receivable.amount)
        if is_off(*totals, PERCENT_OF_TOTALS):
            yield f"{month} posted"
    if is_off(invoiced(billed, month), stage.bank.told_last, PERCENT_OF_TOTALS):
        yield f"{month} paid"


def invoiced(billed: Billed, month: str) -> Decimal:
    """Return what all invoices of a month come to."""
    return sum((amount for key, amount in billed.items() if key[1] == month), Decimal(0))


def is_off(expected: Decimal, actual: Decimal, percent: Decimal) -> bool:
    """Say whether an amount differs from what was expected by more than a percentage of it."""
    return abs(expected - actual) * 100 > percent * abs(expected)


def _stated(totals: list[Event]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for total in totals:
        sums[total["source"]] += Decimal(total["data"].get("sum", total["data"]["count"]))
    return sums


def _arrived(events: list[Event]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for event in events:
        units = str(event["data"].get("units", "1"))
        sums[event["source"]] += Decimal(units) if units.replace(".", "", 1).isdigit() else Decimal(0)
    return sums
