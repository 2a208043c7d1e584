"""Usage: the events that stand, and what a meter measures of them: quantities of days, and levels at every instant."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.reference.days import DAY
from tests.reference.figures import Document, by_rule, number, rounded_to

Dimension = tuple[tuple[str, str], ...]
ADD_UP = ("count", "sum")
"""The aggregations whose quantities of some days add up to the quantity of all of them."""
LEVELS = ("max", "latest", "weighted_sum")
"""The aggregations of a level, which has a value at every instant."""
LEAP_SECOND = re.compile(r":60(?=[.Z+-])")


def instant(text: str) -> datetime:
    """Read a time of RFC 3339; a leap second is the second before it."""
    return datetime.fromisoformat(LEAP_SECOND.sub(":59", text)).astimezone(UTC)


@dataclass(frozen=True)
class Reading:
    """What a meter reads in an event: when, on which local day, the value, the price it carries, its dimension."""

    at: datetime
    day: date
    value: Fraction
    text: str
    unit_price: Fraction
    dimension: Dimension


def standing(events: Iterable[Document]) -> list[Document]:
    """Return the events that stand, by time and arrival: copies left out, corrections and retractions carried out."""
    first: dict[tuple[str, str], Document] = {}
    for event in sorted(events, key=_arrival):
        first.setdefault((event.get("source", ""), event["id"]), event)
    changes: dict[tuple[str, str], Document] = {}
    for event in first.values():
        named = event.get("corrects") or event.get("retracts")
        if named:
            changes[event.get("source", ""), named] = event
    kept = []
    for event in first.values():
        if event.get("corrects") or event.get("retracts"):
            continue
        stands: Document | None = event
        while stands is not None and (change := changes.get((event.get("source", ""), stands["id"]))) is not None:
            stands = None if change.get("retracts") else change
        if stands is not None:
            kept.append(stands)
    return sorted(kept, key=lambda event: (instant(event["time"]), *_arrival(event)))


def _arrival(event: Document) -> tuple[datetime, int]:
    return instant(event["received"]), event["place"]


class Usage:
    """The events of an account's family that are known, as meters read them in a time zone."""

    def __init__(self, events: Iterable[Document], meters: dict[str, Document]) -> None:
        self.meters = meters
        self._events = standing(events)
        self._read: dict[tuple[str, str, str, tuple[str, ...]], list[Reading]] = {}

    def readings(self, account: str, meter_id: str, time_zone: str, group_by: tuple[str, ...]) -> list[Reading]:
        key = (account, meter_id, time_zone, group_by)
        if key not in self._read:
            meter, zone = self.meters[meter_id], ZoneInfo(time_zone)
            self._read[key] = [
                _reading(event, meter, zone, group_by)
                for event in self._events
                if event["subject"] == account and _counts(event, meter)
            ]
        return self._read[key]


def _counts(event: Document, meter: Document) -> bool:
    data, value = event["data"], meter.get("value_property")
    if event["type"] != meter["event_type"] or (value is not None and value not in data):
        return False
    return all(data.get(name) in allowed for name, allowed in (meter.get("where") or {}).items())


def _reading(event: Document, meter: Document, zone: ZoneInfo, group_by: tuple[str, ...]) -> Reading:
    at, data = instant(event["time"]), event["data"]
    text = data[meter["value_property"]] if meter.get("value_property") else "1"
    value = number(text) if meter["aggregation"] != "distinct" else Fraction(1)
    price = number(data[meter["price_property"]]) if meter.get("price_property") else Fraction(0)
    dimension = tuple(sorted((name, data.get(name, "")) for name in group_by))
    return Reading(at, at.astimezone(zone).date(), value, text, price, dimension)


def added_up(readings: Iterable[Reading], days: set[date]) -> dict[Dimension, list[Reading]]:
    """Return the readings of some days, by dimension."""
    groups: dict[Dimension, list[Reading]] = {}
    for reading in readings:
        if reading.day in days:
            groups.setdefault(reading.dimension, []).append(reading)
    return groups


def measured(meter: Document, readings: list[Reading], days: list[date], time_zone: str) -> dict[Dimension, Fraction]:
    """Measure the days of a month on which a charge is in force: the quantity of each dimension, rounded by the meter.

    A level goes on from before the days, so its dimensions are all that were ever read.
    """
    if not days:
        return {}
    kind, chosen = meter["aggregation"], set(days)
    groups: dict[Dimension, list[Reading]] = {}
    for reading in readings:
        if reading.day in chosen or (kind in LEVELS and reading.day <= max(chosen)):
            groups.setdefault(reading.dimension, []).append(reading)
    return {
        dimension: by_rule(_aggregate(meter, group, days, time_zone), meter.get("rounding"))
        for dimension, group in groups.items()
    }


def _aggregate(meter: Document, readings: list[Reading], days: list[date], time_zone: str) -> Fraction:
    kind = meter["aggregation"]
    if kind in LEVELS:
        return _level(kind, readings, days, time_zone)
    values = sorted(reading.value for reading in readings)
    if kind == "percentile":
        rank = -(-number(meter["percentile"]) * len(values) // 100)
        return values[int(rank) - 1]
    if kind == "distinct":
        return Fraction(len({reading.text for reading in readings}))
    return sum(values, Fraction(0))


def _level(kind: str, readings: list[Reading], days: list[date], time_zone: str) -> Fraction:
    pieces = [piece for day in days for piece in level_of_day(readings, day, time_zone)]
    if kind == "latest":
        return pieces[-1][0]
    if kind == "max":
        return max(level for level, _ in pieces)
    seconds = sum(duration for _, duration in pieces)
    return rounded_to(sum((level * duration for level, duration in pieces), Fraction(0)) / seconds, 15, "half_even")


def level_of_day(readings: list[Reading], day: date, time_zone: str) -> list[tuple[Fraction, Fraction]]:
    """Return the levels of a day in turn, each with its seconds: first the one before it, zero where none was read.

    The level before does not count where a reading comes at the day's very start; of readings at one instant the last
    one to arrive goes on, for any time at all, and each is a level that was.
    """
    zone = ZoneInfo(time_zone)
    start = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
    end = datetime.combine(day + DAY, time.min, tzinfo=zone).astimezone(UTC)
    before = [reading.value for reading in readings if reading.at < start]
    within = [reading for reading in readings if start <= reading.at < end]
    levels = [(before[-1] if before else Fraction(0), start), *((reading.value, reading.at) for reading in within)]
    if within and within[0].at == start:
        levels = levels[1:]
    ends = [at for _, at in levels[1:]] + [end]
    return [(level, Fraction((until - at).total_seconds())) for (level, at), until in zip(levels, ends, strict=True)]


def most_of_day(readings: list[Reading], day: date, time_zone: str) -> Fraction:
    return max(level for level, _ in level_of_day(readings, day, time_zone))
