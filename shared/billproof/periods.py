"""Half-open periods of local days, and the instants where they start and end.

A billing period is `[start, end)` in days of a time zone; `start` and `end` are local midnights, so a period that
crosses a change to daylight-saving time is an hour shorter or longer and loses nothing at its edges.
"""

import calendar
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from billproof.errors import InvalidPeriod
from billproof.model import Exact, Model
from billproof.money import CONTEXT, Rounding

_MONTH = re.compile(r"^([0-9]{4})-(0[1-9]|1[0-2])$")
DECEMBER = 12
LAST_ZONE = timedelta(hours=12)
"""How far the last time zone is behind UTC."""
FIRST_ZONE = timedelta(hours=14)
"""How far the first time zone is ahead of UTC."""


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

    start: date
    end: date | None = None

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

    start: date
    end: date

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end <= self.start:
            message = f"the period {self.start} to {self.end} holds no day: its end is the first day outside"
            raise ValueError(message)
        return self

    @classmethod
    def month(cls, text: str) -> Self:
        """Read a calendar month such as 2013-01; raises InvalidPeriod for anything else."""
        found = _MONTH.match(text)
        if not found:
            message = f"{text!r} is not a calendar month: write it as YYYY-MM, such as 2013-01"
            raise InvalidPeriod(message)
        start = date(int(found[1]), int(found[2]), 1)
        return cls(start=start, end=_first_of_next_month(start))

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
        return Period(start=self.end, end=_first_of_next_month(self.end))

    @property
    def days(self) -> int:
        """How many days it holds."""
        return (self.end - self.start).days

    @property
    def name(self) -> str:
        """The month's name, such as 2013-01; for any other period its days, such as 2013-01-17_2013-02-17."""
        if self.start.day == 1 and self.end == _first_of_next_month(self.start):
            return f"{self.start:%Y-%m}"
        return f"{self.start}_{self.end}"

    def instants(self, time_zone: str) -> tuple[datetime, datetime]:
        """Return the instants `[start, end)` in UTC at which the period starts and ends in this time zone."""
        local = zone(time_zone)
        start, end = (datetime.combine(day, time.min, tzinfo=local).astimezone(UTC) for day in (self.start, self.end))
        return start, end


def cut_off(period: Period, grace: timedelta) -> datetime:
    """Return when a period stops accepting: when its last day is over on the whole earth, and the grace after it.

    No run of the period is planned before, and what arrives after it is marked as late: both ask here. Invoices bill
    what their run found, so what arrives between the cut-off and the run is marked and still in time.
    """
    return datetime.combine(period.end, time.min, tzinfo=UTC) + LAST_ZONE + grace


def local_months(moment: datetime) -> list[Period]:
    """Return the calendar months that hold an instant in some time zone, in order: one, or two near a month's edge."""
    days = {(moment + shift).date().replace(day=1) for shift in (-LAST_ZONE, FIRST_ZONE)}
    return [Period(start=day, end=_first_of_next_month(day)) for day in sorted(days)]


class Interval(StrEnum):
    """How long a service period is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"

    @property
    def months(self) -> int:
        """How many months it has; a week has none."""
        return {"week": 0, "month": 1, "quarter": 3, "half_year": 6, "year": 12}[self.value]


MONDAY = date(2001, 1, 1)
"""A day on which a calendar week, month, quarter and year begin: where calendar periods are counted from."""
WEEK_DAYS = 7


class Cadence(Model):
    """How service periods follow one another: by the calendar, or from an anchor day.

    The anchor is remembered: from the 31st, periods begin on 28 or 29 February and on 31 March again. Calendar weeks
    begin on Monday (ISO 8601).
    """

    interval: Interval = Interval.MONTH
    anchor: date | None = None

    @property
    def is_calendar_month(self) -> bool:
        """Whether its periods are those of billing runs."""
        return self.interval is Interval.MONTH and (self.anchor is None or self.anchor.day == 1)

    def period_of(self, day: date) -> Period:
        """Return the service period that holds a day."""
        if self.interval is Interval.MONTH and self.anchor is None:
            start = day.replace(day=1)
            return Period.model_construct(start=start, end=_first_of_next_month(start))
        first = self.anchor or MONDAY
        if self.interval is Interval.WEEK:
            number = (day - first).days // WEEK_DAYS
        else:
            number = ((day.year - first.year) * 12 + day.month - first.month) // self.interval.months
            if self._boundary(number) > day:
                number -= 1
        return Period(start=self._boundary(number), end=self._boundary(number + 1))

    def _boundary(self, number: int) -> date:
        first = self.anchor or MONDAY
        if self.interval is Interval.WEEK:
            return first + timedelta(days=WEEK_DAYS * number)
        return add_months(first, self.interval.months * number)

    def periods_touching(self, start: date, end: date) -> list[Period]:
        """Return the service periods that share a day with `[start, end)`, in order."""
        found = []
        day = start
        while day < end:
            found.append(self.period_of(day))
            day = found[-1].end
        return found


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class ProrationMethod(StrEnum):
    """How days are counted where terms cover a part of a service period.

    `actual_days`: the days `[start, end)` of the period's own days. `actual_days_inclusive`: the day on which terms end
    within the period counts for them, too, as for those that follow. `thirty_day_months`: 30/360, every month has 30
    days (ISDA 2006 Definitions, 4.16(f)).
    """

    ACTUAL_DAYS = "actual_days"
    ACTUAL_DAYS_INCLUSIVE = "actual_days_inclusive"
    THIRTY_DAY_MONTHS = "thirty_day_months"


class ProrationTerms(Model):
    """How a contract shares amounts by days; the ratio is exact unless it is rounded to a number of decimals."""

    method: ProrationMethod = ProrationMethod.ACTUAL_DAYS
    ratio_decimals: int | None = None
    ratio_rounding: Rounding = Rounding.HALF_UP

    @model_validator(mode="after")
    def _few_decimals(self) -> Self:
        if self.ratio_decimals is not None and not 0 <= self.ratio_decimals <= MOST_DECIMALS:
            message = f"ratio_decimals must be from 0 to {MOST_DECIMALS}"
            raise ValueError(message)
        return self


MOST_DECIMALS = 15
THIRTY_DAYS = 30


def _thirty_day_count(start: date, end: date) -> int:
    months = (end.year - start.year) * 12 + end.month - start.month
    return months * THIRTY_DAYS + min(end.day, THIRTY_DAYS) - min(start.day, THIRTY_DAYS)


class Proration(Model):
    """The share of a service period that a term covers: days of days, and the ratio where it was rounded."""

    days_covered: int
    days_in_period: int
    ratio: Exact | None = None

    @classmethod
    def of(
        cls,
        effective: DateRange,
        period: Period,
        terms: ProrationTerms | None = None,
        *,
        without: Iterable[DateRange] = (),
    ) -> Self:
        """Count the days of the period in which a term is effective, less those in the ranges `without`."""
        terms = terms or ProrationTerms()
        covered = _covered(effective, period, terms.method)
        taken = sorted(without, key=lambda each: each.start)
        for number, each in enumerate(taken):
            both = _common(effective, each, after=[other.end for other in taken[:number]])
            covered -= _covered(both, period, terms.method) if both is not None else 0
        whole = _covered(DateRange(start=period.start, end=period.end), period, terms.method)
        ratio = None
        if terms.ratio_decimals is not None:
            places = Decimal(1).scaleb(-terms.ratio_decimals)
            exact = CONTEXT.divide(Decimal(covered), Decimal(whole))
            ratio = exact.quantize(places, rounding=terms.ratio_rounding.mode, context=CONTEXT)
        return cls(days_covered=covered, days_in_period=whole, ratio=ratio)

    @property
    def is_whole(self) -> bool:
        """Whether every day is covered."""
        return self.days_covered == self.days_in_period

    def share(self, amount: Decimal) -> Decimal:
        """Return the amount's share for the days covered; multiplied first, so that a whole period is exact."""
        if self.ratio is not None:
            return CONTEXT.multiply(amount, self.ratio)
        return CONTEXT.divide(CONTEXT.multiply(amount, Decimal(self.days_covered)), Decimal(self.days_in_period))


def _covered(effective: DateRange, period: Period, method: ProrationMethod) -> int:
    first = max(effective.start, period.start)
    last = period.end if effective.end is None else min(effective.end, period.end)
    if last <= first:
        return 0
    if method is ProrationMethod.THIRTY_DAY_MONTHS:
        return _thirty_day_count(first, last)
    days = (last - first).days
    return days + 1 if method is ProrationMethod.ACTUAL_DAYS_INCLUSIVE and last < period.end else days


def _common(one: DateRange, other: DateRange, *, after: Iterable[date | None]) -> DateRange | None:
    """Return the days of both ranges that no earlier range held; the ranges are in the order of their starts."""
    ends = list(after)
    if None in ends:
        return None
    start = max(one.start, other.start, *(end for end in ends if end is not None))
    last = [end for end in (one.end, other.end) if end is not None]
    end = min(last) if last else None
    return None if end is not None and end <= start else DateRange.model_construct(start=start, end=end)


def intersection(one: DateRange, other: DateRange) -> DateRange | None:
    """Return the days that two ranges share, or None."""
    return _common(one, other, after=())


def _first_of_next_month(day: date) -> date:
    if day.month == DECEMBER:
        return date(day.year + 1, 1, 1)
    return date(day.year, day.month + 1, 1)


def instant_text(moment: datetime) -> str:
    """Write an instant in UTC with microseconds, so that text order is time order; refuses a time without a zone."""
    if moment.tzinfo is None:
        message = f"{moment} has no time zone"
        raise InvalidPeriod(message)
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
