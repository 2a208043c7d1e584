"""Days: service periods by cadence, calendar months, and how many days of a period count."""

import calendar
import functools
from datetime import date, timedelta

from tests.reference.figures import Document

DAY = timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
MONDAY = date(2001, 1, 1)
Range = tuple[date, date]


@functools.cache
def day_of(text: str) -> date:
    return date.fromisoformat(text)


def month_start(day: date) -> date:
    return day.replace(day=1)


def add_months(day: date, months: int) -> date:
    """Return the same day some months on, or the last day of a month that is too short for it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_of(day: date) -> Range:
    start = month_start(day)
    return start, add_months(start, 1)


def months_between(start: date, end: date) -> list[Range]:
    """Return the calendar months that share a day with `[start, end)`."""
    months = []
    while start < end:
        months.append(month_of(start))
        start = months[-1][1]
    return months


def days_between(start: date, end: date) -> list[date]:
    return [date.fromordinal(number) for number in range(start.toordinal(), end.toordinal())]


def service_period(cadence: Document | None, day: date) -> Range:
    """Return the service period that holds a day: by the calendar, or counted from an anchor that is remembered."""
    cadence = cadence or {}
    interval, anchor = cadence.get("interval", "month"), cadence.get("anchor")
    first = day_of(anchor) if anchor else MONDAY
    if interval == "week":
        start = first + timedelta(days=(day - first).days // 7 * 7)
        return start, start + timedelta(days=7)
    length = MONTHS[interval]
    number = ((day.year - first.year) * 12 + day.month - first.month) // length
    if add_months(first, number * length) > day:
        number -= 1
    return add_months(first, number * length), add_months(first, (number + 1) * length)


def service_periods(cadence: Document | None, start: date, end: date) -> list[Range]:
    """Return the service periods that share a day with `[start, end)`."""
    periods = []
    while start < end:
        periods.append(service_period(cadence, start))
        start = periods[-1][1]
    return periods


def _place(day: date, method: str) -> int:
    if method == "thirty_day_months":
        return (day.year * 12 + day.month) * 30 + min(day.day, 30)
    return day.toordinal()


@functools.cache
def weight(day: date, method: str) -> int:
    """Say how many days a day counts: one, or as 30-day months have it (the 30th of 31 none, 28 February three)."""
    return _place(day + DAY, method) - _place(day, method)


def length_of(period: Range, method: str) -> int:
    return _place(period[1], method) - _place(period[0], method)


def holds(term: Document, day: date) -> bool:
    """Say whether a term's days `[start, end)` hold a day."""
    end = term.get("end")
    return day_of(term["start"]) <= day and (end is None or day < day_of(end))
