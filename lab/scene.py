"""What a company's systems give to billproof over some months; an injector changes that and nothing else."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Any

type Event = dict[str, Any]
type Terms = dict[str, Any]
"""A document of master data as JSON has it, that may be changed."""
type Hand = Callable[[Any], None]
"""What somebody does to the systems around billproof, given the world as it is at that moment."""


class Strength(StrEnum):
    """How much of what it could leak a cause leaks."""

    GENTLE = "gentle"
    MEDIUM = "medium"
    CRUDE = "crude"


class Point(StrEnum):
    """Where in the chain from contract to cash a leak begins."""

    USAGE = "usage"
    CONTRACT = "contract"
    TAX = "tax"
    INVOICE = "invoice"
    LEDGER = "ledger"
    CASH = "cash"
    DECISION = "decision"


class Moment(StrEnum):
    """When in a month somebody's hand changes something."""

    BEFORE_RUN = "before run"
    AFTER_RUN = "after run"
    AFTER_POSTING = "after posting"
    AFTER_CASH = "after cash"


@dataclass
class Scene:
    """Everything that billproof is given: events, control totals, contracts, and what hands do meanwhile.

    `usage` arrives before a month's cut-off and `later` after its run; both by month. `signed` is what the CRM holds,
    `contracts` what is published: they are the same until an injector changes one.
    """

    months: tuple[str, ...]
    accounts: list[Terms]
    signed: list[Terms]
    contracts: list[Terms]
    meters: list[Terms]
    usage: dict[str, list[Event]]
    totals: dict[str, list[Event]]
    later: dict[str, list[Event]] = field(default_factory=dict)
    hands: dict[tuple[str, Moment], list[Hand]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> "Scene":
        """Return a scene of its own; events and documents are shared until somebody replaces them."""
        return Scene(
            months=self.months,
            accounts=list(self.accounts),
            signed=deepcopy(self.signed),
            contracts=deepcopy(self.contracts),
            meters=deepcopy(self.meters),
            usage={month: list(events) for month, events in self.usage.items()},
            totals={month: list(events) for month, events in self.totals.items()},
            later={month: list(events) for month, events in self.later.items()},
            hands={when: list(hands) for when, hands in self.hands.items()},
            facts=dict(self.facts),
        )

    def when(self, month: str, moment: Moment, hand: Hand) -> None:
        """Let somebody do something in a month."""
        self.hands.setdefault((month, moment), []).append(hand)

    def change(self, change: Callable[[Event], Iterator[Event]], months: tuple[str, ...] = ()) -> None:
        """Replace each event by what `change` yields for it: nothing where it is lost."""
        for month in months or self.months:
            self.usage[month] = [after for event in self.usage[month] for after in change(event)]

    def contract_of(self, account: str) -> Terms:
        """Return what is published of an account, to be changed in place."""
        return next(contract for contract in self.contracts if contract["account"] == account)


@dataclass(frozen=True)
class Injected:
    """Where a leak is: what a person would have to look at to see it, and its dollars where no bill can tell them.

    `accounts`, `sources` and `documents` are the places; `dollars` is None where two bills, the clean one and the one
    with the leak, say what leaked. `twin` makes of the scene what a naive system would have billed, where billproof
    itself is to bill right: there the dollars are what that one is off by.
    """

    accounts: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    dollars: Callable[[Any], Decimal] | None = None
    twin: Callable[[Scene], None] | None = None
    since: str = ""


@dataclass(frozen=True)
class Cause:
    """One way in which revenue leaks."""

    name: str
    point: Point
    says: str
    sizes: tuple[Any, Any, Any]
    inject: Callable[[Scene, Any, Random], Injected]
    is_blind: bool = False

    def size(self, strength: Strength) -> Any:
        """Return how much leaks at a strength."""
        return self.sizes[list(Strength).index(strength)]


CAUSES: dict[str, Cause] = {}
"""Every cause by its name, as the modules of `lab.injectors` register them."""


def cause(
    point: Point, says: str, sizes: tuple[Any, Any, Any], *, is_blind: bool = False
) -> Callable[[Callable[[Scene, Any, Random], Injected]], Callable[[Scene, Any, Random], Injected]]:
    """Register a function as the injector of the cause that bears its name."""

    def register(inject: Callable[[Scene, Any, Random], Injected]) -> Callable[[Scene, Any, Random], Injected]:
        name = getattr(inject, "__name__", "")
        if name in CAUSES:
            message = f"the cause {name} is there twice"
            raise ValueError(message)
        CAUSES[name] = Cause(name, point, says, sizes, inject, is_blind)
        return inject

    return register
