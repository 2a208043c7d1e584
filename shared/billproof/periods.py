"""Half-open periods of local days, and the instants where they start and end.

A billing period is `[start, end)` in days of a time zone; `start` and `end` are local midnights, so a period that
crosses a change to daylight-saving time is an hour shorter or longer and loses nothing at its edges.
"""

import calendar
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from billproof.errors import InvalidPeriod
from billproof.model import Day, Model

_MONTH = re.compile(r"(?!000[01]|9999)([0-9]{4})-(0[1-9]|1[0-2])")
"""The first and the last year of dates have no day before them, or after them."""
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
"""RFC 3339, section 5.6, with or without a zone: the hours of an offset are at most 23 and its minutes at most 59.

Python's own reader takes minutes of 60 and more, weeks, and much else.
"""
DECEMBER = 12
LAST_ZONE = timedelta(hours=12)
"""How far the last time zone is behind UTC."""
FIRST_ZONE = timedelta(hours=14)
"""How far the first time zone is ahead of UTC."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of two functions may differ."""


def zone(name: str) -> tzinfo:
    """Look up a time zone by its IANA name; an unknown one raises InvalidPeriod."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # a tenth of the time of a command that asks for no zone

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{name!r} is not a time zone of the IANA database"
        raise InvalidPeriod(message) from None


class DateRange(Model):
    """Days `[start, end)`: the end is the first day outside; an open end is written as null."""

    start: Day
    end: Day | None = None

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end is not None and self.end <= self.start:
            message = f"the range {self.start} to {self.end} holds no day: its end is the first day outside"
            raise ValueError(message)
        return self

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def days_within(self, period: "Period") -> int:
        """Count the days that this range and the period share."""
        first = max(self.start, period.start)
        last = period.end if self.end is None else min(self.end, period.end)
        return max((last - first).days, 0)


class Period(Model):
    """Days `[start, end)` with both ends known."""

    start: Day
    end: Day

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end <= self.start:
            message = f"the period {self.start} to {self.end} holds no day: its end is the first day outside"
            raise ValueError(message)
        return self

    @classmethod
    def month(cls, text: str) -> Self:
        """Read a calendar month such as 2013-01; raises InvalidPeriod for anything else."""
        match = _MONTH.fullmatch(text)
        if not match:
            message = "this is not a calendar month: write it as YYYY-MM, such as 2013-01"
            raise InvalidPeriod(message)
        start = date(int(match[1]), int(match[2]), 1)
        return cls(start=start, end=first_of_next_month(start))

    @classmethod
    def month_before(cls, moment: datetime, time_zone: str) -> Self:
        """Return the last calendar month that is wholly over at this moment in this time zone."""
        first = moment.astimezone(zone(time_zone)).date().replace(day=1)
        return cls(start=(first - timedelta(days=1)).replace(day=1), end=first)

    @classmethod
    def month_ending(cls, end: date) -> Self:
        """Return the calendar month whose first day outside is this one."""
        return cls(start=(end - timedelta(days=1)).replace(day=1), end=end)

    def next(self) -> "Period":
        """Return the calendar month after this one."""
        return Period(start=self.end, end=first_of_next_month(self.end))

    @property
    def days(self) -> int:
        """How many days it holds."""
        return (self.end - self.start).days

    @property
    def name(self) -> str:
        """The month's name, such as 2013-01; for any other period its days, such as 2013-01-17_2013-02-17."""
        if self.start.day == 1 and self.end == first_of_next_month(self.start):
            return month_name(self.start)
        return f"{self.start}_{self.end}"

    def instants(self, time_zone: str) -> tuple[datetime, datetime]:
        """Return the instants `[start, end)` in UTC at which the period starts and ends in this time zone."""
        local = zone(time_zone)
        start, end = (datetime.combine(day, time.min, tzinfo=local).astimezone(UTC) for day in (self.start, self.end))
        return start, end


def cut_off(period: Period, grace: timedelta) -> datetime:
    """Return when a period stops accepting usage: when its last day has ended in every time zone, plus the grace.

    No run of the period is planned before its cut-off, and usage that arrives after it is marked as late. A run bills
    all usage that it finds, so usage between the cut-off and the run is marked but still billed by the run.
    """
    return datetime.combine(period.end, time.min, tzinfo=UTC) + LAST_ZONE + grace


FIRST_INSTANT, LAST_INSTANT = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 1, tzinfo=UTC)
"""Between these every zone and every next month has a date."""


def local_months(moment: datetime) -> list[Period]:
    """Return the calendar months that hold an instant in some time zone, in order: one, or two near a month's edge.

    What is before the year 2 or after 9998 is of the first or last month between them: there are no invoices of those.
    """
    moment = min(max(moment, FIRST_INSTANT), LAST_INSTANT)
    days = {(moment + shift).date().replace(day=1) for shift in (-LAST_ZONE, FIRST_ZONE)}
    return [Period(start=day, end=first_of_next_month(day)) for day in sorted(days)]


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def subtracted(ranges: Iterable[DateRange], removed: Iterable[DateRange]) -> list[DateRange]:
    """Return the days of ranges that have an end, less those of others, in order."""
    left = sorted(ranges, key=lambda days: days.start)
    for gone in removed:
        parts = []
        for days in left:
            before = DateRange.construct_trusted(start=days.start, end=min(days.end or gone.start, gone.start))
            parts.append(before)
            if gone.end is not None:
                parts.append(DateRange.construct_trusted(start=max(days.start, gone.end), end=days.end))
        left = [days for days in parts if days.end is None or days.start < days.end]
    return left


def intersection(one: DateRange, other: DateRange) -> DateRange | None:
    """Return the days that two ranges share, or None."""
    start = max(one.start, other.start)
    ends = [end for end in (one.end, other.end) if end is not None]
    end = min(ends) if ends else None
    return None if end is not None and end <= start else DateRange.construct_trusted(start=start, end=end)


def month_name(day: date) -> str:
    """Return the month of a day or moment, such as 2013-01; strftime writes years before 1000 with fewer digits."""
    return day.isoformat()[:7]


def month_names(first: date, last: date) -> list[str]:
    """Name every month from that of a day to that of another."""
    month, names = Period.month(month_name(first)), []
    while month.start <= last:
        names.append(month.name)
        month = month.next()
    return names


def first_of_next_month(day: date) -> date:
    """Return the first day of the month after that of a day."""
    if day.month == DECEMBER:
        return date(day.year + 1, 1, 1)
    return date(day.year, day.month + 1, 1)


def read_instant(text: str) -> datetime:
    """Read an instant of RFC 3339 with its zone, in UTC; raises InvalidPeriod for anything else."""
    match = TIME.fullmatch(text)
    try:
        if match is not None and match[2] is not None:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    message = "this is not an instant with a time zone, such as 2013-01-05T17:00:00Z"
    raise InvalidPeriod(message)


def _sent_instant(value: Any) -> datetime:
    """Refuse what only a lenient parser takes for an instant: numbers of seconds, and times without a zone."""
    if isinstance(value, datetime):
        return value
    try:
        return read_instant(value if isinstance(value, str) else "")
    except InvalidPeriod as error:
        raise ValueError(error.message) from None


SentInstant = Annotated[datetime, BeforeValidator(_sent_instant)]
"""An instant that is sent to us: text of RFC 3339 with a zone, and nothing else."""


def instant_text(moment: datetime) -> str:
    """Write an instant in UTC with microseconds, so that text order is time order.

    Refuses a time without a zone, and one that is outside of the years 1 to 9999 in UTC.
    """
    if moment.tzinfo is None:
        message = f"{moment} has no time zone"
        raise InvalidPeriod(message)
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        message = f"{moment} is in no year of UTC that can be written"
        raise InvalidPeriod(message) from None
    return in_utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
