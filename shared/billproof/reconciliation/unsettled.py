"""What of a month is not billed, delivered or paid as it should be: invoices that wait, payments that do not fit.

An invoice that nobody paid anything of is open, and no variance: receivables tell its age.
"""

from collections.abc import Iterator
from datetime import date
from itertools import chain

from billproof.findings import VarianceCategory
from billproof.invoicing.delivery_events import why_undelivered
from billproof.invoicing.facts import InvoiceFacts
from billproof.invoicing.held import HeldInvoice
from billproof.invoicing.model import Released
from billproof.invoicing.register import Register
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.cash import ReceiptState
from billproof.payments.model import OTHER_CURRENCY
from billproof.payments.receivables import still_open
from billproof.reconciliation.model import Cause, Variance
from billproof.reconciliation.rules import variance


def not_released(facts: InvoiceFacts, currency: str, register: Register) -> Iterator[Variance]:
    """Yield that an invoice waits for a decision or a run; without a document what it comes to is not known: zero.

    One without a document that was excluded by a decision waits for nothing.
    """
    held = facts.held
    if isinstance(held, HeldInvoice) and not (held.document is None and _is_excluded(held, facts, register)):
        gross = Money.zero(currency) if held.document is None else held.document.totals.gross
        yield variance(
            Cause.NOT_RELEASED if held.document is not None else Cause.NOT_DRAFTED,
            invoice=held.invoice,
            reference="",
            invoiced=gross,
            posted=Money.zero(gross.currency),
            billing_account=held.account,
        )


def _is_excluded(held: HeldInvoice, facts: InvoiceFacts, register: Register) -> bool:
    billings = register.settlements(facts.id.legal_entity, held.account)
    return any(billing.invoice == held.invoice and not billing.number for billing in billings)


def not_delivered(facts: InvoiceFacts, released: Released, *, issued_by: date) -> Iterator[Variance]:
    """Yield that a document which was issued by a day has reached nobody: it was not sent, or did not arrive."""
    if released.issue_date > issued_by or not why_undelivered(facts):
        return
    gross = released.document.totals.gross
    yield variance(
        Cause.NOT_DELIVERED,
        invoice=released.invoice,
        reference=released.number,
        invoiced=gross,
        posted=Money.zero(gross.currency),
        since=released.issue_date,
        billing_account=released.account,
    )


def not_paid_exactly(released: Released, register: Register, book: CashBook) -> Iterator[Variance]:
    """Yield what is left of an invoice that was paid in part, or what was paid too much of it.

    What banks kept of its payments is a fee where it is just what is left; of what another currency paid, the currency
    is the cause.
    """
    currency = released.document.totals.gross.currency
    entries = book.entries(released.legal_entity, released.account, currency)
    mine = [entry for entry in entries if any(True for _ in entry.parts_of(released.invoice))]
    settled = Money.zero(currency).plus(worth.amount for entry in mine for worth in entry.of(released.invoice))
    if settled.is_zero:
        return
    left = still_open(released, register, mine).amount
    if left.is_zero:
        return
    receipts = dict.fromkeys(entry.receipt for entry in mine)
    states = (book.state(released.legal_entity, receipt) for receipt in receipts)
    kept = (state.receipt.charges for state in states)
    charges = Money.zero(currency).plus(money for money in kept if money is not None and money.currency == currency)
    category = VarianceCategory.FEE if left.amount > 0 and left == charges else None
    if any(part.allocation.conversion for entry in mine for part in entry.parts_of(released.invoice)):
        category = VarianceCategory.CURRENCY
    yield variance(
        Cause.SHORT_PAID if left.amount > 0 else Cause.OVER_PAID,
        invoice=released.invoice,
        reference=released.number,
        invoiced=settled + left,
        posted=settled,
        since=max(chain((entry.day for entry in mine), [released.issue_date])),
        billing_account=released.account,
        category=category,
    )


def not_applied(state: ReceiptState) -> Iterator[Variance]:
    """Yield what of a receipt pays nothing: of a known account, or of nobody that is known.

    Its currency is the cause where a person is asked because of that.
    """
    left, proposal = state.unapplied.amount, state.proposal
    rule = proposal.match.rule if proposal is not None and proposal.match is not None else ""
    if not left.is_zero:
        yield variance(
            Cause.UNAPPLIED if state.account else Cause.OF_NOBODY,
            invoice="",
            reference=state.receipt.id,
            invoiced=state.receipt.amount - left,
            posted=state.receipt.amount,
            since=state.receipt.booked_on,
            billing_account=state.account or "",
            category=VarianceCategory.CURRENCY if rule == OTHER_CURRENCY else None,
        )
