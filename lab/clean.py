"""Clean populations: what is held or warned of although nothing leaks."""

from dataclasses import dataclass
from typing import Any

from lab.company import company
from lab.flights import flights
from lab.playing import Outcome, play
from lab.scene import Scene

RELEASED_BY_POLICY = {"invoice_over_limit"}
"""What a policy wants a person to approve although it is right: it is no false hold."""


@dataclass(frozen=True)
class CleanCounts:
    """Of a clean population: how many invoices, and how many of them a finding held, or warned of."""

    population: str
    months: int
    events: int
    accounts: int
    invoices: int
    blocked: int
    warned: int
    over_limit: int
    others: int
    codes: tuple[str, ...]

    @property
    def warned_percent(self) -> float:
        """How many of a hundred invoices have a warning."""
        return 100 * self.warned / self.invoices if self.invoices else 0.0


def counts(name: str, scene: Scene, outcome: Outcome) -> CleanCounts:
    """Count what people were told of a population that does not leak; `others` are signals that are of no invoice."""
    accounts = {one["id"] for one in scene.accounts}
    false = [signal for signal in outcome.signals if signal.code not in RELEASED_BY_POLICY]
    mine = [signal for signal in false if signal.account in accounts]
    blocked = {(signal.account, signal.month) for signal in mine if signal.holds}
    warned = {(signal.account, signal.month) for signal in mine} - blocked
    return CleanCounts(
        population=name,
        months=len(scene.months),
        events=sum(map(len, scene.usage.values())),
        accounts=len(scene.accounts),
        invoices=len(outcome.billed),
        blocked=len(blocked),
        warned=len(warned),
        over_limit=sum(signal.code in RELEASED_BY_POLICY for signal in outcome.signals),
        others=len(false) - len(mine),
        codes=tuple(sorted({signal.code for signal in outcome.signals})),
    )


def clean_population(name: str, arguments: dict[str, Any]) -> CleanCounts:
    """Play a clean population, `flights` or `company`, and count."""
    scene = flights(**arguments) if name == "flights" else company(**arguments)
    return counts(name, scene, play(scene, only_runs=name != "flights"))
