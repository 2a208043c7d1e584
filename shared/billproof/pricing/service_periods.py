"""Which service periods of a charge the invoice of a billing period bills: each has one home month, and no other.

in arrears   the month in which the service period, or the charge, ends
in advance   the month before the one in which the service period starts; what starts in the charge's first month, and
             in the next, is at home in that first month
once         the month that holds the day on which it is due

A service period is at home with all its parts, however late in it the terms change: a year that is billed in advance
owes the price of its last month in its home month, too. The timing of its first day is that of all its days: what was
billed stays billed. One that is metered on some of its days is billed in arrears: what is used is not known before. A
fee that was billed stays with the month that billed it, whatever a version says that becomes known later. The days on
which the same priced terms hold are one part, also where other terms hold between them:

    version 1 |===|           version 1 and 3 say the same: two parts, of which the first has two ranges of days
    version 2     |===|
    version 3         |===|
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from billproof.cadence import Cadence
from billproof.contracts.charges import Charge, Commitment, Refund, Timing
from billproof.contracts.timeline import Span, Timeline, same_terms
from billproof.periods import DateRange, Period, add_months, intersection, month_name
from billproof.proration import Proration, counted_days

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A part of a service period that one charge covers by the same priced terms.

    `span` is as the version states it that governs its last day, and `days` are those of the service period that it
    covers, in order. `since` is the first of them, empty for the first part; `home` is the first day of the month whose
    invoice bills it.
    """

    span: Span[Charge]
    period: Period
    since: str
    home: date
    days: tuple[DateRange, ...]
    is_true_up: bool = False

    @property
    def part(self) -> str:
        """The name of the part of the period that it covers; empty where it is the whole."""
        start, end = self.bounds
        if len(self.days) == 1 and (start, end) == (self.period.start, self.period.end):
            return ""
        return "+".join(f"{days.start}_{days.end}" for days in self.days)

    @property
    def bounds(self) -> tuple[date, date]:
        """The first day that it covers and the first after it that it does not."""
        return self.days[0].start, self.days[-1].end or self.period.end

    @property
    def ranges(self) -> list[Period]:
        """The days that it covers, in order."""
        return [Period.construct_trusted(start=days.start, end=days.end or self.period.end) for days in self.days]


def dues(timeline: Timeline, period: Period) -> Iterator[Due]:
    """Yield what is at home in a billing period of a contract, charge by charge and in time order."""
    upcoming = period.next()
    for spans in timeline.charge_spans:
        once = due_once(spans, period)
        if once is not None:
            yield once
        for cadence, mine in by_cadence(spans):
            in_arrears = not mine[0].billed_in and all(timings(span) == {Timing.IN_ARREARS} for span in mine)
            if cadence.is_calendar_month and in_arrears:
                yield from parts_of(mine, period)  # a month in arrears is at home in itself
                continue
            for service_period in cadence.periods_touching(cadence.period_of(period.start).start, upcoming.end):
                yield from (due for due in parts_of(mine, service_period) if due.home == period.start)


def by_cadence(spans: Sequence[Span[Charge]]) -> list[tuple[Cadence, list[Span[Charge]]]]:
    """Return the spans of a charge that is owed by service periods; one that pauses may go on by other periods."""
    groups: list[tuple[Cadence, list[Span[Charge]]]] = []
    for span in spans:
        if span.term.price.is_due_once:
            continue
        if not groups or groups[-1][0] != span.term.cadence:
            groups.append((span.term.cadence, []))
        groups[-1][1].append(span)
    return groups


def timings(span: Span[Charge]) -> set[Timing]:
    """Return the timings that versions state for a span."""
    return {term.timing for term in (*(term for _, _, term in span.earlier), span.term)}


def due_once(spans: Sequence[Span[Charge]], period: Period) -> Due | None:
    """Return what a charge owes once where its day is in a billing month: the first day that its terms name.

    A milestone may be reached before the version begins that says so. What stays with the month that billed it is due
    in that one, whatever day its terms name now.
    """
    stays = next(
        (month for whole, month in spans[0].billed_in.items() if whole == Period.month(month_name(month))), None
    )
    for span in spans:
        price = span.term.price
        day = price.due_day
        if day is None or not (day in span.days or (price.may_be_due_before and day < span.days.start)):
            continue
        month = day.replace(day=1)
        if period.start != (stays or month):
            return None
        covered = intersection(span.days, DateRange(start=period.start, end=period.end))
        days = covered if covered and period.start == month else DateRange(start=day, end=day + ONE_DAY)
        return Due(span, period, "", period.start, (days,))
    return None


def fees_touching(timeline: Timeline, periods: Iterable[Period]) -> list[Due]:
    """Return every part of the fees that cover a day of some billing periods, wherever they are at home.

    So does what is kept of a fee that has ended. What is metered is of its own month alone, and left out.
    """
    known: dict[tuple[str, date, str], Due] = {}
    for period in periods:
        for spans in timeline.charge_spans:
            once = due_once(spans, period)
            parts = [] if once is None else [once]
            for cadence, of_cadence in by_cadence(spans):
                fees = [span for span in of_cadence if not span.term.is_metered]
                is_covered = any(span.touches(period) for span in fees)
                for service_period in cadence.periods_touching(period.start, period.end) if fees else ():
                    mine = [due for due in parts_of(of_cadence, service_period) if not due.span.term.is_metered]
                    parts += mine if is_covered else [due for due in mine if due.bounds[1] > period.start]
            for due in parts:
                known.setdefault((due.span.term.id, due.period.start, due.since), due)
    return list(known.values())


def parts_of(spans: Sequence[Span[Charge]], service_period: Period) -> list[Due]:
    """Return the parts of a service period that a charge covers, each by the same priced terms.

    Where the rest of the service period is not refunded, the charge's last part runs to its end.
    """
    whole = DateRange.construct_trusted(start=service_period.start, end=service_period.end)
    groups: list[list[tuple[Span[Charge], DateRange]]] = []
    first_timing: Timing | None = None
    is_metered = False
    for span in spans:
        days = intersection(span.days, whole)
        if days is None:
            continue
        first_timing = first_timing or span.as_of(days.start).term.timing
        is_metered = is_metered or span.term.is_metered
        alike = next((group for group in groups if same_terms(group[0][0], span)), None)
        if alike is None:
            groups.append([(span, days)])
        else:
            alike.append((span, days))
    if not groups:
        return []
    last = max((days.end or service_period.end for group in groups for _, days in group))
    stated = [(_stated(group[-1][0], service_period), [days for _, days in group]) for group in groups]
    final = next(span for span, days in stated if days[-1].end == last)
    if last < service_period.end and final.term.timing is Timing.IN_ADVANCE and final.term.refund is Refund.NONE:
        kept = next(days for span, days in stated if span is final)
        kept[-1] = DateRange(start=kept[-1].start, end=service_period.end)
    is_in_advance = first_timing is Timing.IN_ADVANCE and not is_metered
    home = _home(service_period, spans[0].days.start, last, is_in_advance=is_in_advance)
    stays = spans[0].billed_in.get(service_period, home)
    homes = (home if span.term.is_metered else stays for span, _ in stated)
    return [
        Due(span, service_period, str(days[0].start) if number else "", home, tuple(days))
        for number, ((span, days), home) in enumerate(zip(stated, homes, strict=True))
    ]


def _stated(span: Span[Charge], service_period: Period) -> Span[Charge]:
    """Return a span as the version states it that governs its last day in a service period."""
    if not span.earlier:
        return span
    return span.as_of(min(span.days.end or service_period.end, service_period.end) - ONE_DAY)


def _home(service_period: Period, begun: date, ended: date, *, is_in_advance: bool) -> date:
    """Return the first day of the month whose invoice bills a service period of a charge.

    `begun` is the first day of the charge, `ended` the first after those of the service period that it covers.
    """
    if not is_in_advance:
        return (ended - ONE_DAY).replace(day=1)
    first = begun.replace(day=1)
    if service_period.start < add_months(first, 2):
        return first
    return (service_period.start.replace(day=1) - ONE_DAY).replace(day=1)


def term_edges(timeline: Timeline, *, percents: bool) -> set[date]:
    """Return the days on which a cap, a commitment or a discount begins or ends; `percents` are discounts, too."""
    discounts = [span for span in timeline.discounts if percents or span.term.amount is not None]
    ranges = [span.days for spans in (timeline.caps, timeline.commitments, discounts) for span in spans]
    return {edge for days in ranges for edge in (days.start, days.end) if edge is not None}


def commitment_edges(timeline: Timeline, days: Period) -> set[date]:
    """Return the days, among some, on which a term of a commitment of several months begins or ends."""
    edges: set[date] = set()
    for name in {span.term.id for span in timeline.commitments if span.term.months > 1}:
        span = next(span for span in timeline.commitments if span.term.id == name)
        first, months, number = first_day_of(span), span.term.months, 0
        while (edge := add_months(first, number * months)) <= days.end:
            edges |= {edge} if edge >= days.start else set()
            number += 1
    return edges


def first_day_of(span: Span[Commitment]) -> date:
    """Return the first day of a commitment, from which its terms are counted, whatever days the contract covers."""
    stated = span.earlier[0][2] if span.earlier else span.term
    return stated.effective.start


def up_to(due: Due, day: date) -> Due:
    """Return a part as if it covered its days before another alone."""
    before = DateRange.construct_trusted(start=date.min, end=day)
    days = (intersection(mine, before) for mine in due.days)
    return replace(due, days=tuple(mine for mine in days if mine is not None))


def in_force(due: Due, timeline: Timeline) -> Due:
    """Return a part as if it covered all days of its service period on which the charge is in force, by any terms."""
    whole = DateRange.construct_trusted(start=due.period.start, end=due.period.end)
    ranges: list[DateRange] = []
    for span in timeline.of_charge(due.span.term.id):
        days = intersection(span.days, whole)
        if days is not None and ranges and ranges[-1].end == days.start:
            ranges[-1] = DateRange.construct_trusted(start=ranges[-1].start, end=days.end)
        elif days is not None:
            ranges.append(days)
    return replace(due, days=tuple(ranges))


def waived_days(due: Due, timeline: Timeline) -> list[DateRange]:
    """Return the days of waivers that hold for a charge."""
    waivers = (span for span in timeline.waivers if not span.term.charges or due.span.term.id in span.term.charges)
    return [span.days for span in waivers]


def proration(due: Due, waived: Iterable[DateRange] = ()) -> Proration:
    """Count the days that a part covers, less those that a waiver names."""
    return Proration.of(due.days, due.period, due.span.contract.proration, without=waived)


def billed_days(due: Due, waived: Iterable[DateRange] = ()) -> list[DateRange]:
    """Return the days that a part bills, in order: those that count for it, less waived ones; of a due once its day."""
    day = due.span.term.price.due_day
    if day is not None:
        return [DateRange(start=day, end=day + ONE_DAY)]
    return counted_days(due.days, due.period, due.span.contract.proration, without=waived)
