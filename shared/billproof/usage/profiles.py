"""What an account's events of a month look like: how many come on a day, and how large what they measure is.

The profile of a month is compared with that of the month before; nothing is priced by it.
"""

import operator
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from pydantic import Field

from billproof.model import Computed, Model

STEPS = tuple(map(Decimal, ("0.01", "0.1", "1", "5", "10", "25", "50", "60", "100", "1000")))
"""What values may be whole multiples of, from the smallest on."""
BANDS_OF_A_DECADE = 4


class Band(Model):
    """Values of one band of sizes: from 10 ** (band / 4) to before 10 ** ((band + 1) / 4)."""

    band: int
    events: int


class Profile(Model):
    """The events of an account, source and type in a month, each once, and one property that a meter reads of them.

    Events are those of whole days (UTC), values those of all. Of the `days` from the first to the last one with events,
    `active_days` have any, and `usual_days` have just `usual` ones. `repeated` counts events that say at the same
    instant what another one says, on `repeated_days` days; the first hour with one is `first_repeated`, empty where
    there is none or nobody noted it. `values` are different ones above zero, of which `most` is the largest, in
    `at_most` events; `multiples` counts the events whose value is one of each of STEPS.
    """

    account: str
    source: str
    event_type: str
    value_property: str
    events: int
    days: int
    active_days: int
    usual: int
    usual_days: int
    repeated: int
    repeated_days: int
    values: int
    most: Computed
    at_most: int
    total: Computed
    multiples: tuple[int, ...]
    bands: tuple[Band, ...]
    first_repeated: str = Field(default="", exclude_if=operator.not_)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is of."""
        return self.account, self.source, self.event_type, self.value_property

    @property
    def sized(self) -> int:
        """Events with a value above zero."""
        return sum(band.events for band in self.bands)


class BucketProfile(Model):
    """The profiles of one bucket of a run, of its own period."""

    run: str
    bucket: int
    profiles: tuple[Profile, ...]


class DayRow(NamedTuple):
    """On how many days an account sent so many events, of which repeated ones, and the first and last such day.

    `again` is the first hour with a repeated one, such as 2013-02-10T14 (UTC).
    """

    number: int
    source: str
    kind: str
    rank: int
    per_day: int
    days: int
    repeated: int
    repeated_days: int
    first: int
    last: int
    again: str | None


class BandRow(NamedTuple):
    """Values of a band of sizes (null: zero or none): how many, their sum, the largest, and multiples of each step."""

    number: int
    source: str
    kind: str
    rank: int
    band: int | None
    events: int
    values: int
    total: float
    most: float
    at_most: int
    multiples: list[int]


def profile_of(names: Mapping[str, str], days: Iterable[DayRow], bands: Iterable[BandRow]) -> Profile:
    """Put together what one account sent; `names` are what it is of. Days are numbered from any day on."""
    of_days, of_bands = list(days), [row for row in bands if row.band is not None]
    counts = Counter({row.per_day: row.days for row in of_days})
    usual, usual_days = max(counts.items(), key=lambda count: (count[1], count[0]))
    largest = max(of_bands, key=lambda row: row.most, default=None)
    return Profile(
        **names,
        events=sum(row.per_day * row.days for row in of_days),
        days=max(row.last for row in of_days) - min(row.first for row in of_days) + 1,
        active_days=counts.total(),
        usual=usual,
        usual_days=usual_days,
        repeated=sum(row.repeated for row in of_days),
        repeated_days=sum(row.repeated_days for row in of_days),
        values=sum(row.values for row in of_bands),
        most=_short(largest.most if largest else 0),
        at_most=largest.at_most if largest else 0,
        total=_short(sum(row.total for row in of_bands)),
        multiples=tuple(map(sum, zip(*(row.multiples for row in of_bands), strict=True))),
        bands=tuple(Band(band=row.band, events=row.events) for row in of_bands if row.band is not None),
        first_repeated=min((row.again for row in of_days if row.again), default=""),
    )


def _short(value: float) -> Decimal:
    """Return a value in nine digits: a profile says how large something is, and nothing is priced by it."""
    return Decimal(f"{value:.9g}")
