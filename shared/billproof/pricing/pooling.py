"""Adding up what a family of accounts used, for charges that pool it: all of them fill the tiers together.

An account's usage counts on the days on which one of its own contracts is in force.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from billproof.contracts.timeline import Timeline
from billproof.masterdata.meters import Aggregation, Meter
from billproof.model import decimal_text
from billproof.money import exactly
from billproof.periods import DateRange, Period, intersection
from billproof.readings import PricedQuantity, Quantity, Reading

ADDITIVE = {Aggregation.COUNT, Aggregation.SUM}
"""What may be added up over accounts: the most of two accounts is not the most of both together."""


def is_additive(meter: Meter) -> bool:
    """Say whether quantities of several accounts add up to the quantity of all of them."""
    return meter.aggregation in ADDITIVE


def covered_days(timelines: Iterable[Timeline], period: Period) -> dict[str, list[Period]]:
    """Return, for each account, the days of a period on which one of its own contracts is in force, in order."""
    whole = DateRange(start=period.start, end=period.end)
    ranges_by_account: dict[str, list[DateRange]] = {}
    for timeline in timelines:
        for _, governed in timeline.governing_versions:
            days = intersection(governed, whole)
            if days is not None:
                ranges_by_account.setdefault(timeline.account, []).append(days)
    return {account: _merged(ranges, period) for account, ranges in ranges_by_account.items()}


def _merged(ranges: Iterable[DateRange], period: Period) -> list[Period]:
    merged: list[Period] = []
    for days in sorted(ranges, key=lambda days: days.start):
        end = days.end or period.end
        if merged and days.start <= merged[-1].end:
            merged[-1] = Period(start=merged[-1].start, end=max(merged[-1].end, end))
        else:
            merged.append(Period(start=days.start, end=end))
    return merged


def pooled_days(days: Iterable[Period], covered: Iterable[Period]) -> list[Period]:
    """Return what a pool counts of an account's days: those of the pool's own on which a contract of it is in force."""
    mine = list(covered)
    both = ((max(one.start, other.start), min(one.end, other.end)) for one in days for other in mine)
    return [Period(start=start, end=end) for start, end in both if start < end]


def part_name(days: Period, period: Period) -> str:
    """Name a part of a period as usage does: empty where it is the whole."""
    return "" if days == period else f"{days.start}_{days.end}"


type Parts = Mapping[str, Collection[str]]
"""The names of the parts of a period that are counted, by account."""


def pool_parts(days: Iterable[Period], period: Period, covered: Mapping[str, Iterable[Period]]) -> Parts:
    """Return the parts of a period in which a pool that is in force on some days counts what each account used."""
    mine = list(days)
    return {
        account: [part_name(counted, period) for counted in pooled_days(mine, theirs)]
        for account, theirs in covered.items()
    }


@exactly
def pooled(used: Mapping[str, Sequence[Quantity]], reading: Reading, parts: Parts) -> list[Quantity]:
    """Add the quantities of all accounts up, for each combination of the grouping properties."""
    by_group: dict[tuple[str, ...], Quantity] = {}
    for quantity in _counted(used, reading, parts):
        key = tuple(quantity.dimension.values())
        by_group[key] = _together(by_group[key], quantity) if key in by_group else quantity
    return list(by_group.values())


def shares(used: Mapping[str, Sequence[Quantity]], reading: Reading, parts: Parts, dimension: dict[str, str]) -> str:
    """Say what each account used of a pooled quantity."""
    mine = {
        account: sum(
            (one.quantity for one in _counted({account: quantities}, reading, parts) if one.dimension == dimension),
            Decimal(0),
        )
        for account, quantities in used.items()
    }
    return ", ".join(f"{account} {decimal_text(quantity)}" for account, quantity in mine.items() if quantity)


def _counted(used: Mapping[str, Sequence[Quantity]], reading: Reading, parts: Parts) -> Iterator[Quantity]:
    for account, quantities in used.items():
        for part in parts.get(account, ()):
            yield from (quantity for quantity in quantities if quantity.is_of(reading, part))


def _together(one: Quantity, other: Quantity) -> Quantity:
    prices: dict[Decimal, Decimal] = {}
    for priced in (*one.prices, *other.prices):
        prices[priced.unit_price] = prices.get(priced.unit_price, Decimal(0)) + priced.quantity
    return one.model_copy(
        update={
            "quantity": one.quantity + other.quantity,
            "events": one.events + other.events,
            "prices": tuple(
                PricedQuantity(unit_price=price, quantity=quantity) for price, quantity in sorted(prices.items())
            ),
        }
    )
