"""Service periods that stay with the month whose invoice billed them, though versions now state another month."""

from collections.abc import Iterable, Mapping
from datetime import date

from billproof.model import Model
from billproof.periods import Period


class BilledIn(Model):
    """A service period of a charge, and the first day of the month whose invoice billed it.

    One that begins on the same day and ends on another, since a version changed how the charge is billed, is not it.
    """

    contract: str
    charge: str
    start: date
    end: date
    month: date


def by_charge(billed_in: Iterable[BilledIn], contract: str) -> Mapping[str, Mapping[Period, date]]:
    """Return a contract's: for each charge the month that billed a service period."""
    months: dict[str, dict[Period, date]] = {}
    for stays in billed_in:
        if stays.contract == contract:
            period = Period.construct_trusted(start=stays.start, end=stays.end)
            months.setdefault(stays.charge, {})[period] = stays.month
    return months
