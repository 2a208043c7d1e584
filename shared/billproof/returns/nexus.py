"""Economic nexus: sales into a US state pass the state's threshold, and the legal entity is not registered there.

Reported are states that would tax what was sold: a line of the last two years says that no tax is due as there is no
nexus. Sales are counted by the calendar year of their tax points, all of them, also those that are exempt. It changes
no tax: that follows what is declared.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from billproof.invoicing.model import DocumentKind
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money, exactly
from billproof.periods import Period
from billproof.returns.model import DeclaredLine, NexusStanding, StateSales
from billproof.tax.model import NexusThreshold, Treatment
from billproof.tax.rows import holding, nexus_thresholds

NEAR = Decimal("0.8")
"""The share of a threshold from which on a state is reported."""
STATE = len("US-TX")

type InDollars = Callable[[Money, date], Money | None]
"""Returns what an amount of the books is in dollars on a day, or None where no rate holds."""


def states_with_nexus(
    lines: Iterable[DeclaredLine], entity: LegalEntity, month: Period, in_dollars: InDollars
) -> Iterator[StateSales]:
    """Yield the states whose threshold is near or passed, or not known, at the end of a month."""
    last_day, by_state = month.end - timedelta(days=1), dict[str, list[DeclaredLine]]()
    for line in lines:
        if line.jurisdiction.startswith("US-") and line.tax_point <= last_day:
            by_state.setdefault(line.jurisdiction[:STATE], []).append(line)
    registered = {registration.jurisdiction[:STATE] for registration in entity.registrations_on(last_day)}
    for state in sorted(by_state.keys() - registered):
        of_state = [
            sales
            for year in (last_day.year, last_day.year - 1)
            for sales in _of_year(state, year, by_state[state], in_dollars, last_day)
            if year == last_day.year or sales.standing is not NexusStanding.NEAR
        ]
        passed = [sales for sales in of_state if sales.standing is NexusStanding.PASSED]
        declared = next((one.reason for one in entity.not_registered if one.covers(state, last_day)), "")
        yield from (sales.model_copy(update={"declared": declared}) for sales in (passed or of_state)[:1])


def _of_year(
    state: str, year: int, lines: Iterable[DeclaredLine], in_dollars: InDollars, last_day: date
) -> Iterator[StateSales]:
    """Yield how the sales of a year stand to a state's threshold, unless they are far below it or would bear no tax."""
    sold = sorted((line for line in lines if line.tax_point.year == year), key=attrgetter("tax_point", "number"))
    if not any(line.treatment is Treatment.NO_NEXUS for line in sold):
        return
    rows = [row for row in nexus_thresholds().rows if row.jurisdiction == state]
    threshold, days = holding(rows, last_day), list(_days(sold, in_dollars))
    sales, invoices = days[-1][1:]
    known = {"jurisdiction": state, "year": year, "sales": sales, "invoices": invoices}
    if threshold is None or sales is None:
        why = (
            "no threshold of the state is in the table" if threshold is None else "no exchange rate into dollars holds"
        )
        yield StateSales(**known, standing=NexusStanding.NOT_WATCHED, note=why)
        return
    passed_on = _passed_on(days, threshold)
    if passed_on is not None or _reaches(threshold, sales, invoices, NEAR):
        yield StateSales(
            **known,
            standing=NexusStanding.NEAR if passed_on is None else NexusStanding.PASSED,
            threshold=Money.of(threshold.dollars, "USD"),
            transactions=threshold.transactions,
            needs_both=threshold.needs_both,
            passed_on=passed_on,
            source=threshold.source,
            note=threshold.note,
        )


def _days(lines: Iterable[DeclaredLine], in_dollars: InDollars) -> Iterator[tuple[date, Money | None, int]]:
    """Yield each day with what was sold until then, in dollars, and by how many invoices."""
    sales: Money | None = Money.zero("USD")
    numbers: set[str] = set()
    for day, of_day in groupby(lines, key=attrgetter("tax_point")):
        for line in of_day:
            dollars = in_dollars(line.net, day)
            sales = None if sales is None or dollars is None else sales + dollars
            if line.kind is DocumentKind.INVOICE:
                numbers.add(line.number)
        yield day, sales, len(numbers)


def _passed_on(days: Sequence[tuple[date, Money | None, int]], threshold: NexusThreshold) -> date | None:
    """Return the day since which a threshold is reached; None where it is not, also by a later credit note."""
    since: date | None = None
    for day, sales, invoices in days:
        is_reached = sales is not None and _reaches(threshold, sales, invoices, Decimal(1))
        since = (since or day) if is_reached else None
    return since


@exactly
def _reaches(threshold: NexusThreshold, sales: Money, invoices: int, share: Decimal) -> bool:
    """Say whether sales come to a share of a threshold."""
    by_amount = sales.amount >= threshold.dollars * share
    if threshold.transactions is None:
        return by_amount
    by_count = invoices >= threshold.transactions * share
    return by_amount and by_count if threshold.needs_both else by_amount or by_count
