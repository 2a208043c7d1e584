"""When a line is supplied: the tax point, by the rule of the jurisdiction in which it is taxed.

    period     the agreed period that the line is of, up to the last day that any line of its charge covers in it
    invoice    the day on which the invoice was issued when it was drafted; a later approval changes no tax point

A jurisdiction that apportions divides a line at every change of its rate within the days that the line covers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from billproof.masterdata.parties import Account, LegalEntity
from billproof.periods import Period
from billproof.pricing.model import PricedLine
from billproof.tax.model import SupplyRule, TimeOfSupply
from billproof.tax.places import Place
from billproof.tax.rows import rule_set, times_of_supply
from billproof.tax.supply import Supply

DAY = timedelta(days=1)
RATES = ("eu_vat", "vat_elsewhere", "territories", "ca_sales_tax")

type Agreed = tuple[str, str, date, date]
"""A contract, a charge, and an agreed period of it."""
type SupplyEnds = Mapping[Agreed, date]


@dataclass(frozen=True, slots=True)
class InvoiceDays:
    """When the invoice is issued, and when it is due."""

    issue: date
    due: date


def supply_ends(lines: Iterable[PricedLine]) -> SupplyEnds:
    """Return the first day after each agreed period's supply: a charge that ends early ends its supply then."""
    ends: dict[Agreed, date] = {}
    for line in lines:
        key = agreed_of(line)
        ends[key] = min(max(ends.get(key, line.covered.end), line.covered.end), line.service_period.end)
    return ends


def agreed_of(line: PricedLine) -> Agreed:
    """Return what a line is of: the lines of one charge and agreed period are one supply."""
    return line.explanation.contract, line.charge, line.service_period.start, line.service_period.end


def rule_of(entity: LegalEntity, account: Account, day: date) -> TimeOfSupply:
    """Return the rule of where a supply is taxed, else of where the seller is; raises UndeterminedTax without one."""
    supply = Supply.of(entity, account, day)
    for code in (*_codes(supply.buyer), *_codes(supply.seller)):
        rule = next((row for row in times_of_supply().rows if code in row.jurisdictions), None)
        if rule is not None:
            return rule
    message = f"no rule says when a service is supplied in {supply.buyer.code}"
    raise supply.undetermined(message)


def _codes(place: Place) -> tuple[str, ...]:
    """Name a place's jurisdictions, the narrowest first."""
    own = (place.territory.code,) if place.territory else ()
    return (*own, f"{place.country}-{place.region}", place.country)


def tax_points(rule: SupplyRule, line: PricedLine, ends: SupplyEnds, days: InvoiceDays) -> tuple[date, ...]:
    """Return the tax point of a line, and the days of which the lower rate counts where there are such."""
    last = max(ends[agreed_of(line)] - DAY, line.service_period.start)
    match rule:
        case SupplyRule.PERIOD_END:
            return (last,)
        case SupplyRule.INVOICE:
            return (days.issue,)
        case SupplyRule.DUE_DATE:
            return (days.due,)
        case SupplyRule.LOWER_OF_START_AND_INVOICE:
            return (last, line.service_period.start, days.issue)


def apportioned_days(entity: LegalEntity, account: Account, covered: Period) -> list[Period]:
    """Divide the days of a line at the changes of the rate of where it is taxed, in order."""
    changes = rate_changes(entity, account, covered.end - DAY)
    inner = sorted(day for day in changes if covered.start < day < covered.end)
    bounds = [covered.start, *inner, covered.end]
    return [Period(start=start, end=end) for start, end in pairwise(bounds)]


def rate_changes(entity: LegalEntity, account: Account, day: date) -> set[date]:
    """Return the days on which a rate begins, on whatever day, of where a supply of the day is taxed."""
    place = Supply.of(entity, account, day).buyer
    own = f"{place.country}-{place.region}"
    codes = {place.code, place.territory.rates} if place.territory else {place.country, own}
    rates = (rate for name in RATES for rate in rule_set(name).rates if rate.jurisdiction in codes)
    return {rate.effective_from for rate in rates if rate.effective_from is not None}
