"""The discount that an invoice offers to who pays it soon, and the tax in it."""

from datetime import date, timedelta

from billproof.model import Exact, Model
from billproof.money import Money


class DiscountTax(Model):
    """What of a discount is tax that is owed no more, by jurisdiction."""

    jurisdiction: str
    amount: Money


class OfferedDiscount(Model):
    """What may be taken off an invoice that is paid within `days` of its issue; `taxes` is the tax in the amount."""

    percent: Exact
    days: int
    amount: Money
    taxes: tuple[DiscountTax, ...]

    def until(self, issue_date: date) -> date:
        """Return the last day on which it may be taken."""
        return issue_date + timedelta(days=self.days)
