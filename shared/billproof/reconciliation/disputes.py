"""Verdicts about disputes that stand in somebody's name and that nobody gave: they count for nothing, and are told."""

from collections.abc import Iterator

from billproof.invoicing.model import Released
from billproof.money import Money
from billproof.receivables.dispute_book import DisputeBook
from billproof.reconciliation.model import Cause, Variance
from billproof.reconciliation.rules import variance


def verdicts_of_nobody(released: Released, disputes: DisputeBook) -> Iterator[Variance]:
    """Yield them with the invoice that is disputed and, until a person decides, with every later one of its account."""
    entity, account = released.legal_entity, released.account
    for state, verdicts in disputes.of_nobody(entity, account):
        opened = state.opened
        if opened.evidence.invoice != released.invoice and state.decisions:
            continue
        for number, decided in enumerate(verdicts, start=1):
            yield variance(
                Cause.VERDICT_NOT_GIVEN,
                invoice=opened.evidence.invoice,
                reference=f"{account}-dispute-{opened.ordinal}-{number}",
                invoiced=Money.zero(opened.amount.currency),
                posted=opened.amount,
                since=decided.day,
                billing_account=account,
            )
