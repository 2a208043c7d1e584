"""What the results of the lab come to: by cause and in all."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

NOTHING = Decimal(0)
type Result = dict[str, Any]


@dataclass(frozen=True)
class Totals:
    """What some leaks come to, in dollars; `leaks` counts those that cost anything."""

    leaks: int
    injected: Decimal
    found: Decimal
    early: Decimal
    in_time: Decimal
    stated: Decimal
    totals_only: Decimal
    named: int
    days: float | None

    @property
    def found_percent(self) -> Decimal:
        """How much of a hundred dollars was found."""
        return share(self.found, self.injected)

    @property
    def in_time_percent(self) -> Decimal | None:
        """How much of a hundred dollars that could be found before the release was."""
        return share(self.in_time, self.early) if self.early else None

    @property
    def named_percent(self) -> Decimal:
        """How many of a hundred leaks were called what they are; one that was not found was not."""
        return share(Decimal(self.named), Decimal(self.leaks))


def share(part: Decimal, whole: Decimal) -> Decimal:
    """Return a part in percent of a whole, to one decimal, rounded down: 99.96 is not 100."""
    return (part * 1000 // whole) / 10 if whole else NOTHING


def totals(results: Sequence[Result]) -> Totals:
    """Add up the results of some leaks; those that moved nothing count for nothing."""
    real = [one for one in results if Decimal(one["injected"])]
    upstream = [one for one in real if one["in_time"] is not None]
    days = [one["days"] for one in real if one["days"] is not None]

    def of(name: str, some: Sequence[Result] = real) -> Decimal:
        return sum((Decimal(one[name]) for one in some), NOTHING)

    return Totals(
        leaks=len(real),
        injected=of("injected"),
        found=of("found"),
        early=of("injected", upstream),
        in_time=of("in_time", upstream),
        stated=of("stated"),
        totals_only=of("totals_only"),
        named=sum(one["is_named"] for one in real),
        days=median(days) if days else None,
    )


def by_cause(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Return the results of each cause, in their order."""
    grouped: dict[str, list[Result]] = {}
    for one in results:
        grouped.setdefault(one["cause"], []).append(one)
    return grouped
