"""Sorting what a call of ingestion took: the lines of each object to write, and the marks of late usage to leave."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from billproof.periods import CLOCK_SKEW, cut_off, instant_text, local_months
from billproof.usage import log
from billproof.usage.buckets import Buckets
from billproof.usage.model import SegmentRow


@dataclass
class Sorting:
    """The lines for each object to write, and the messages that they came in."""

    buckets: Buckets
    grace: timedelta
    lines: dict[str, list[msgspec.Struct]] = field(default_factory=dict)
    messages: dict[str, set[str]] = field(default_factory=dict)
    hours: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """By account and hour of the events: the messages that brought them."""
    prefixes: dict[tuple[str, str], str] = field(default_factory=dict)
    """By account and hour of the events: where their lines are written."""
    months: set[tuple[str, str]] = field(default_factory=set)
    """The accounts and the months, in UTC, of their events."""
    cut_offs: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)
    """By hour: the months that hold it in some time zone, and when each stops accepting usage."""
    accepted: int = 0
    control_totals: int = 0
    quarantined: int = 0
    internal_errors: int = 0

    @property
    def objects(self) -> int:
        """How many objects there are to write, at most: lines of each prefix, and a mark for each account and month."""
        return len(self.lines) + len(self.months)

    def accept(self, rows: Sequence[SegmentRow], message: str) -> None:
        """Sort rows of one message into their partitions: all of them, or none where this raises."""
        places: dict[tuple[str, str], list[msgspec.Struct]] = {}
        for row in rows:
            place = (row.account, row.time[:13])
            lines = places.get(place)
            if lines is None:
                if place not in self.prefixes:
                    self._find_cut_offs(place[1])
                    self.prefixes[place] = log.partition_of(row, self.buckets.of(row.account))
                lines = places[place] = []
            lines.append(row)
        for place, lines in places.items():
            prefix = self.prefixes[place]
            self.lines.setdefault(prefix, []).extend(lines)
            self.messages.setdefault(prefix, set()).add(message)
            if place in self.hours:
                self.hours[place].add(message)
            else:
                self.hours[place] = {message}
                self.months.add((place[0], place[1][:7]))
        self.accepted += len(rows)

    def put(self, prefix: str, line: msgspec.Struct, message: str) -> None:
        """Sort a line of one message under a prefix."""
        self.lines.setdefault(prefix, []).append(line)
        self.messages.setdefault(prefix, set()).add(message)

    def late(self, written: datetime) -> dict[log.LateMark, set[str]]:
        """Return the marks to leave, each with its messages: of events written after the cut-off of their month.

        The clock that started the month's run may be ahead of this one; a mark too many bills nothing.
        """
        instant, latest = instant_text(written), written + CLOCK_SKEW
        ended = {hour: [month for month, end in months if latest >= end] for hour, months in self.cut_offs.items()}
        marks: dict[log.LateMark, set[str]] = {}
        if not any(ended.values()):
            return marks
        for (account, hour), messages in self.hours.items():
            for month in ended[hour]:
                marks.setdefault(log.LateMark(account, month, instant), set()).update(messages)
        return marks

    def _find_cut_offs(self, hour: str) -> None:
        if hour not in self.cut_offs:
            months = local_months(datetime.fromisoformat(f"{hour}:00:00+00:00"))
            self.cut_offs[hour] = [(month.name, cut_off(month, self.grace)) for month in months]
