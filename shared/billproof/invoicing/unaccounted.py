"""Documents whose posting would fail: no number is taken for them while the chart of accounts has no account for them.

What is published is checked against the chart of its day; a chart may lose an account afterwards.
"""

from collections.abc import Iterable

from billproof.findings import Finding, Owner, Severity
from billproof.invoicing.drafts import Draft
from billproof.invoicing.model import DocumentKind, Invoice
from billproof.masterdata.charts import ChartOfAccounts
from billproof.money import Money


def unaccounted_draft(draft: Draft, chart: ChartOfAccounts) -> Finding | None:
    """Find a draft that bills revenue without an account."""
    amount = draft.document.totals.gross if draft.document else None
    return _without_revenue(draft.revenue_categories, chart, account=draft.account, amount=amount)


def unaccounted_credit(credit: Invoice, chart: ChartOfAccounts) -> Finding | None:
    """Find a credit note that takes back revenue without an account, or a write-off without one for bad debt."""
    account, amount = credit.buyer.id, -credit.totals.gross
    if credit.kind is not DocumentKind.WRITE_OFF:
        return _without_revenue(credit.revenue_categories, chart, account=account, amount=amount)
    if chart.bad_debt is not None:
        return None
    return Finding(
        code="bad_debt_without_account",
        severity=Severity.BLOCKING,
        account=account,
        path="chart_of_accounts/bad_debt",
        message="the chart of accounts has no account for bad debt",
        remedy="publish the legal entity with an account for it, then ask again",
        owner=Owner.BILLING,
        amount_at_risk=amount,
    )


def _without_revenue(
    categories: Iterable[str], chart: ChartOfAccounts, *, account: str, amount: Money | None
) -> Finding | None:
    missing = [category for category in categories if category not in chart.revenue]
    if not missing:
        return None
    return Finding(
        code="revenue_without_account",
        severity=Severity.BLOCKING,
        account=account,
        path="chart_of_accounts/revenue",
        message=f"the chart of accounts has no revenue account for {', '.join(missing)}",
        remedy="publish the legal entity with an account for it, then run the period or ask for the credit note again",
        owner=Owner.BILLING,
        amount_at_risk=amount,
    )
