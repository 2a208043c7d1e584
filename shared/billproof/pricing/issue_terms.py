"""What is frozen of the issue of an account's invoice: its day where that is its own, and what was paid ahead of it."""

from datetime import date

from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.model import Model
from billproof.money import Money


class IssueTerms(Model):
    """The day on which an account's invoice is issued, where that is not its run's, and the exchange rates of it."""

    day: date
    rates: tuple[ExchangeRate, ...] = ()


class PaidAhead(Model):
    """Money of an account that was booked before the rate of its tax changed, and that is applied to nothing."""

    receipt: str
    booked_on: date
    amount: Money
    rate_changed_on: date
