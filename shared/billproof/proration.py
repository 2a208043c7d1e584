"""The share of an amount that falls on some days of a service period, by the method that a contract names."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Self

from pydantic import Field, model_validator

from billproof.model import Exact, Model
from billproof.money import CONTEXT, Rounding
from billproof.periods import DateRange, Period, subtracted


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
    ratio_decimals: Annotated[int, Field(strict=True)] | None = None
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
        effective: DateRange | Sequence[DateRange],
        period: Period,
        terms: ProrationTerms | None = None,
        *,
        without: Iterable[DateRange] = (),
    ) -> Self:
        """Count the days of the period in which a term is effective, less those in the ranges `without`."""
        terms = terms or ProrationTerms()
        covered = sum(count_days(days, terms) for days in counted_days(effective, period, terms, without=without))
        whole = count_days(DateRange.construct_trusted(start=period.start, end=period.end), terms)
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

    @property
    def exact(self) -> Fraction:
        """The share as a fraction."""
        return Fraction(self.days_covered, self.days_in_period) if self.ratio is None else Fraction(self.ratio)

    def share(self, amount: Decimal) -> Decimal:
        """Return the amount's share for the days covered; multiplied first, so that a whole period is exact."""
        if self.ratio is not None:
            return CONTEXT.multiply(amount, self.ratio)
        return CONTEXT.divide(CONTEXT.multiply(amount, Decimal(self.days_covered)), Decimal(self.days_in_period))


def counted_days(
    effective: DateRange | Sequence[DateRange],
    period: Period,
    terms: ProrationTerms,
    *,
    without: Iterable[DateRange] = (),
) -> list[DateRange]:
    """Return the days of a period that count for a term, less those in the ranges `without`, in order.

    Inclusively, the day on which a range ends within the period is among them.
    """
    ranges = [effective] if isinstance(effective, DateRange) else effective
    left_out = [part for days in without if (part := _within(days, period, terms)) is not None]
    counted = [part for days in ranges if (part := _within(days, period, terms)) is not None]
    return subtracted(counted, left_out)


def share_of_days(days: Period, whole: Period) -> Decimal:
    """Return the share of a whole's days that some days hold, each alike."""
    both = (min(days.end, whole.end) - max(days.start, whole.start)).days
    return CONTEXT.divide(Decimal(max(both, 0)), Decimal((whole.end - whole.start).days))


def count_days(days: DateRange, terms: ProrationTerms) -> int:
    """Count some days as the terms do: each once, or as months of 30 days have them."""
    end = days.end or days.start
    if terms.method is ProrationMethod.THIRTY_DAY_MONTHS:
        return _thirty_day_count(days.start, end)
    return (end - days.start).days


def _within(days: DateRange, period: Period, terms: ProrationTerms) -> DateRange | None:
    first = max(days.start, period.start)
    last = period.end if days.end is None else min(days.end, period.end)
    if last <= first:
        return None
    if terms.method is ProrationMethod.ACTUAL_DAYS_INCLUSIVE and last < period.end:
        last += timedelta(days=1)
    return DateRange.construct_trusted(start=first, end=last)
