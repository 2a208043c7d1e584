"""Usages by their windows."""

from collections.abc import Iterable, Mapping

from billproof.usage.model import AccountUsage

Usages = Mapping[tuple[str, str], AccountUsage]
"""What was used, by account and the name of the period: the run's, and earlier ones that late usage reached."""


def by_window(usages: Iterable[AccountUsage]) -> dict[tuple[str, str], AccountUsage]:
    """Sort usages by account and period."""
    return {(usage.account, usage.period): usage for usage in usages}
