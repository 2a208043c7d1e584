"""Which account a name of another system means, and from which day to which: the crosswalk.

    system         external id    days                          account
    legacy/ops     A-17           2013-01-01 to 2013-03-01      VX
    legacy/ops     A-17           from 2013-03-01               UA        VX merges with UA
    billproof      VX             from 2013-03-01               UA        whoever sends usage of the account VX

The system of usage is the source of the events. `billproof` stands for all of them: its ids are accounts.
"""

from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.model import Model
from billproof.names import ONE_LINE, Name, Reason, TimeZone, Version
from billproof.periods import DateRange, instant_text, zone

ACCOUNTS = "billproof"
"""The system whose ids are accounts of billproof, whatever source names them."""
FIRST_YEAR, LAST_YEAR = 1970, 2999
END = "9999"
"""Sorts after the text of every instant."""
ExternalText = Annotated[str, StringConstraints(min_length=1, max_length=128), ONE_LINE]
"""A name as another system writes it; letters are told apart by case."""


class CrosswalkEntry(Model):
    """The account that ids mean on some days, and why."""

    account: Name
    effective: DateRange
    reason: Reason


class Crosswalk(Model):
    """A version of what some external ids of a system mean; the latest one counts, for all days.

    `entries` are in the order of their days, which begin at midnight in the `time_zone`. A merge, a split and the move
    to another legal entity or parent are entries for the ids that move. On a day without an entry an id means the
    account that is called so, if there is one.
    """

    kind: Literal["crosswalk"] = "crosswalk"
    id: Name
    version: Version
    system: ExternalText
    external_ids: Annotated[tuple[ExternalText, ...], Field(min_length=1, max_length=1_000)]
    time_zone: TimeZone
    entries: Annotated[tuple[CrosswalkEntry, ...], Field(max_length=100)]

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> Self:
        twice = sorted({one for one in self.external_ids if self.external_ids.count(one) > 1})
        if twice:
            message = f"external ids stand there twice: {', '.join(twice)}"
            raise ValueError(message)
        for entry in self.entries:
            days = entry.effective
            if days.start.year < FIRST_YEAR or (days.end or days.start).year > LAST_YEAR:
                message = f"the days of an entry are in the years {FIRST_YEAR} to {LAST_YEAR}"
                raise ValueError(message)
        for before, after in pairwise(self.entries):
            if before.effective.end is None or after.effective.start < before.effective.end:
                message = (
                    f"two entries overlap, or are not in the order of their days: {before.account} from "
                    f"{before.effective.start} and {after.account} from {after.effective.start}"
                )
                raise ValueError(message)
        return self

    def spans(self) -> list[tuple[str, str, str]]:
        """Return the account of each entry with its instants `[start, end)`, as text in UTC."""
        return [
            (entry.account, self._midnight(entry.effective.start), self._midnight(entry.effective.end))
            for entry in self.entries
        ]

    def _midnight(self, day: date | None) -> str:
        if day is None:
            return END
        return instant_text(datetime.combine(day, time.min, tzinfo=zone(self.time_zone)).astimezone(UTC))
