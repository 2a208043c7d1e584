"""How the service periods of a charge follow one another."""

from datetime import date, timedelta
from enum import StrEnum

from billproof.model import Day, Model
from billproof.periods import Period, add_months, first_of_next_month


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
    anchor: Day | None = None

    @property
    def is_calendar_month(self) -> bool:
        """Whether its periods are those of billing runs."""
        return self.interval is Interval.MONTH and (self.anchor is None or self.anchor.day == 1)

    def period_of(self, day: date) -> Period:
        """Return the service period that holds a day."""
        if self.interval is Interval.MONTH and self.anchor is None:
            start = day.replace(day=1)
            return Period.construct_trusted(start=start, end=first_of_next_month(start))
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
        periods = []
        day = start
        while day < end:
            periods.append(self.period_of(day))
            day = periods[-1].end
        return periods
