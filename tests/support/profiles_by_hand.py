"""Profiles of generated usage, counted event by event: a second opinion of what the database counts."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from math import floor, log10
from random import Random
from typing import NamedTuple

from billproof.usage.profiles import BANDS_OF_A_DECADE, STEPS, Band, Profile


class Sent(NamedTuple):
    """An event: on which day and at which moment of it, and how large."""

    day: int
    moment: int
    value: Decimal


type Sender = Callable[[Random, int], Iterable[Sent]]
"""What an account sends on a day of a month; its own draws make it what it is."""


def profile(account: str, events: Iterable[Sent], source: str = "s", kind: str = "t", name: str = "units") -> Profile:
    sent = list(events)
    per_day = Counter(event.day for event in sent)
    usual, usual_days = max(Counter(per_day.values()).items(), key=lambda count: (count[1], count[0]))
    extra: Counter[int] = Counter()
    for event, times in Counter(sent).items():
        extra[event.day] += times - 1
    values = Counter(event.value for event in sent if event.value)
    bands: dict[int, int] = defaultdict(int)
    for value, times in values.items():
        bands[floor(log10(float(value)) * BANDS_OF_A_DECADE)] += times
    most = max(values, default=Decimal(0))
    return Profile(
        account=account,
        source=source,
        event_type=kind,
        value_property=name,
        events=len(sent),
        days=max(per_day) - min(per_day) + 1,
        active_days=len(per_day),
        usual=usual,
        usual_days=usual_days,
        repeated=extra.total(),
        repeated_days=sum(1 for number in extra.values() if number),
        values=len(values),
        most=most,
        at_most=values[most],
        total=sum((value * times for value, times in values.items()), Decimal(0)),
        multiples=tuple(sum(times for value, times in values.items() if value % step == 0) for step in STEPS),
        bands=tuple(Band(band=band, events=number) for band, number in sorted(bands.items())),
    )


def month(sender: Sender, draw: Random, days: int = 30) -> list[Sent]:
    return [event for day in range(days) for event in sender(draw, day)]
