"""Which service periods stay with the month that billed them, though versions now state another month for them.

A version that becomes known later may say that a fee is billed at another time. What is billed is not taken back for
that, nor is what was conceded of it billed again. It moves only where nothing was conceded and the charge goes on in
arrears beyond all days that were billed: the rest is not due before its own month.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from billproof.contracts.billed_in import BilledIn
from billproof.contracts.model import Contract
from billproof.contracts.timeline import Timeline, governing, timelines
from billproof.money import exactly
from billproof.periods import Period, month_name
from billproof.pipeline.settling import SettledMonths
from billproof.pricing.concessions import base_of, is_true_up
from billproof.pricing.digests import terms_digest, versions_digest
from billproof.pricing.service_periods import by_cadence, due_once, parts_of
from billproof.pricing.terms import AccountTerms, BilledLine, EarlierPeriod

type Billed = tuple[Period, Sequence[BilledLine]]
"""A month, and what is billed of it."""

ZERO = Decimal(0)


def with_digests(
    terms: AccountTerms, settled: SettledMonths, period: Period, versions: Sequence[Contract], further: Iterable[Billed]
) -> AccountTerms:
    """Return terms with the service periods that stay, and the digests of each month's terms, by which it is billed.

    `versions` are all that are known, `further` the months whose terms have changed, too, and that a later invoice
    settles: what they billed stays as well. Raises UnpriceableCharge where the versions cannot be laid out.
    """
    stays = settled.billed_in
    if settled.has_news(versions_digest(versions)):
        months = [*((month.period, month.billed) for month in terms.earlier), *further]
        stays = _staying(months, stays, versions)
    earlier = tuple(_with_digest(month, stays, versions) for month in terms.earlier)
    own = terms_digest(terms.contracts, period, stays)
    return terms.model_copy(update={"billed_in": stays, "earlier": earlier, "terms_digest": own})


def _with_digest(month: EarlierPeriod, stays: Sequence[BilledIn], versions: Sequence[Contract]) -> EarlierPeriod:
    """Return a month with the contracts that owe something at home in it: those that are over by it, too."""
    contracts = tuple(governing(versions, month.period, stays))
    changes = {"contracts": contracts, "terms_digest": terms_digest(contracts, month.period, stays)}
    return month.model_copy(update=changes)


def _staying(months: Iterable[Billed], known: Sequence[BilledIn], versions: Sequence[Contract]) -> tuple[BilledIn, ...]:
    """Return the service periods that stay: those that are known, and those of months whose terms have changed."""
    stays = list(known)
    for month, billed in months:
        if billed:
            laid_out = {timeline.id: timeline for timeline in timelines(versions, month, stays)}
            stays += _of_month(month, billed, laid_out)
    return tuple(stays)


def _of_month(month: Period, billed: Iterable[BilledLine], laid_out: dict[str, Timeline]) -> Iterator[BilledIn]:
    for fee, is_conceded in _fees(billed):
        timeline = laid_out.get(fee.contract)
        home = _home(timeline, fee) if timeline else None
        if home is None or home == month.start:
            continue
        if home < month.start or fee.covered.end > month.end or is_conceded:
            start, end = fee.service_period.start, fee.service_period.end
            yield BilledIn(contract=fee.contract, charge=fee.charge, start=start, end=end, month=month.start)


@exactly
def _fees(lines: Iterable[BilledLine]) -> list[tuple[BilledLine, bool]]:
    """Return the last part of each service period of which something is billed or conceded, and whether it is conceded.

    What was billed and taken back whole is no part of it.
    """
    by_key = {(line.contract, line.line): line for line in lines if not line.is_draw}
    net: dict[tuple[str, str, Period], Decimal] = {}
    conceded: dict[tuple[str, str, Period], Decimal] = {}
    last: dict[tuple[str, str, Period], BilledLine] = {}
    for key, line in by_key.items():
        fee = by_key[base_of(key, by_key)]
        if fee.term not in {"", fee.charge} or is_true_up(fee.line):
            continue
        name = fee.contract, fee.charge, fee.service_period
        net[name] = net.get(name, ZERO) + line.net.amount
        conceded[name] = conceded.get(name, ZERO) + line.conceded
        last[name] = max(last.get(name, fee), fee, key=lambda part: part.covered.end)
    return [(fee, bool(conceded[name])) for name, fee in last.items() if net[name] + conceded[name]]


def _home(timeline: Timeline, fee: BilledLine) -> date | None:
    """Return the month that versions now state for a fee's service period; None where they state none."""
    spans = [span for span in timeline.charges if span.term.id == fee.charge]
    once = (span.term.price.due_day for span in spans if span.term.price.is_due_once)
    for day in once:
        if day is not None and due_once(spans, Period.month(month_name(day))):
            return day.replace(day=1)
    parts = (
        due
        for cadence, mine in by_cadence(spans)
        if cadence.period_of(fee.service_period.start) == fee.service_period
        for due in parts_of(mine, fee.service_period)
    )
    return next((due.home for due in parts if not due.span.term.is_metered), None)
