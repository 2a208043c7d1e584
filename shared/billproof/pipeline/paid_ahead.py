"""Money of a customer that came before its invoice, and before the rate of its tax changed: a person looks at it.

    received 20 March | the rate changes on 1 April | issued on 1 May

Where the tax point is the day of the invoice, or that on which it is due, a payment before makes it earlier (the
sources are those of the rows of `time_of_supply.json`), and may bring the old rate. Before such money is applied
nobody knows what it is for: it sets no tax, it holds the invoice.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account, LegalEntity
from billproof.payments.book import CashBook
from billproof.pricing.issue_terms import PaidAhead
from billproof.pricing.terms import AccountTerms
from billproof.tax.model import SupplyRule
from billproof.tax.supply import Supply
from billproof.tax.time_of_supply import rate_changes, rule_of

LOOKS_BACK = timedelta(days=366)
"""How long before an invoice a change of the rate is looked for: money that waits for longer is told by ageing."""


def paid_ahead(terms: AccountTerms, entity: LegalEntity, issued: date, book: CashBook) -> Iterator[PaidAhead]:
    """Find what an account paid, and what is applied to nothing, before the last change of a rate before its invoice.

    Reads receipts only where a rate changed, so that a run of any other day costs nothing more.
    """
    changed = _last_change(terms, entity, issued)
    if changed is None:
        return
    for state in book.of_account(entity.id, terms.account.id):
        receipt, left = state.receipt, state.unapplied.amount
        if receipt.booked_on < changed and left.amount > 0:
            yield PaidAhead(receipt=receipt.id, booked_on=receipt.booked_on, amount=left, rate_changed_on=changed)


def _last_change(terms: AccountTerms, entity: LegalEntity, issued: date) -> date | None:
    """Return the last day on which the rate changed of where a payment before the invoice makes the tax point."""
    days = []
    for member in terms.members:
        if _paying_counts(entity, member, issued):
            changes = rate_changes(entity, member, issued)
            days += [day for day in changes if issued - LOOKS_BACK < day <= issued]
    return max(days, default=None)


def _paying_counts(entity: LegalEntity, member: Account, day: date) -> bool:
    """Say whether a payment makes the tax point of what an account is sold, by a seller that is registered there."""
    try:
        supply = Supply.of(entity, member, day)
        rule = rule_of(entity, member, day).rule
    except UndeterminedTax:
        return False  # its tax holds the invoice
    return rule in (SupplyRule.INVOICE, SupplyRule.DUE_DATE) and supply.registered_in(supply.buyer.country)
