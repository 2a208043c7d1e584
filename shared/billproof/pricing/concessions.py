"""What credit notes took back for good: what of it still comes off each line, and what is more than is owed.

A concession is of a fee with all that comes off it, and of the whole service period: what is more than the fee still
owes comes off the other parts of the period, and is not taken back from the customer.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from billproof.errors import NotFound
from billproof.identities import LineId, reduced_line
from billproof.money import exactly
from billproof.pricing.model import PricedLine
from billproof.pricing.terms import BilledLine, EarlierPeriod

ZERO = Decimal(0)

type LineKey = tuple[str, str]
"""A line by its contract and id: two contracts may name lines alike."""


class Conceded(NamedTuple):
    """What concessions take off each line now, and what they took of a fee that its service period no longer owes.

    `moved` is what they take of a fee for other parts of its service period; below zero, what other parts take for it.
    `parts` are the fees of each service period, `members` the lines of each fee: itself and what comes off it. Nothing
    is left of those that are `emptied`.
    """

    taken: Mapping[LineKey, Decimal]
    excess: Mapping[LineKey, Decimal]
    moved: Mapping[LineKey, Decimal]
    parts: Sequence[Sequence[LineKey]]
    members: Mapping[LineKey, Sequence[LineKey]]
    emptied: frozenset[LineKey]


NOT_CONCEDED = Conceded({}, {}, {}, (), {}, frozenset())


@exactly
def concessions(earlier: EarlierPeriod, now: Sequence[PricedLine]) -> Conceded:
    """Return what concessions take off each line: together never more than its fee owes with all that comes off it.

    What is more than a part of a service period owes now is taken off its other parts; what they do not owe, either, is
    in excess.
    """
    conceded = {_key(line): line.conceded for line in earlier.billed if line.conceded and not line.is_draw}
    if not conceded:
        return NOT_CONCEDED
    owed = {(line.explanation.contract, line.id): line.net.amount for line in now}
    names = {*owed, *(_key(line) for line in earlier.billed if not line.is_draw)}
    groups: dict[LineKey, list[LineKey]] = {}
    for key in names:
        groups.setdefault(base_of(key, names), []).append(key)
    room = {
        base: max(sum((owed.get(key, ZERO) for key in members), ZERO), ZERO)
        - sum((conceded.get(key, ZERO) for key in members), ZERO)
        for base, members in groups.items()
    }
    excess = {base: -left for base, left in room.items() if left < 0}
    conceded |= {base: conceded.get(base, ZERO) - amount for base, amount in excess.items()}
    of_now = {(line.explanation.contract, line.id): _slot(line.term, line) for line in now}
    gone = {_key(line): _slot(line.term or line.charge, line) for line in earlier.billed if _key(line) not in of_now}
    slots: dict[object, list[LineKey]] = {}
    for key, slot in {**of_now, **gone}.items():
        if key in room:
            slots.setdefault((key[0], slot), []).append(key)
    moved: dict[LineKey, Decimal] = {}
    for parts in slots.values():
        _move(parts, room, conceded, excess, moved)
    emptied = frozenset(base for base, left in room.items() if left <= moved.get(base, ZERO))
    return Conceded(conceded, excess, moved, list(slots.values()), groups, emptied)


def _slot(term: str, line: PricedLine | BilledLine) -> tuple[object, ...]:
    """Return the service period that a line is a part of: a version may cut it into several, or leave none of one."""
    name = line.id if isinstance(line, PricedLine) else line.line
    return term, is_true_up(name), line.service_period, tuple(sorted(line.dimension.items()))


def is_true_up(line: str) -> bool:
    """Say whether a line is of seats above the committed ones, by its id."""
    try:
        return LineId.parse(line).true_up
    except NotFound:  # ids of old runs, whose values are not escaped
        return False


def _move(
    parts: Sequence[LineKey],
    room: Mapping[LineKey, Decimal],
    conceded: dict[LineKey, Decimal],
    excess: dict[LineKey, Decimal],
    moved: dict[LineKey, Decimal],
) -> None:
    """Take what is in excess on parts of a service period off its other parts, as far as they owe something."""
    whole = rest = sum((excess.get(base, ZERO) for base in parts), ZERO)
    for base in parts:
        taken = min(rest, max(room[base], ZERO))
        if taken:
            conceded[base] = conceded.get(base, ZERO) + taken
            moved[base] = taken
            rest -= taken
    elsewhere = whole - rest
    for base in parts:
        back = min(elsewhere, excess.get(base, ZERO))
        if back:
            excess[base] -= back
            moved[base] = -back
            elsewhere -= back


def _key(line: BilledLine) -> LineKey:
    return line.contract, line.line


def base_of(key: LineKey, names: Iterable[LineKey]) -> LineKey:
    """Return the fee that a line takes something off, or the line itself."""
    contract, name = key
    base = contract, reduced_line(name)
    return base if base in names else key
