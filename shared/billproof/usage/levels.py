"""Levels, such as seats and storage: a value at every instant, from each reading until the next, zero before the first.

    reading        10            20
    level   0 .....|=============|====================>
                      |-- month --|                       begins with 10, ends with 20, its most is 20

What a window of time is measured by: its readings, and for each range of instants that it holds the level before it.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from billproof.model import Exact, Model
from billproof.money import exactly

PLACES = Decimal("1e-15")
ZERO = Decimal(0)

type Dimension = tuple[str, ...]
type Levels = Mapping[Dimension, Decimal]
"""Levels at one instant, by the values of the properties that they are grouped by."""


class LevelSource(Model):
    """Where the levels before a window come from: those that an earlier window ended with, and the log since then.

    That window is the account's of a `period`, of the same plan or of the plan of an earlier `run`; without a period
    there is none. Where it does not know a level, the log is read from `earliest` on, from its first day where that is
    empty; null: nobody asks for the level yet, and it stays unknown.
    """

    run: str = ""
    period: str = ""
    earliest: str | None = None


class Level(Model):
    """A level, and the values of the properties that it is grouped by."""

    dimension: Dimension
    level: Exact


class Closing(Model):
    """The levels at the end of a window; `reading` is the digest of how events are read for them."""

    reading: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Begin:
    """The instants `[start, end)` of a range and the level before it, None before the first reading.

    It `is_replaced` where a reading comes at the very start.
    """

    start: str
    end: str
    before: Decimal | None
    is_replaced: bool


def highest(most: Decimal | None, begins: Iterable[Begin]) -> Decimal:
    """Return the most that a level was: of its readings, and of what the ranges begin with."""
    carried = [begin.before for begin in begins if begin.before is not None and not begin.is_replaced]
    return max([*carried, most if most is not None else ZERO])


def last(latest: Decimal | None, latest_at: str | None, begins: Sequence[Begin]) -> Decimal:
    """Return the level at the end: the latest reading, unless the last range began after it."""
    is_within = latest_at is not None and (not begins or latest_at >= begins[-1].start)
    if is_within or not begins:
        return latest if latest is not None else ZERO
    return begins[-1].before or ZERO


@exactly
def weighted_sum(readings: Sequence[tuple[str, Decimal]], ranges: Sequence[Begin]) -> Decimal:
    """Add up levels, each times the share of the ranges that it lasted.

    Times are instants as text in UTC. The result is rounded half even to 15 decimals, once.
    """
    lasted, whole = ZERO, 0
    for begin in ranges:
        mine = [(at, level) for at, level in readings if begin.start <= at < begin.end]
        levels = [(begin.start, begin.before or ZERO), *mine]
        for (at, level), until in zip(levels, [*(at for at, _ in mine), begin.end], strict=True):
            lasted += level * _microseconds(at, until)
        whole += _microseconds(begin.start, begin.end)
    return (lasted / whole).quantize(PLACES)


def _microseconds(start: str, end: str) -> int:
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


@dataclass(frozen=True, slots=True)
class Moment:
    """The readings of one instant: the most of them, and the last, which goes on."""

    at: str
    most: Decimal
    last: Decimal


def by_day(moments: Iterable[Moment], midnights: Sequence[str], before: Decimal | None) -> list[Decimal | None]:
    """Return the most that a level was on each local day; null on the days before its first reading.

    The level of a day's end goes on to the next day, whose most includes it, unless a reading at its first instant
    takes its place.
    """
    rest = deque(moments)
    days, level = [], before
    for midnight, next_midnight in pairwise(midnights):
        known = [level] if level is not None and not (rest and rest[0].at == midnight) else []
        while rest and rest[0].at < next_midnight:
            moment = rest.popleft()
            known.append(moment.most)
            level = moment.last
        days.append(max(known, default=None))
    return days
