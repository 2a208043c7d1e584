"""How metrics are computed from the figures of days.

Flows are added up over the days of a range; what stands at a moment is that of its last day.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billproof.insights.figures import FigureRow, Figures
from billproof.model import Exact, Model
from billproof.money import CONTEXT, Money
from billproof.receivables.metrics import days_outstanding

TENTH = Decimal("0.1")


class MetricValue(Model):
    """A metric of a range of days; `of` says of which part `by` names. No value: there was nothing to divide by."""

    metric: str
    by: str = ""
    of: str = ""
    currency: str = ""
    value: Exact | None


@dataclass(frozen=True)
class DayRows:
    """What is added up: the figures of all days of a range, those of its last day, and how many days there are."""

    flows: Figures
    last: Figures
    days: int
    minutes: Decimal = Decimal(0)
    """Minutes of a person that an invoice without one avoids, as the policy declares."""

    @classmethod
    def of(cls, days: Sequence[Iterable[FigureRow]], minutes: Decimal = Decimal(0)) -> "DayRows":
        """Add up days, the oldest first."""
        flows = Figures()
        for rows in days:
            flows.plus(rows)
        return cls(flows, Figures(days[-1] if days else ()), len(days), minutes)


type Values = Iterable[tuple[str, str, str, Decimal | None]]
type Measure = Callable[[DayRows], Values]


def took(figure: str) -> Measure:
    """Measure the median and the 95th percentile of how long something took, in hours."""

    def measure(days: DayRows) -> Values:
        durations = days.flows.durations(figure)
        if durations.number:
            yield "rank", "median", "", durations.median_hours
            yield "rank", "p95", "", durations.p95_hours

    return measure


def number_of(figure: str, *bys: str, stands: bool = False) -> Measure:
    """Measure how many of a figure there are, in all and by its parts; `stands` where that of the last day counts."""

    def measure(days: DayRows) -> Values:
        figures = days.last if stands else days.flows
        if "" in bys or not bys:
            yield "", "", "", Decimal(figures.number(figure))
        for by in filter(None, bys):
            for of in figures.parts(figure, by):
                yield by, of, "", Decimal(figures.number(figure, by=by, of=of))

    return measure


def money_of(figure: str, *bys: str, stands: bool = False) -> Measure:
    """Measure what a figure comes to, by currency, in all or by its parts."""

    def measure(days: DayRows) -> Values:
        figures = days.last if stands else days.flows
        for by in bys or ("",):
            for of in figures.parts(figure, by):
                for currency, amount in figures.money(figure, by=by, of=of).items():
                    yield by, of, currency, amount

    return measure


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return part / whole x 100, rounded half up to a tenth; None where there is no whole."""
    if whole <= 0:
        return None
    return CONTEXT.divide(CONTEXT.multiply(part, Decimal(100)), whole).quantize(TENTH, "ROUND_HALF_UP")


def share(part: str, *wholes: str, by: str = "", of: str = "") -> Measure:
    """Measure a number in percent of others together."""

    def measure(days: DayRows) -> Values:
        whole = sum(days.flows.number(one) for one in wholes)
        yield "", "", "", percent(Decimal(days.flows.number(part, by=by, of=of)), Decimal(whole))

    return measure


def money_share(part: str, whole: str) -> Measure:
    """Measure an amount in percent of another one, by currency."""

    def measure(days: DayRows) -> Values:
        parts = days.flows.money(part)
        for currency, amount in days.flows.money(whole).items():
            yield "", "", currency, percent(parts.get(currency, Decimal(0)), amount)

    return measure


def dso(days: DayRows) -> Values:
    """Return open receivables / (invoiced - credited) x days, by currency of the books."""
    credited, opened = days.flows.money("credited"), days.last.money("receivables")
    for currency, invoiced in days.flows.money("released").items():
        sales = Money(amount=invoiced, currency=currency) - Money(
            amount=credited.get(currency, Decimal(0)), currency=currency
        )
        receivables = Money(amount=opened.get(currency, Decimal(0)), currency=currency)
        yield "", "", currency, days_outstanding(receivables, sales, days.days)


def failures(days: DayRows) -> Values:
    """Return failures / (failures + successes) x 100 of each integration."""
    good = {"delivery": days.flows.durations("delivery").number, "contracts": days.flows.number("contract_versions")}
    for of, number in good.items():
        failed = days.flows.number("failed", by="integration", of=of)
        yield "integration", of, "", percent(Decimal(failed), Decimal(failed + number))


def silent_hours(days: DayRows) -> Values:
    """Return for how many hours nothing was heard of each integration at the end of the last day."""
    for of in days.last.parts("silent_hours", "integration"):
        yield "integration", of, "", Decimal(days.last.number("silent_hours", by="integration", of=of))


def minutes_avoided(days: DayRows) -> Values:
    """Return invoices that needed no person x the minutes that the policy declares."""
    yield "", "", "", CONTEXT.multiply(Decimal(days.flows.number("touchless")), days.minutes)
