"""The day on which an account's invoice is issued, where it is not the first day after the period."""

from collections.abc import Iterable
from datetime import date, datetime

from billproof.identities import InvoiceId
from billproof.invoicing.model import PeriodBilling
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period, month_name, zone
from billproof.pipeline.history import read_settled
from billproof.pipeline.months import Months
from billproof.ports import Objects
from billproof.pricing.issue_terms import IssueTerms
from billproof.pricing.terms import AccountTerms


def today_of(entity: LegalEntity, now: datetime) -> date:
    """Return the day that it is where a legal entity bills."""
    return now.astimezone(zone(entity.time_zone)).date()


def rates_on(
    day: date, currencies: Iterable[str], directory: Directory, entity: LegalEntity, *, days: int
) -> tuple[ExchangeRate, ...]:
    """Return the rates of a day, not older than some days, that convert other currencies into the books'."""
    others = sorted(set(currencies) - {entity.currency})
    rates = (directory.rate(currency, entity.currency, on=day, days=days) for currency in others)
    return tuple(rate for rate in rates if rate is not None)


class IssueDays:
    """The issue dates of the accounts of a run."""

    def __init__(
        self,
        entity: LegalEntity,
        period: Period,
        now: str,
        directory: Directory,
        register: Register,
        objects: Objects,
        months: Months,
        *,
        is_first_run: bool,
    ) -> None:
        self._entity = entity
        self._period = period
        self._today = today_of(entity, datetime.fromisoformat(now))
        self._directory = directory
        self._register = register
        self._objects = objects
        self._months = months
        self._is_first_run = is_first_run

    def of_draft(self, terms: AccountTerms) -> IssueTerms | None:
        """Return today where an earlier run held the invoice, or where the day after the period is signed off.

        The day for which an earlier run drafted it has passed, and a month that is signed off takes no document.
        """
        is_signed_off = self._months.is_signed_off(month_name(self._period.end))
        if self._today <= self._period.end or not (is_signed_off or self._was_held(terms)):
            return None
        days = self._directory.policy(self._entity.id).thresholds.exchange_rate_days
        currencies = {contract.currency for contract in terms.contracts}
        rates = rates_on(self._today, currencies, self._directory, self._entity, days=days)
        return IssueTerms(day=self._today, rates=rates)

    def _was_held(self, terms: AccountTerms) -> bool:
        if self._is_first_run:
            return False
        facts = self._register.facts(str(InvoiceId(self._entity.id, self._period.name, terms.account.id)))
        return facts is not None and facts.held is not None

    def of_released(self, own: PeriodBilling, drafted: IssueTerms | None) -> IssueTerms | None:
        """Return when a released invoice was issued, and its exchange rate, where it was not drafted so."""
        released = self._register.released(own.invoice)
        day = drafted.day if drafted else self._period.end
        if released is None or released.issue_date == day:
            return drafted
        invoice = read_settled(self._register, self._objects, own)
        return IssueTerms(day=released.issue_date, rates=(invoice.exchange,) if invoice.exchange else ())
