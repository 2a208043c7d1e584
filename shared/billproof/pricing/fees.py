"""The fees that a month's reductions look at, and what is left of each on which of its days.

Amounts that are for a month (fixed discounts, caps, minimums) go by what each fee has in the days for which they hold,
however long its service period and whichever invoice bills it: a year that is billed in January is a fee of every month
of its year. So each fee is cut where a month or a term begins or ends, and every piece knows what is left of it: by
days, and of usage, once percentages are taken, by what was used.

    fee at home in January   |===|===|===|===|===|===|===|===|===|===|===|===|
    cap of March                     |===|                                      counts the third piece
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from billproof.cadence import Cadence
from billproof.contracts.timeline import Timeline
from billproof.money import Money, Rounding
from billproof.periods import DateRange, Period, intersection
from billproof.pricing.lines import Basis, charge_lines, true_up_lines
from billproof.pricing.model import PricedLine
from billproof.pricing.priced_parts import PricedPart, UsedBefore
from billproof.pricing.service_periods import (
    Due,
    billed_days,
    commitment_edges,
    dues,
    fees_touching,
    term_edges,
    waived_days,
)
from billproof.proration import Proration, count_days

ZERO = Decimal(0)
BY_MONTH = Cadence()
ONE = Decimal(1)
SHARE_DIGITS = Decimal("1e-30")
"""Shares by days may never end, so what they add up to is rounded far beyond every price and currency."""


@dataclass
class Piece:
    """Some days of a fee and what is left of it there, exactly."""

    days: Period
    left: Decimal


@dataclass
class Fee:
    """A charge's line and what reductions left of it; `is_here` where the invoice of the month bills it.

    `place` orders the fees of a month: fees before usage, each in the order of the contract's charges, and of each
    charge the seats above those committed last.
    """

    line: PricedLine
    part: PricedPart
    is_here: bool
    rounding: Rounding
    place: tuple[bool, int, bool, date, tuple[str, ...], str]
    billed: list[DateRange]
    """The days that it bills, in order: without waived ones, and of what is due once its day."""
    left: Money = field(init=False)
    pieces: list[Piece] = field(default_factory=list)
    is_even: bool = True
    """Whether what is left of it still is in proportion to the days that it bills."""

    def __post_init__(self) -> None:
        """Begin with the whole line left."""
        self.left = self.line.net

    @property
    def home(self) -> date:
        """The first day of the month whose invoice bills it."""
        return self.part.due.home

    def cut(self, edges: Iterable[date]) -> None:
        """Cut it where terms begin or end, and share what it comes to by the days that it bills."""
        days = self._between(edges)
        weights = [Decimal(self.billed_days(part)) for part in days] if len(days) > 1 else [ONE]
        if not any(weights):
            weights = [Decimal(part.days) for part in days]
        self._share(days, weights)

    def spread(self, edges: Iterable[date]) -> None:
        """Share what percentages left among its months, each rounded to its end; of usage by what was used."""
        used = self.part.used_before
        if used is not None:
            days = self._between(edges)
            weights = [self._used(part, used) for part in days]
            if len(days) > 1 and any(weights):
                self._share(days, weights)
        exact, before = ZERO, Money.zero(self.left.currency)
        for month in self.months:
            mine, whole = list(self._in(month)), self.exact_in(month)
            exact += whole
            due = self.rounded(exact) - before
            before += due
            for piece in mine if whole else ():
                piece.left *= due.amount / whole

    @staticmethod
    def _used(days: Period, used: UsedBefore) -> Decimal:
        to_start, to_end = used(days.start), used(days.end)
        return ZERO if to_start is None or to_end is None else to_end - to_start

    def _between(self, edges: Iterable[date]) -> list[Period]:
        start, end = self.bounds
        inner = sorted({edge for edge in edges if start < edge < end})
        return [Period.construct_trusted(start=one, end=other) for one, other in pairwise([start, *inner, end])]

    def _share(self, days: Sequence[Period], weights: Sequence[Decimal]) -> None:
        whole = sum(weights, ZERO)
        self.pieces = [
            Piece(part, self.left.amount * weight / whole) for part, weight in zip(days, weights, strict=True)
        ]

    @property
    def bounds(self) -> tuple[date, date]:
        """The first day that it bills or covers, and the first after it that it does not."""
        start, end = self.part.due.bounds
        if self.part.due.span.term.price.is_due_once:
            return self.billed[0].start, self.billed[0].end or end
        return start, max(end, *(days.end or end for days in self.billed)) if self.billed else end

    @property
    def days(self) -> Period:
        """Its first day to its last, as `bounds` says."""
        start, end = self.bounds
        return Period.construct_trusted(start=start, end=end)

    @property
    def reach(self) -> Period:
        """From the first day that its line covers, for what is due once before its day, to the last that it bills."""
        return Period.construct_trusted(start=self.line.covered.start, end=self.days.end)

    def billed_days(self, days: DateRange | Period) -> int:
        """Count the days that it bills among some, as its contract counts days; of what is due once its day."""
        wanted = _as_range(days)
        shared = (intersection(mine, wanted) for mine in self.billed)
        return sum(self._count(both) for both in shared if both is not None)

    def _count(self, days: DateRange) -> int:
        charge, contract = self.part.due.span.term, self.part.due.span.contract
        return 1 if charge.price.is_due_once else count_days(days, contract.proration)

    def share_of(self, days: Iterable[DateRange]) -> Proration:
        """Return the share of its billed days that some days hold."""
        whole = sum(map(self._count, self.billed))
        return Proration(days_covered=sum(map(self.billed_days, days)), days_in_period=whole or 1)

    @property
    def months(self) -> Sequence[Period]:
        """The calendar months that it covers a day of."""
        start, end = self.bounds
        return BY_MONTH.periods_touching(start, end)

    def is_within(self, month: Period) -> bool:
        """Say whether it covers days of this month alone."""
        start, end = self.bounds
        return month.start <= start and end <= month.end

    def exact_in(self, *days: DateRange | Period) -> Decimal:
        """Return what is left of it on some days, as exactly as shares by days are: a cent is not a shade less."""
        return sum((piece.left for piece in self._in(*days)), ZERO).quantize(SHARE_DIGITS)

    def take(self, amount: Money, *days: DateRange | Period) -> None:
        """Take an amount off some days, in proportion to what is left of each.

        A rounded amount may be more than those days have: where nothing is left of a month, none of its days has any.
        """
        before = self.exact_in(*days)
        mine = list(self._in(*days))
        if before:
            rest = (before - amount.amount) / before
            for piece in mine:
                piece.left *= rest
        self.is_even = self.is_even and len(mine) == len(self.pieces)
        self.left -= amount
        for month in self.months if len(self.pieces) > 1 else ():
            if self.exact_in(month).is_zero():
                for piece in self._in(month):
                    piece.left = ZERO

    def _in(self, *days: DateRange | Period) -> Iterator[Piece]:
        for wanted in map(_as_range, days):
            for piece in self.pieces:
                if wanted.start <= piece.days.start and (wanted.end is None or piece.days.end <= wanted.end):
                    yield piece

    def rounded(self, exact: Decimal) -> Money:
        """Round an amount as its contract's invoices are rounded."""
        return Money.rounded(exact, self.left.currency, self.rounding)


def _as_range(days: DateRange | Period) -> DateRange:
    return days if isinstance(days, DateRange) else DateRange.construct_trusted(start=days.start, end=days.end)


def fees_of(timeline: Timeline, basis: Basis) -> list[Fee]:
    """Return the fees of a month: those that its invoice bills, then, where terms by the month ask, those of others."""
    owed = list(dues(timeline, basis.period))
    fees = [_fee(part, line, timeline, basis, is_here=True) for part, line in charge_lines(timeline, basis, owed)]
    fees += (_fee(part, line, timeline, basis, is_here=True) for part, line in true_up_lines(timeline, basis))
    if not (timeline.commitments or timeline.caps or timeline.discounts):
        return fees
    months = {month.start: month for fee in fees for month in fee.months} | {basis.period.start: basis.period}
    if timeline.commitments or timeline.caps or any(span.term.amount is not None for span in timeline.discounts):
        if counts_fees_to_come(timeline):
            months |= _months_gone(timeline, basis.period)
        fees += _fees_elsewhere(timeline, basis, fees_touching(timeline, months.values()), known=map(_key, owed))
    _cut(timeline, fees)
    return fees


def fees_beside(timeline: Timeline, basis: Basis, fees: Sequence[Fee]) -> list[Fee]:
    """Return the other fees of the invoices, of other months, that bill some fees: what is used there is left out."""
    months = {BY_MONTH.period_of(fee.home) for fee in fees if not fee.is_here}
    theirs = (due for month in months for due in dues(timeline, month) if not due.span.term.is_metered)
    beside = _fees_elsewhere(timeline, basis, theirs, known=(_key(fee.part.due) for fee in fees))
    _cut(timeline, beside)
    return beside


def _key(due: Due) -> tuple[str, Period, str]:
    return due.span.term.id, due.period, due.since


def _fees_elsewhere(
    timeline: Timeline, basis: Basis, mine: Iterable[Due], *, known: Iterable[tuple[str, Period, str]]
) -> list[Fee]:
    """Price what invoices of other months bill, without what is known already."""
    keys = set(known)
    lines = charge_lines(timeline, basis, [due for due in mine if _key(due) not in keys])
    return [_fee(part, line, timeline, basis, is_here=False) for part, line in lines]


def _cut(timeline: Timeline, fees: Iterable[Fee]) -> None:
    """Cut fees where percentages, terms of commitments and months begin or end."""
    edges = term_edges(timeline, percents=True)
    for fee in fees:
        fee.cut({*edges, *commitment_edges(timeline, fee.days), *(month.start for month in fee.months)})


def rounded_together(amounts: Sequence[tuple[Fee, Decimal]]) -> list[Money]:
    """Round what is taken off fees once for each invoice: as a running total, to each fee what it adds, usage last.

    So what comes off a fee never depends on what is used, and is the same in every month that counts the fee.
    """
    totals: dict[date, Decimal] = {}
    rounded: dict[int, Money] = {}
    for index in sorted(range(len(amounts)), key=lambda index: (amounts[index][0].home, amounts[index][0].place)):
        fee, exact = amounts[index]
        before = totals.get(fee.home, ZERO)
        totals[fee.home] = before + exact
        rounded[index] = fee.rounded(totals[fee.home]) - fee.rounded(before)
    return [rounded[index] for index in range(len(amounts))]


def counts_fees_to_come(timeline: Timeline) -> bool:
    """Say whether a term of several months may count what was served of a fee that a later invoice bills."""
    return any(span.term.months > 1 for span in timeline.commitments)


def _months_gone(timeline: Timeline, period: Period) -> dict[date, Period]:
    """Return the months before one that fees have a share of that it has one of, too, and later invoices bill."""
    to_come = (due for due in fees_touching(timeline, [period]) if due.home > period.start)
    months = (month for due in to_come for month in BY_MONTH.periods_touching(*due.bounds))
    return {month.start: month for month in months if month.start < period.start}


def _fee(part: PricedPart, line: PricedLine, timeline: Timeline, basis: Basis, *, is_here: bool) -> Fee:
    due, charge = part.due, part.due.span.term
    is_usage = charge.is_metered or due.is_true_up
    order = timeline.charge_places[charge.id]
    billed = billed_days(due, waived_days(due, timeline) if charge.meter is None and not due.is_true_up else ())
    return Fee(
        line,
        part,
        is_here,
        basis.rounding,
        (is_usage, order, due.is_true_up, due.period.start, tuple(line.dimension.values()), due.since),
        billed,
    )
