"""Reports of the days that are kept: as a whole, month by month, and before and after a day."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from billproof.approvals.policy import ProcessPromises
from billproof.errors import InvalidInput
from billproof.insights.figures import FigureRow
from billproof.insights.keeping import MOST_DAYS, read_days
from billproof.insights.measuring import DayRows
from billproof.insights.metrics import LESS, METRICS, measure
from billproof.model import Exact, Flag, Model
from billproof.ports import Objects

ONE_DAY = timedelta(days=1)
MIDDLE = "median"


class ReportedMetric(Model):
    """A metric of some days, with the target of the policy; `of` says of which part `by` names.

    No value: there was nothing to divide by. `is_met` is null without a target, and without a value.
    """

    metric: str
    by: str
    of: str
    currency: str
    unit: str
    value: Exact | None
    target: Exact | None
    is_met: Flag | None


class ReportedRange(Model):
    """The metrics of some days of a legal entity; `days` of them are kept, and counted."""

    first: date
    last: date
    days: int
    metrics: tuple[ReportedMetric, ...]


class MetricsReport(Model):
    """The metrics of a legal entity: of one range of days after the other."""

    legal_entity: str
    ranges: tuple[ReportedRange, ...]


def report(
    objects: Objects, entity: str, first: date, last: date, *, promises: ProcessPromises, by_month: bool
) -> MetricsReport:
    """Return the metrics of all days of a range, or of each of its months; raises InvalidInput for no range."""
    days = dict(read_days(objects, entity, *_checked(first, last)))
    parts = _months(first, last) if by_month else [(first, last)]
    ranges = [_of_range(days, start, end, promises) for start, end in parts]
    return MetricsReport(legal_entity=entity, ranges=tuple(ranges))


def compare(objects: Objects, entity: str, day: date, *, length: int, promises: ProcessPromises) -> MetricsReport:
    """Return the metrics of so many days before a day, and of as many from it on; raises InvalidInput."""
    if length < 1:
        message = "compare one day or more before a day with as many from it on"
        raise InvalidInput(message)
    before, after = day - length * ONE_DAY, day + (length - 1) * ONE_DAY
    days = dict(read_days(objects, entity, *_checked(before, after)))
    parts = [(before, day - ONE_DAY), (day, after)]
    ranges = [_of_range(days, start, end, promises) for start, end in parts]
    return MetricsReport(legal_entity=entity, ranges=tuple(ranges))


def _checked(first: date, last: date) -> tuple[date, date]:
    if not first <= last < first + MOST_DAYS * ONE_DAY:
        message = f"{first} to {last} is no range of days: name the first and the last of at most {MOST_DAYS}"
        raise InvalidInput(message)
    return first, last


def _months(first: date, last: date) -> list[tuple[date, date]]:
    days = [first + number * ONE_DAY for number in range((last - first).days + 1)]
    months = [list(group) for _, group in groupby(days, key=lambda day: (day.year, day.month))]
    return [(month[0], month[-1]) for month in months]


def _of_range(
    days: Mapping[date, Sequence[FigureRow]], first: date, last: date, promises: ProcessPromises
) -> ReportedRange:
    mine = [days[day] for day in sorted(days) if first <= day <= last]
    values = measure(DayRows.of(mine, promises.minutes_per_invoice)) if mine else ()
    metrics: list[ReportedMetric] = []
    for value in values:
        whole = not value.by or value.of == MIDDLE
        target = promises.targets.get(value.metric) if whole else None
        metrics.append(
            ReportedMetric(
                **value.model_dump(),
                unit=METRICS[value.metric].unit,
                target=target,
                is_met=_is_met(value.metric, value.value, target),
            )
        )
    return ReportedRange(first=first, last=last, days=len(mine), metrics=tuple(metrics))


def _is_met(metric: str, value: Decimal | None, target: Decimal | None) -> bool | None:
    if value is None or target is None:
        return None
    return value <= target if METRICS[metric].better == LESS else value >= target
