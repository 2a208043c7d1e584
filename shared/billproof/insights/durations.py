"""Durations in hours: how many, the median and the 95th percentile, by nearest rank."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal

from billproof.model import Exact, Model

TENTH = Decimal("0.1")
HOUR = timedelta(hours=1)


class Durations(Model):
    """How long something took, in hours rounded half up to a tenth; null where nothing did."""

    number: int
    median_hours: Exact | None
    p95_hours: Exact | None


def durations_of(spans: Iterable[timedelta]) -> Durations:
    """Return the median and the 95th percentile: of n in order the one at rank n x 0.5 or n x 0.95, rounded up."""
    return durations_in(Counter(tenths_of(span) for span in spans))


def durations_in(tenths: Mapping[int, int]) -> Durations:
    """Return the same of durations of which it is known how many took so many tenths of an hour."""
    number = sum(tenths.values())
    return Durations(number=number, median_hours=_ranked(tenths, 50), p95_hours=_ranked(tenths, 95))


def tenths_of(span: timedelta) -> int:
    """Return a duration in tenths of an hour, rounded half up."""
    tenths, rest = divmod(span, HOUR / 10)
    return tenths + (2 * rest >= HOUR / 10)


def _ranked(tenths: Mapping[int, int], percent: int) -> Decimal | None:
    rank = -(-sum(tenths.values()) * percent // 100)
    for value in sorted(tenths):
        rank -= tenths[value]
        if rank <= 0:
            return value * TENTH
    return None
