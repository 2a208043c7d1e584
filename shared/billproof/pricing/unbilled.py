"""Months of an account that no invoice bills."""

from billproof.model import Model
from billproof.periods import Period
from billproof.store_keys import unbilled_slot_name


class UnbilledMonth(Model):
    """A month of which no invoice bills anything, and of which late usage came: what is counted of it is a finding.

    `ordinal` is the place of this look among those at the month: the invoice that is released with the finding takes
    it.
    """

    period: Period
    ordinal: int

    @property
    def slot_name(self) -> str:
        """What the billing slot is of."""
        return unbilled_slot_name(self.period.name)
