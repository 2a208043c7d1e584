"""Durations in hours: how many, the median and the 95th percentile, by nearest rank."""

import math
from collections.abc import Iterable
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
    ordered = sorted(spans)
    return Durations(number=len(ordered), median_hours=_ranked(ordered, 50), p95_hours=_ranked(ordered, 95))


def _ranked(ordered: list[timedelta], percent: int) -> Decimal | None:
    if not ordered:
        return None
    span = ordered[math.ceil(len(ordered) * percent / 100) - 1]
    tenths, rest = divmod(span, HOUR / 10)
    return (tenths + (2 * rest >= HOUR / 10)) * TENTH
