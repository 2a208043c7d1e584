"""What a bucket counted by source: hours for control totals, days for the source's own history."""

import operator

from pydantic import Field

from billproof.model import Computed, Model

OTHER_SOURCES = "other sources"
"""The one name of all sources of a bucket beyond the limit; one that calls itself so is counted among them."""


class HourTally(Model):
    """What a bucket holds of a meter from one source in one hour, of all accounts, each event once."""

    source: str
    meter: str
    hour: str
    events: int
    total: Computed


class DayTally(Model):
    """How many events of a type a source sent on one day, of the run's accounts and period, each event once."""

    source: str
    event_type: str
    day: str
    events: int


class BucketTally(Model):
    """What one bucket counted by source: hours for control totals, days for the source's own history.

    `resent` are the sources and ids of refused events that the bucket holds: they were sent again and accepted.
    `unreadable` is what of an earlier run no longer reads: its ids are not compared with this run's. So many sources
    are `other_sources`, which are counted under that one name.
    """

    run: str
    bucket: int
    hours: tuple[HourTally, ...]
    days: tuple[DayTally, ...]
    resent: tuple[tuple[str, str], ...] = Field(default=(), exclude_if=operator.not_)
    unreadable: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    other_sources: int = Field(default=0, exclude_if=operator.not_)

    @property
    def named_sources(self) -> set[str]:
        """The sources that are counted by their names."""
        named = {hour.source for hour in self.hours} | {day.source for day in self.days}
        return named - {OTHER_SOURCES}


class IdPlace(Model):
    """An account that has an id, and the first day on which it has it."""

    account: str
    day: str


class ReusedId(Model):
    """An id that a source used on two days for one account: copies are compared within a day, so both count."""

    source: str
    id: str
    day: str
    other_day: str


class SharedId(Model):
    """An id of a source that stands under several accounts."""

    source: str
    id: str
    places: tuple[IdPlace, ...]


class SharedIds(Model):
    """The ids of a run that stand under several accounts: how many there are, and the first of them."""

    number: int = 0
    first: tuple[SharedId, ...] = ()


class IdsElsewhere(SharedIds):
    """The ids of a closed run that accounts of other runs have, too; `unreadable` is what could not be compared."""

    unreadable: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
