"""How an invoice is posted.

    Dr receivable            gross, less what is drawn of the customer's balance
    Dr customer balance      what is drawn
      Cr revenue: <category>       what of the net amount is earned by the end of the billing period (revenue.py)
      Cr deferred revenue          what is billed in advance (ASC 606-10-45-2, IFRS 15.106: a contract liability)
      Cr tax payable               tax
    Dr contract assets       what is earned of fees that later invoices bill (IFRS 15.105)
      Cr revenue: <category>       the same

What comes to less than nothing is a liability: Cr customer balance in place of the receivable (IAS 32.11, ASC
405-20-40-1: it stays until it is settled). A credit note is posted as its invoice was, with the signs turned; what it
leaves to the balance, too. A write-off gives up the receivable: Dr bad debt, Cr receivable, and no tax. Amounts of one
ledger account are added up; an account that comes to zero is left out, and a zero invoice has no entry. An invoice in
another currency than the books is posted with what its lines were converted to when it was issued; the entry keeps its
amount in its own currency.
"""

from collections.abc import Iterator
from datetime import date

from billproof.errors import InvalidInput
from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.ledger.model import JournalEntry
from billproof.ledger.obligations import Obligation, obligations
from billproof.ledger.revenue import Move, books_close, entry_lines
from billproof.masterdata.charts import ChartOfAccounts
from billproof.money import Money


def invoice_entry(invoice: Invoice, released: Released, chart: ChartOfAccounts) -> JournalEntry:
    """Return the entry of a released invoice; raises InvalidInput where the chart has no account for its revenue."""
    return JournalEntry.balanced(
        legal_entity=released.legal_entity,
        external_reference=released.number,
        invoice=invoice.id,
        billing_account=invoice.buyer.id,
        period=invoice.period.name,
        document_date=invoice.issue_date,
        currency=invoice.in_books.gross.currency,
        document_amount=invoice.totals.gross if invoice.exchange else None,
        lines=entry_lines(_moves(invoice, released, chart)),
    )


def receivable_in_books(released: Released, chart: ChartOfAccounts) -> Money:
    """Return what a released document moves on the receivable; without an account for balances these stay there."""
    return released.document.in_books.gross if chart.customer_balance is None else released.receivable.booked


def _moves(invoice: Invoice, released: Released, chart: ChartOfAccounts) -> Iterator[Move]:
    yield chart.receivable, f"{invoice.buyer.name}", released.receivable.booked
    if released.balance is not None:
        yield chart.balance_account, "customer balance", -released.balance.change_booked
    mine, close = obligations(invoice), books_close(invoice)
    by_place = {obligation.place: obligation for obligation in mine}
    for place, line in enumerate(invoice.lines):
        if place in by_place:
            yield from _earned(by_place[place], close, chart)
        if invoice.kind is DocumentKind.WRITE_OFF:
            yield _bad_debt_account(chart), "written off", -line.in_books.net
        for jurisdiction, tax in line.taxes_in_books:
            yield chart.tax_payable, jurisdiction, -tax
    for obligation in mine:
        if obligation.is_accrued:
            earned, category = obligation.earned_by(close), obligation.category
            yield chart.asset_account, f"{category} not billed yet", earned
            yield chart.revenue_of(category), category, -earned


def _earned(obligation: Obligation, close: date, chart: ChartOfAccounts) -> Iterator[Move]:
    earned, category, net = obligation.earned_by(close), obligation.category, obligation.net
    if earned == net or not earned.is_zero:
        yield chart.revenue_of(category), category, -earned
    if earned != net:
        yield chart.deferred_revenue, f"{category} billed in advance", earned - net


def _bad_debt_account(chart: ChartOfAccounts) -> str:
    if chart.bad_debt is None:
        message = "the chart of accounts has no account for bad debt"
        raise InvalidInput(message)
    return chart.bad_debt
