"""Variances: differences with a cause, an amount and an owner."""

from enum import StrEnum

from billproof.findings import Owner
from billproof.model import Model
from billproof.money import Money, Taxed


class Cause(StrEnum):
    """Why an invoice and the ledger differ."""

    NOT_POSTED = "invoice_not_posted"
    UNCONFIRMED = "posting_not_confirmed"
    AMOUNT_DIFFERS = "receivable_differs"
    TAX_DIFFERS = "tax_differs"
    DOCUMENT_CHANGED = "invoice_document_changed"
    DATE_DIFFERS = "posting_date_differs"
    ACCOUNT_DIFFERS = "posting_account_differs"
    CURRENCY_DIFFERS = "posting_currency_differs"
    POSTED_IN_PARTS = "invoice_posted_in_parts"
    POSTED_TWICE = "invoice_posted_twice"
    NOT_INVOICED = "posting_without_invoice"
    OPENING_NOT_POSTED = "opening_not_posted"
    CASH_NOT_POSTED = "cash_not_posted"
    STATEMENT_GAP = "statement_gap"
    STATEMENT_OVERLAP = "statement_overlap"
    RETURN_WAITS = "return_waits"
    PAYOUT_DIFFERS = "payout_differs"
    PAYOUT_NOT_FOUND = "payout_not_found"
    CHARGE_UNKNOWN = "charge_unknown"
    INTERNAL_ERROR = "internal_error"


class ReconciliationOutcome(StrEnum):
    """Whether invoices and postings agree, or are to be compared in parts; the workflow branches on them."""

    BALANCED = "balanced"
    VARIANCES = "variances"
    DIVIDED = "divided"
    RECONCILED = "reconciled"


class Variance(Model):
    """One difference: what was invoiced, what is posted, why, and the team responsible.

    Of a posting that no invoice made, `invoice` is empty and the reference is the ERP's, or its own id of the document
    where that has none. `account` is the ledger account that differs, where it is not the receivable or the tax. Of a
    document whose comparison raised, both amounts are zero and the remedy names the exception and its trace. Of a bank
    statement the amounts are the balances before and after, in the currency of the bank account.
    """

    cause: Cause
    invoice: str
    external_reference: str
    invoiced: Money
    posted: Money
    owner: Owner
    remedy: str
    account: str = ""


class Reconciliation(Model):
    """The comparison of a legal entity's invoices and postings of one billing period."""

    legal_entity: str
    period: str
    currency: str
    invoices: int
    postings: int
    invoiced: Taxed
    posted_receivable: Money
    variances: tuple[Variance, ...]

    @property
    def outcome(self) -> ReconciliationOutcome:
        """Whether invoices and postings agree."""
        return ReconciliationOutcome.VARIANCES if self.variances else ReconciliationOutcome.BALANCED
