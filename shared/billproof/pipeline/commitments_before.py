"""What earlier invoices say of commitments whose terms are over."""

from billproof.contracts.timeline import timelines
from billproof.periods import Period
from billproof.pipeline.history import History
from billproof.pricing.service_periods import dues
from billproof.pricing.terms import AccountTerms, Committed


def committed_before(terms: AccountTerms, history: History, period: Period) -> tuple[Committed, ...]:
    """Return what earlier invoices say of the terms of commitments that are over, as far as their fees are billed."""
    versions = [*terms.contracts, *(contract for month in terms.earlier for contract in month.contracts)]
    over = timelines({(version.id, version.version): version for version in versions}.values(), period)
    own = timelines(terms.contracts, period)
    first = min((due.period.start for timeline in own for due in dues(timeline, period)), default=None)
    return history.committed(over, since=None if terms.earlier else first)
