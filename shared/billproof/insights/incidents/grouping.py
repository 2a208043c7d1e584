"""Which exceptions belong together: pure rules over the facts that they share.

Kinds of facts are tried from the closest to a cause to the farthest. Each exception joins the largest group of the
first kind in which it shares something with another one. Every fact is looked at once when it is counted and once when
a group is chosen; of accounts without an exception there are only counts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from billproof.approvals.incident_id import SharedKind

LEAST_EXCEPTIONS = 2
LEAST_LIFT = Fraction(2)
"""How many times as often as any account one that shares a fact must have an exception, for that to explain it."""
EXPLAINS_ALWAYS = {SharedKind.INTEGRATION, SharedKind.RULE}
"""What holds an exception says so itself, whatever other accounts are warned of."""


class Fact(NamedTuple):
    """Something that several exceptions may share: `what` happened to the `thing`."""

    kind: SharedKind
    thing: str
    what: str


@dataclass(frozen=True, slots=True)
class Clean:
    """How many accounts without an exception were looked at, and how many of them share each fact."""

    accounts: int
    sharing: Mapping[Fact, int]


@dataclass(frozen=True, slots=True)
class SharedGroup:
    """Exceptions that share a fact; `clean` accounts of so many looked at share it, too.

    `lift` says how many times as often an account has an exception where it shares the fact as any account does.
    """

    fact: Fact
    exceptions: tuple[str, ...]
    clean: int
    lift: Fraction


def grouped(facts: Mapping[str, Iterable[Fact]], clean: Clean) -> list[SharedGroup]:
    """SharedGroup exceptions, given with their facts, the largest group first; those that share nothing are in none."""
    by_kind = {kind: defaultdict[str, list[Fact]](list) for kind in SharedKind}
    for exception, shared in facts.items():
        for fact in shared:
            by_kind[fact.kind][exception].append(fact)
    groups: list[SharedGroup] = []
    taken: set[str] = set()
    for kind in SharedKind:
        for group in _of_kind(by_kind[kind], taken, clean, len(facts)):
            groups.append(group)
            taken.update(group.exceptions)
    order = list(SharedKind)
    return sorted(groups, key=lambda group: (-len(group.exceptions), order.index(group.fact.kind), group.fact))


def _of_kind(facts: Mapping[str, list[Fact]], taken: set[str], clean: Clean, exceptions: int) -> list[SharedGroup]:
    """SharedGroup the exceptions that no group has taken by the fact of one kind that the most of them share."""
    numbers = Counter(fact for shared in facts.values() for fact in shared)
    lifts = {fact: lift_of(number, clean, fact, exceptions) for fact, number in numbers.items()}
    rest = {exception: shared for exception, shared in facts.items() if exception not in taken}
    counts = Counter(fact for shared in rest.values() for fact in shared if _explains(fact, lifts[fact], clean))
    members: dict[Fact, list[str]] = defaultdict(list)
    for exception, shared in rest.items():
        best = min((fact for fact in shared if fact in counts), key=lambda one: (-counts[one], one), default=None)
        if best is not None:
            members[best].append(exception)
    return [
        SharedGroup(fact, tuple(mine), clean.sharing.get(fact, 0), lifts[fact])
        for fact, mine in members.items()
        if len(mine) >= LEAST_EXCEPTIONS
    ]


def _explains(fact: Fact, lift: Fraction, clean: Clean) -> bool:
    return fact.kind in EXPLAINS_ALWAYS or lift >= LEAST_LIFT or not clean.sharing.get(fact)


def lift_of(number: int, clean: Clean, fact: Fact, exceptions: int) -> Fraction:
    """Return the share of exceptions among what has the fact, divided by their share among all that was looked at."""
    with_fact = Fraction(number, number + clean.sharing.get(fact, 0))
    return with_fact / Fraction(exceptions, exceptions + clean.accounts)
