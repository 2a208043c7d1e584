"""Which service periods of a charge the invoice of a billing period bills: each has one home month, and no other.

in arrears   the month in which the service period, or the charge, ends
in advance   the month before the one in which the service period starts; what starts in the charge's first month, and
             in the next, is at home in that first month
once         the month that holds the day on which it is due

A service period is at home with all its parts, however late in it the terms change: a year that is billed in advance
owes the price of its last month in its home month, too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from billproof.contracts.charges import Charge, Refund, Timing
from billproof.contracts.timeline import Span, Timeline
from billproof.periods import DateRange, Period, add_months
from billproof.proration import Proration

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A part of a service period that one span of a charge covers; `since` is the first day of one after the first.

    `home` is the first day of the month whose invoice bills it.
    """

    span: Span[Charge]
    period: Period
    since: str
    home: date
    is_true_up: bool = False

    @property
    def part(self) -> str:
        """The name of the part of the period that it covers; empty where it is the whole."""
        start, end = self.bounds
        return "" if (start, end) == (self.period.start, self.period.end) else f"{start}_{end}"

    @property
    def bounds(self) -> tuple[date, date]:
        """The first day that it covers and the first that it does not."""
        days = self.span.days
        return max(days.start, self.period.start), min(days.end or self.period.end, self.period.end)


def dues(timeline: Timeline, period: Period) -> Iterator[Due]:
    """Yield what is at home in a billing period of a contract, charge by charge and in time order."""
    upcoming = period.next()
    for span in timeline.charges:
        charge = span.term
        if charge.price.is_due_once:
            due_day = charge.price.due_day
            if due_day is not None and period.start <= due_day < period.end and due_day in span.days:
                yield Due(span, period, "", period.start)
            continue
        if charge.timing is Timing.IN_ARREARS and charge.cadence.is_calendar_month:
            if span.touches(period):  # a month in arrears is at home in itself
                yield _due(span, period, timeline, _ended(span, timeline), period.start)
            continue
        earliest = charge.cadence.period_of(period.start).start
        yield from (due for due in _parts(span, timeline, earliest, upcoming.end) if due.home == period.start)


def fees_touching(timeline: Timeline, periods: Iterable[Period]) -> list[Due]:
    """Return every part of a fee that covers a day of some billing periods, wherever it is at home.

    What is metered is of its own month alone, and left out.
    """
    dues: dict[tuple[str, date, str], Due] = {}
    for period in periods:
        for span in timeline.charges:
            if span.term.is_metered:
                continue
            due_day = span.term.price.due_day
            if due_day is not None and period.start <= due_day < period.end and due_day in span.days:
                dues[span.term.id, period.start, ""] = Due(span, period, "", period.start)
            elif not span.term.price.is_due_once and span.touches(period):
                for due in _parts(span, timeline, period.start, period.end):
                    dues.setdefault((span.term.id, due.period.start, due.since), due)
    return list(dues.values())


def _parts(span: Span[Charge], timeline: Timeline, start: date, end: date) -> Iterator[Due]:
    """Yield the parts of the service periods between two days that a span covers."""
    ended = _ended(span, timeline)
    for service_period in span.term.cadence.periods_touching(start, end):
        if span.touches(service_period):
            home = _home(span, service_period, ended)
            yield _due(span, service_period, timeline, ended, home)


def _home(span: Span[Charge], service_period: Period, ended: date | None) -> date:
    """Return the first day of the month whose invoice bills a service period of a charge."""
    if span.term.timing is Timing.IN_ARREARS:
        end = service_period.end if ended is None else min(service_period.end, ended)
        return (end - ONE_DAY).replace(day=1)
    first = span.begun.replace(day=1)
    if service_period.start < add_months(first, 2):
        return first
    return (service_period.start.replace(day=1) - ONE_DAY).replace(day=1)


def _due(span: Span[Charge], service_period: Period, timeline: Timeline, ended: date | None, home: date) -> Due:
    """Name a part; where the rest of the service period is not refunded, the charge's last span runs to its end.

    It is stated as the version states it that governs its last day.
    """
    if span.earlier:
        last = min(span.days.end or service_period.end, service_period.end) - ONE_DAY
        span = span.as_of(last)
    earlier = [
        other
        for other in timeline.of_charge(span.term.id)
        if other.days.start < span.days.start and other.touches(service_period)
    ]
    since = str(span.days.start) if earlier else ""
    in_advance = span.term.timing is Timing.IN_ADVANCE
    if in_advance and span.term.refund is Refund.NONE and ended is not None and span.days.end == ended:
        kept = DateRange(start=span.days.start, end=max(ended, service_period.end))
        span = replace(span, days=kept)
    return Due(span, service_period, since, home)


def _ended(span: Span[Charge], timeline: Timeline) -> date | None:
    """Return the first day without the charge, whichever of its versions governs then; None where it goes on."""
    end = span.days.end
    for other in timeline.of_charge(span.term.id):
        if other.days.start == end:
            end = other.days.end
    return end


def in_force(due: Due, timeline: Timeline) -> Due:
    """Return a part as if it covered all days of its service period on which the charge is in force, by any terms."""
    days = [span.days for span in timeline.of_charge(due.span.term.id) if span.touches(due.period)]
    end = None if days[-1].end is None else days[-1].end
    return replace(due, span=replace(due.span, days=DateRange(start=days[0].start, end=end)))


def waived_days(due: Due, timeline: Timeline) -> list[DateRange]:
    """Return the days of waivers that hold for a charge."""
    return [span.days for span in timeline.waivers if not span.term.charges or due.span.term.id in span.term.charges]


def proration(due: Due, timeline: Timeline) -> Proration:
    """Count the days that a part covers, less those that a waiver names."""
    waived = waived_days(due, timeline)
    return Proration.of(due.span.days, due.period, due.span.contract.proration, without=waived)
