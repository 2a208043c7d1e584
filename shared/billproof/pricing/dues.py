"""Which service periods of a charge the invoice of a billing period bills, each on one invoice and no other.

in arrears   the invoice of the month in which the service period, or the charge, ends
in advance   the invoice of the month before the one in which the service period starts; what starts in the
             charge's first month, and in the next, is on the invoice of that first month
once         the invoice of the month that holds the day on which it is due
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from billproof.contracts.charges import Charge, Refund, Timing
from billproof.contracts.prices import DueOnce
from billproof.contracts.timeline import Span, Timeline
from billproof.periods import DateRange, Period
from billproof.proration import Proration


@dataclass(frozen=True, slots=True)
class Due:
    """A part of a service period that one span of a charge covers; `since` is the first day of one after the first."""

    span: Span[Charge]
    period: Period
    since: str
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
    """Yield what the invoice of a billing period owes of a contract, charge by charge and in time order."""
    for span in timeline.charges:
        for service_period in _service_periods(span, _ended(span, timeline), period):
            yield _due(span, service_period, timeline)


def own_dues(timeline: Timeline, period: Period) -> Iterator[Due]:
    """Yield what starts in a billing period, whichever invoice bills it, but for what is due once."""
    for span in timeline.charges:
        if isinstance(span.term.price, DueOnce):
            continue
        for service_period in span.term.cadence.periods_touching(*_within(span, period)):
            if service_period.start >= period.start or span.begun >= period.start:
                yield _due(span, service_period, timeline)


def _due(span: Span[Charge], service_period: Period, timeline: Timeline) -> Due:
    """Name a part; where the rest of the service period is not refunded, the charge's last span runs to its end."""
    earlier = [
        other
        for other in timeline.of_charge(span.term.id)
        if other.days.start < span.days.start and other.touches(service_period)
    ]
    since = str(span.days.start) if earlier else ""
    end = _ended(span, timeline)
    in_advance = span.term.timing is Timing.IN_ADVANCE and not isinstance(span.term.price, DueOnce)
    if in_advance and span.term.refund is Refund.NONE and end is not None and span.days.end == end:
        kept = DateRange(start=span.days.start, end=max(end, service_period.end))
        span = replace(span, days=kept)
    return Due(span, service_period, since)


def _ended(span: Span[Charge], timeline: Timeline) -> date | None:
    """Return the first day without the charge, whichever of its versions governs then; None where it goes on."""
    end = span.days.end
    for other in timeline.of_charge(span.term.id):
        if other.days.start == end:
            end = other.days.end
    return end


def _within(span: Span[Charge], period: Period) -> tuple[date, date]:
    start = max(span.days.start, period.start)
    return start, max(start, min(span.days.end or period.end, period.end))


def _service_periods(span: Span[Charge], ended: date | None, period: Period) -> Iterator[Period]:
    charge = span.term
    if isinstance(charge.price, DueOnce):
        due = charge.price.due_on
        if due is not None and period.start <= due < period.end and due in span.days:
            yield period
        return
    upcoming = period.next()
    for found in charge.cadence.periods_touching(
        *_within(span, Period(start=_earliest(charge, period), end=upcoming.end))
    ):
        if charge.timing is Timing.IN_ARREARS:
            end = found.end if ended is None else min(found.end, ended)
            is_due = period.start < end <= period.end
        elif period.start <= span.begun < period.end:
            is_due = True
        else:
            is_due = span.begun < period.start and period.end <= found.start < upcoming.end
        if is_due and span.touches(found):
            yield found


def _earliest(charge: Charge, period: Period) -> date:
    return charge.cadence.period_of(period.start).start


def proration(due: Due, timeline: Timeline) -> Proration:
    """Count the days that a part covers, less those that a waiver names."""
    waived = [span.days for span in timeline.waivers if not span.term.charges or due.span.term.id in span.term.charges]
    return Proration.of(due.span.days, due.period, due.span.contract.proration, without=waived)
