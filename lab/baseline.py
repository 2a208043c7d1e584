"""What somebody sees who compares totals only: events with what sources stated, and sums of money, by month."""

from collections import defaultdict
from decimal import Decimal

from lab.scene import Event
from lab.stage import Stage

PERCENT_OF_TOTALS = Decimal(1)
PERCENT_OF_TREND = Decimal(10)


def totals_alarms(stage: Stage, month: str, billed: dict[tuple[str, str], Decimal]) -> frozenset[str]:
    """Return the names of the totals that are off: by 1 %, or by 10 % where they are compared with the month before."""
    alarms = set[str]()
    stated, arrived = _stated(stage.scene.totals[month]), _arrived(stage.scene.usage[month])
    alarms |= {
        f"{month} {source}"
        for source in stage.scene.facts["sources"]
        if is_off(stated[source], arrived[source], PERCENT_OF_TOTALS)
    }
    months = stage.scene.months
    invoiced = {name: sum((amount for key, amount in billed.items() if key[1] == name), Decimal(0)) for name in months}
    number = months.index(month)
    if number and is_off(invoiced[months[number - 1]], invoiced[month], PERCENT_OF_TREND):
        alarms.add(f"{month} invoiced")
    if stage.report is not None:
        totals = (stage.report.invoiced.gross.amount, stage.report.posted_receivable.amount)
        if is_off(*totals, PERCENT_OF_TOTALS):
            alarms.add(f"{month} posted")
    if is_off(invoiced[month], stage.bank.told_last, PERCENT_OF_TOTALS):
        alarms.add(f"{month} paid")
    return frozenset(alarms)


def is_off(expected: Decimal, seen: Decimal, percent: Decimal) -> bool:
    """Say whether an amount differs from what was expected by more than a percentage of it."""
    return abs(expected - seen) * 100 > percent * abs(expected)


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
