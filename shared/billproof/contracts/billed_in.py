"""Service periods that stay with the month whose invoice billed them, though versions now state another month."""

from collections.abc import Iterable, Mapping
from datetime import date

from billproof.model import Model


class BilledIn(Model):
    """A service period of a charge, by its first day, and the first day of the month whose invoice billed it."""

    contract: str
    charge: str
    start: date
    month: date


def by_charge(billed_in: Iterable[BilledIn], contract: str) -> Mapping[str, Mapping[date, date]]:
    """Return a contract's: for each charge the month that billed a service period, by its first day."""
    months: dict[str, dict[date, date]] = {}
    for stays in billed_in:
        if stays.contract == contract:
            months.setdefault(stays.charge, {})[stays.start] = stays.month
    return months
