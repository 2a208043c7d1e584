"""The digest of what decides a month's amounts: a month that is billed is priced again only where it changed.

It covers more than the month may need, never less: every term that is stated for a day of a service period which is at
home in the month, or which shares one of its months with those.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from billproof.contracts.billed_in import BilledIn
from billproof.contracts.charges import Term, Timing
from billproof.contracts.model import Contract
from billproof.contracts.timeline import Span, Timeline, timelines
from billproof.ids import digest
from billproof.periods import Period, month_name
from billproof.pricing.service_periods import by_cadence, dues, parts_of, timings
from billproof.store_keys import sort_key

ONE_DAY = timedelta(days=1)
UNPRICED = {"effective", "days", "ramp", "name", "floor_unit_price"}
"""Fields of a term that decide no amount of the days for which it is stated."""


def versions_digest(contracts: Iterable[Contract]) -> str:
    """Return the digest of which versions are known, and which charges they bill both in advance and in arrears.

    Those were at home elsewhere before 28 November 2026: an account that was billed then looks at every month again.
    """
    versions: list[str] = []
    timings_of: dict[str, set[Timing]] = {}
    for contract in contracts:
        versions.append(sort_key(contract.id, str(contract.version)))
        for charge in contract.charges:
            timings_of.setdefault(sort_key(contract.id, charge.id, "timings"), set()).add(charge.timing)
    return digest(sorted(versions) + sorted(name for name, stated in timings_of.items() if len(stated) > 1))


def terms_digest(contracts: Iterable[Contract], period: Period, billed_in: Sequence[BilledIn] = ()) -> str:
    """Return the digest of the terms that decide what is owed at home in a month.

    Raises UnpriceableCharge where they cannot be laid out.
    """
    return digest([_stated(timeline, period) for timeline in timelines(contracts, period, billed_in)])


def _stated(timeline: Timeline, period: Period) -> dict[str, Any]:
    first, last = _reach(timeline, period)
    days = Period(start=first, end=last)
    versions = [contract for contract, governed in timeline.governing_versions if governed.days_within(days)]
    homes = list(_homes(timeline, days))
    return {
        "contract": timeline.id,
        "account": timeline.account,
        "currency": timeline.currency,
        "time_zone": versions[0].time_zone if versions else "",
        "spans": [_span(span, days) for span in (*timeline.spans, *timeline.waivers) if span.touches(days)],
        **({"homes": homes} if homes else {}),
    }


def _homes(timeline: Timeline, days: Period) -> Iterator[list[str]]:
    """Yield where fees are at home whose versions say both timings; other terms keep the digest that they had."""
    for spans in timeline.charge_spans:
        if len(set().union(*map(timings, spans))) == 1:
            continue
        for cadence, mine in by_cadence(spans):
            for service_period in cadence.periods_touching(days.start, days.end):
                for due in parts_of(mine, service_period)[:1]:
                    yield [due.span.term.id, str(service_period.start), str(due.home)]


def _span(span: Span[Any], days: Period) -> list[Any]:
    term: Term = span.term
    return [
        term.model_dump(mode="json", exclude=UNPRICED),
        str(span.begun),
        str(max(span.days.start, days.start)),
        str(min(span.days.end or days.end, days.end)),
        span.contract.proration.model_dump(mode="json"),
        span.contract.prices_include_tax,
    ]


def _reach(timeline: Timeline, period: Period) -> tuple[date, date]:
    """Return the first day that matters to a month, and the first after it that does not."""
    bounds = [due.period for due in dues(timeline, period)] + [period]
    months = [Period.month(month_name(day)) for days in bounds for day in (days.start, days.end - ONE_DAY)]
    first, last = min(month.start for month in months), max(month.end for month in months)
    around = list(_service_periods(timeline, first, last))
    return min([first, *(days.start for days in around)]), max([last, *(days.end for days in around)])


def _service_periods(timeline: Timeline, first: date, last: date) -> Iterator[Period]:
    cadences = {(span.term.cadence.interval, span.term.cadence.anchor): span.term.cadence for span in timeline.charges}
    for cadence in cadences.values():
        yield cadence.period_of(first)
        yield cadence.period_of(last)
