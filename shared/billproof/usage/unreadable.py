"""What of a plan's usage cannot be read: the accounts whose usage is then not known, each with the objects it lacks.

    a segment            every window that holds its day                 the log lacks a day of them
    an earlier list      the windows that it bounds                      what was billed of them is not known
    the plan's own list  every window of the bucket

Whose usage is not known is held by a finding that names the object; a wrong quantity is never billed in its place. The
accounts of other days, lists and buckets are billed.
"""

from collections import defaultdict
from collections.abc import Iterable

from billproof.errors import ObjectUnreadable
from billproof.nets import current
from billproof.usage.keys import SegmentKey
from billproof.usage.model import AccountUsage, AccountWindow, AggregationPlan, EventCounts


class UnreadableObjects:
    """Collects, while a plan is aggregated, which objects its windows lack."""

    def __init__(self, plan: AggregationPlan) -> None:
        self._windows = plan.windows
        self._lacked: dict[int, set[str]] = defaultdict(set)

    @property
    def keys(self) -> list[str]:
        """The objects that some window lacks."""
        return sorted(set().union(*self._lacked.values()))

    def add_segment(self, key: str) -> None:
        """Note a segment."""
        day = SegmentKey.parse(key).day
        holding = (number for number, window in enumerate(self._windows) if window.start[:10] <= day <= window.end[:10])
        self._add(key, holding)

    def add_list(self, named: str, key: str) -> None:
        """Note the list of an earlier run that windows name; `key` is what of it does not read."""
        naming = (
            number
            for number, window in enumerate(self._windows)
            if named in {window.after_manifest, window.before_manifest}
        )
        self._add(key, naming)

    def add_everywhere(self, key: str) -> None:
        """Note what every window lacks."""
        self._add(key, range(len(self._windows)))

    def add_of_window(self, number: int, keys: Iterable[str]) -> None:
        """Note what is lacked of the days before a window, of which it needs a level."""
        for key in keys:
            self._add(key, [number])

    def _add(self, key: str, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._lacked[number].add(key)

    def mark(self, usages: Iterable[AccountUsage]) -> list[AccountUsage]:
        """Name in each window's usage what it lacks; such a usage says of no later month where it begins."""
        return [
            usage.model_copy(update={"unreadable": tuple(sorted(self._lacked[number])), "closing": ()})
            if number in self._lacked
            else usage
            for number, usage in enumerate(usages)
        ]


def no_usage(window: AccountWindow) -> AccountUsage:
    """Return the usage of a window of which nothing is known."""
    return AccountUsage(
        account=window.account,
        period=window.period,
        counts=EventCounts.zero(),
        metered_types={},
        orphan_types={},
        quantities=(),
    )


def report(keys: Iterable[str]) -> None:
    """Have the objects logged and counted with the call: the alarm of internal errors names its runbook."""
    current().caught.extend(ObjectUnreadable(key) for key in keys)
