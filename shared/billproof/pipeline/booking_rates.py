"""The exchange rates that a run converts by into the currency of the books: the same for all of its batches."""

from collections.abc import Callable, Iterable
from functools import cache

from billproof.masterdata.directory import Directory
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.pipeline.account_planner import AccountPlan
from billproof.pricing.terms import BatchPlan

type Rate = Callable[[str], ExchangeRate | None]
"""Looks up the rate of a currency."""


def rates_for(shared: BatchPlan, directory: Directory) -> Rate:
    """Look each currency's rate up once: all batches of a run are converted alike."""
    books, days = shared.legal_entity.currency, shared.policy.thresholds.exchange_rate_days
    return cache(lambda currency: directory.rate(currency, books, on=shared.issue_date, days=days))


def rates_of(accounts: Iterable[AccountPlan], books: str, rate: Rate) -> tuple[ExchangeRate, ...]:
    """Return the rates of every other currency than the books' that a contract of some accounts is in."""
    contracts = [
        contract
        for account in accounts
        for contract in (
            *account.terms.contracts,
            *(known for month in account.terms.earlier for known in month.contracts),
        )
    ]
    rates = (rate(currency) for currency in sorted({contract.currency for contract in contracts} - {books}))
    return tuple(rate for rate in rates if rate is not None)
