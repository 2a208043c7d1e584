"""The levels that each window of a plan begins and ends with.

    earlier run's window       known: the levels that it ended with
    windows of this plan       each begins with what the one before it ended with
    neither                    the log since the first instant at which the account can have a reading

So no more of the log is read than what no window has seen.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from billproof.masterdata.meters import Aggregation
from billproof.readings import Reading
from billproof.usage.levels import Closing, Dimension, Level, Levels
from billproof.usage.model import AccountUsage, AccountWindow, AggregationPlan, AskedAggregate

LatestReadings = Mapping[str, Mapping[tuple[int, Dimension], Decimal]]
"""The last readings by the name of the level, then by window number and group."""


@dataclass(frozen=True, slots=True)
class KnownLevels:
    """The levels at the end of an account's window, by name, and when it ended."""

    end: str
    levels: Mapping[str, Levels]


type EarlierWindows = Callable[[AccountWindow], KnownLevels | None]
"""Looks up what the window of an earlier run ended with that a window's levels come from; None where it is unknown."""
type LookBack = Callable[[AggregationPlan], list[AccountUsage]]


def nothing_known(_: AccountWindow) -> KnownLevels | None:
    """Say that no earlier run knows a level."""
    return None


@dataclass(frozen=True, slots=True)
class LevelBook:
    """What windows begin and end with, by the name of the level and the window's number."""

    openings: dict[tuple[str, int], Levels] = field(default_factory=dict)
    closings: dict[tuple[str, int], Levels] = field(default_factory=dict)
    unreadable: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """By window, the meters whose readings before it are no quantities."""
    lacked: dict[int, set[str]] = field(default_factory=dict)
    """By window, the objects of the days before it that do not read."""

    def closing(self, number: int) -> tuple[Closing, ...]:
        """Return what a window ended with, as far as it is known."""
        return tuple(
            Closing(
                reading=name,
                levels=tuple(Level(dimension=groups, level=level) for groups, level in sorted(levels.items())),
            )
            for (name, window), levels in sorted(self.closings.items())
            if window == number
        )


def levels_asked(plan: AggregationPlan) -> dict[str, AskedAggregate]:
    """Return how the last reading of each level is measured that a plan asks for; none where it carries no level."""
    if not any(window.levels for window in plan.windows):
        return {}
    latest = {"aggregation": Aggregation.LATEST, "rounding": None}
    return {
        asked_aggregate.level_name: asked_aggregate.model_copy(
            update={
                **latest,
                "meter": asked_aggregate.level_name,
                "reading": Reading(meter=asked_aggregate.level_name, group_by=asked_aggregate.reading.group_by),
            }
        )
        for asked_aggregate in plan.asked
        if asked_aggregate.is_level
    }


def level_book(
    plan: AggregationPlan, latest: LatestReadings, *, earlier: EarlierWindows, look_back: LookBack
) -> LevelBook:
    """Return what every window begins and ends with, given the last readings within each."""
    levels = levels_asked(plan)
    book = LevelBook()
    within: dict[tuple[str, int], dict[Dimension, Decimal]] = defaultdict(dict)
    for name, readings in latest.items():
        for (number, groups), level in readings.items():
            within[name, number][groups] = level
    bases = _Bases(plan, levels, earlier, look_back)
    for number, window in sorted(enumerate(plan.windows), key=lambda numbered: numbered[1].start):
        for name in levels if window.levels else ():
            opening = bases.before(number, name, book)
            if opening is not None:
                book.openings[name, number] = opening
                book.closings[name, number] = {**opening, **within[name, number]}
    book.unreadable.update(bases.unreadable)
    book.lacked.update(bases.lacked)
    return book


class _Bases:
    """Where the levels before each window come from; what no window knows is read from the log, at once."""

    def __init__(
        self, plan: AggregationPlan, levels: Mapping[str, AskedAggregate], earlier: EarlierWindows, look_back: LookBack
    ) -> None:
        self._plan = plan
        self._numbers = {(window.account, window.period): number for number, window in enumerate(plan.windows)}
        self._known = {
            number: earlier(window)
            for number, window in enumerate(plan.windows)
            if window.levels is not None and window.levels.run
        }
        self.unreadable: dict[int, tuple[str, ...]] = {}
        self.lacked: dict[int, set[str]] = {}
        self._read: dict[tuple[str, int], dict[Dimension, Decimal]] = {}
        self._look_back(levels, look_back)

    def before(self, number: int, name: str, book: LevelBook) -> Levels | None:
        """Return the levels before a window, or None where they are unknown and nobody asks for them."""
        source, known = self._source(number), self._known_to(number, name)
        read = self._read.get((name, number))
        if source is not None:
            base = book.closings.get((name, source))
        else:
            base = known.levels[name] if known is not None else None
        if base is None and (read is None or source is not None):
            return None
        return {**(base or {}), **(read or {})}

    def _source(self, number: int) -> int | None:
        """Return the window of this plan that ends where a window's levels begin, if it has one."""
        window = self._plan.windows[number]
        if window.levels is None or window.levels.run or not window.levels.period:
            return None
        source = self._numbers.get((window.account, window.levels.period))
        is_before = source is not None and self._plan.windows[source].end <= window.start
        return source if is_before else None

    def _known_to(self, number: int, name: str) -> KnownLevels | None:
        """Return what an earlier run's window ended with, if it ended in time and read the level."""
        known = self._known.get(number)
        is_usable = known is not None and known.end <= self._plan.windows[number].start and name in known.levels
        return known if is_usable else None

    def _since(self, number: int, name: str) -> str | None:
        """Return from when on the log has to be read for a level before a window; None: it need not."""
        window = self._plan.windows[number]
        if window.levels is None:
            return None
        source, known = self._source(number), self._known_to(number, name)
        if source is None and known is None:
            return window.levels.earliest
        end = self._plan.windows[source].end if source is not None else known.end if known is not None else ""
        return end if end < window.start else None

    def _look_back(self, levels: Mapping[str, AskedAggregate], look_back: LookBack) -> None:
        spans: dict[tuple[int, str], list[str]] = {}
        for number in range(len(self._plan.windows)):
            for name in levels:
                since = self._since(number, name)
                if since is not None:
                    self._read[name, number] = {}
                    spans.setdefault((number, since), []).append(name)
        if not spans:
            return
        windows = tuple(self._before(number, since) for number, since in spans)
        plan = self._plan.model_copy(
            update={"windows": windows, "asked": tuple(levels.values()), "stated": (), "days": ()}
        )
        for ((number, _), names), usage in zip(spans.items(), look_back(plan), strict=True):
            self.unreadable[number] = tuple(sorted({*usage.out_of_range} & {*names}))
            types = {levels[name].event_type for name in names}
            if usage.unreadable and types & self._plan.windows[number].metered.keys():
                self.lacked.setdefault(number, set()).update(usage.unreadable)
            for quantity in usage.quantities:
                if quantity.meter in names:
                    self._read[quantity.meter, number][tuple(quantity.dimension.values())] = quantity.quantity

    def _before(self, number: int, since: str) -> AccountWindow:
        window = self._plan.windows[number]
        changes: dict[str, object] = {
            "period": f"{number} {since}",
            "start": since,
            "end": window.start,
            "after": "",
            "after_manifest": "",
            "metered": {},
            "parts": (),
            "days": (),
            "levels": None,
        }
        return window.model_copy(update=changes)
