"""Measuring levels: the most, the latest, the weighted sum and the days of a window, from the level before it on.

A window without known levels before it begins with none, as plans of before are measured.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from billproof.masterdata.meters import Aggregation
from billproof.readings import Quantity
from billproof.usage.levels import Begin, Dimension, Levels, Moment, by_day, highest, last, weighted_sum
from billproof.usage.model import AskedAggregate
from billproof.usage.querying import Queries
from billproof.usage.sql_texts import DECIMAL, TIME_LETTERS

LATEST = f"arg_max(cast(value as {DECIMAL}), sequence) filter (value is not null)"

_EXTREMES = """
select {keys}, max(cast(value as decimal(38, 15))), {latest},
    max(left(sequence, {letters})) filter (value is not null), {count}
from base group by all order by all
"""

_BY_MOMENT = """
select {keys}, left(sequence, {letters}) as moment, max(cast(value as decimal(38, 15))),
    arg_max(cast(value as decimal(38, 15)), sequence), count(*)
from base where value is not null group by all order by {keys}, moment
"""

_READINGS = """
select {keys}, sequence, cast(value as decimal(38, 15)) from base where value is not null order by {keys}, sequence
"""

_LATEST = "select {keys}, {latest} from base where value is not null group by all order by all"

# The level before each start of a range, as far as the whole window read it, and whether a reading comes at that start.
_STARTS = """
select starts.number, starts.start_at{group_names}, arg_max(cast(value as decimal(38, 15)), sequence) filter (
    left(sequence, {letters}) < starts.start_at), bool_or(left(sequence, {letters}) = starts.start_at)
from base join starts on base.number = starts.owner and left(sequence, {letters}) <= starts.start_at
where value is not null group by all order by all
"""

type Openings = Mapping[tuple[str, int], Levels]
"""What is known of the levels before whole windows, by the name of the level and the window's number."""
type LevelQuantities = dict[tuple[int, Dimension], Quantity]


@dataclass(frozen=True, slots=True)
class LevelMeasurer:
    """Measures levels over windows; `owners` gives the number of the whole window of each window."""

    queries: Queries
    owners: list[int]
    openings: Openings = field(default_factory=dict)

    def latest(self, asked_aggregate: AskedAggregate, window: int | None) -> dict[tuple[int, Dimension], Decimal]:
        """Return the last reading in each window, of all windows or one."""
        rows = self.queries.rows(asked_aggregate, window, _LATEST, latest=LATEST)
        return {(number, tuple(groups)): level for number, *groups, level in rows}

    def quantities(self, asked_aggregate: AskedAggregate, window: int | None) -> Iterator[tuple[int, Quantity]]:
        """Yield what a reading finds, by window number, of all windows or one."""
        begins = self._begins(asked_aggregate, window)
        if asked_aggregate.reading.by_day:
            measured = self._by_day(asked_aggregate, window, begins)
        elif asked_aggregate.aggregation is Aggregation.WEIGHTED_SUM:
            measured = self._weighted(asked_aggregate, window, begins)
        else:
            measured = self._extremes(asked_aggregate, window, begins)
        for number, groups in sorted(measured):
            yield number, measured[number, groups]

    def _begins(self, asked_aggregate: AskedAggregate, window: int | None) -> dict[tuple[int, Dimension], list[Begin]]:
        """Return what each window begins with, range by range, for each group that was read in it or before it."""
        name = asked_aggregate.level_name
        numbers = [
            number
            for number, owner in enumerate(self.owners)
            if (name, owner) in self.openings and window in {None, number}
        ]
        if not numbers:
            return {}
        before: dict[tuple[int, str], dict[Dimension, tuple[Decimal | None, bool]]] = defaultdict(dict)
        owner = None if window is None else self.owners[window]
        for number, at, *groups, level, is_at in self.queries.rows(asked_aggregate, owner, _STARTS):
            before[number, at][tuple(groups)] = (level, is_at)
        begins: dict[tuple[int, Dimension], list[Begin]] = {}
        for number in numbers:
            opening = self.openings[name, self.owners[number]]
            starts = [(start, end, before[number, start]) for start, end in self.queries.windows[number].ranges]
            for group in {*opening, *(group for _, _, known in starts for group in known)}:
                levels = ((start, end, *known.get(group, (None, False))) for start, end, known in starts)
                begins[number, group] = [
                    Begin(start, end, opening.get(group) if level is None else level, is_at)
                    for start, end, level, is_at in levels
                ]
        return begins

    def _extremes(
        self, asked_aggregate: AskedAggregate, window: int | None, begins: dict[tuple[int, Dimension], list[Begin]]
    ) -> LevelQuantities:
        rows = {
            (number, tuple(groups)): (most, latest, at, events)
            for number, *groups, most, latest, at, events in self.queries.rows(
                asked_aggregate, window, _EXTREMES, latest=LATEST
            )
        }
        quantities: LevelQuantities = {}
        for key in rows.keys() | begins.keys():
            most, latest, at, events = rows.get(key, (None, None, None, 0))
            ranges = begins.get(key, [])
            is_most = asked_aggregate.aggregation is Aggregation.MAX
            level = highest(most, ranges) if is_most else last(latest, at, ranges)
            quantities[key] = self._quantity(asked_aggregate, key, level, events, ranges)
        return quantities

    def _weighted(
        self, asked_aggregate: AskedAggregate, window: int | None, begins: dict[tuple[int, Dimension], list[Begin]]
    ) -> LevelQuantities:
        rows = self.queries.rows(asked_aggregate, window, _READINGS)
        readings = {
            (key[0], tuple(key[1:])): [(sequence[:TIME_LETTERS], level) for *_, sequence, level in group]
            for key, group in groupby(rows, key=lambda row: row[:-2])
        }
        quantities: LevelQuantities = {}
        for key in readings.keys() | begins.keys():
            mine = readings.get(key, [])
            ranges = begins.get(key) or [
                Begin(start, end, None, is_replaced=False) for start, end in self.queries.windows[key[0]].ranges
            ]
            quantities[key] = self._quantity(asked_aggregate, key, weighted_sum(mine, ranges), len(mine), ranges)
        return quantities

    def _by_day(
        self, asked_aggregate: AskedAggregate, window: int | None, begins: dict[tuple[int, Dimension], list[Begin]]
    ) -> LevelQuantities:
        rows = self.queries.rows(asked_aggregate, window, _BY_MOMENT)
        moments: dict[tuple[int, Dimension], list[Moment]] = {}
        events: dict[tuple[int, Dimension], int] = defaultdict(int)
        for number, *groups, at, most, latest, readings in rows:
            moments.setdefault((number, tuple(groups)), []).append(Moment(at, most, latest))
            events[number, tuple(groups)] += readings
        quantities: LevelQuantities = {}
        for key in moments.keys() | begins.keys():
            ranges = begins.get(key, [])
            midnights = self.queries.windows[key[0]].days
            days = by_day(moments.get(key, []), midnights, ranges[0].before if ranges else None)
            most = max((level for level in days if level is not None), default=Decimal(0))
            quantities[key] = self._quantity(asked_aggregate, key, most, events[key], ranges, days=tuple(days))
        return quantities

    def _quantity(
        self,
        asked_aggregate: AskedAggregate,
        key: tuple[int, Dimension],
        level: Decimal,
        events: int,
        ranges: list[Begin],
        days: tuple[Decimal | None, ...] = (),
    ) -> Quantity:
        number, groups = key
        before = ranges[0].before if ranges else None
        return self.queries.quantity(asked_aggregate, number, groups, level, events, before=before, days=days)
