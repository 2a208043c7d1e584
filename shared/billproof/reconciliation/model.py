"""Variances: differences with a cause, a category, an amount, an age and an owner."""

import operator
from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field

from billproof.findings import Owner, VarianceCategory
from billproof.model import Day, Model
from billproof.money import Money, Taxed
from billproof.reconciliation.seen import SeenFacts


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
    NOT_DECIDED = "receipt_not_decided"
    VERDICT_NOT_GIVEN = "verdict_not_given"
    STATEMENT_GAP = "statement_gap"
    STATEMENT_OVERLAP = "statement_overlap"
    RETURN_WAITS = "return_waits"
    PAYOUT_DIFFERS = "payout_differs"
    PAYOUT_NOT_FOUND = "payout_not_found"
    CHARGE_UNKNOWN = "charge_unknown"
    GATEWAY_DIFFERENCE = "gateway_difference"
    INTERNAL_ERROR = "internal_error"
    NOT_RELEASED = "invoice_not_released"
    NOT_DRAFTED = "invoice_not_drafted"
    SHORT_PAID = "invoice_short_paid"
    OVER_PAID = "invoice_over_paid"
    UNAPPLIED = "receipt_unapplied"
    OF_NOBODY = "receipt_of_nobody"
    NOT_DELIVERED = "invoice_not_delivered"


CATEGORIES: Mapping[Cause, VarianceCategory] = {
    Cause.NOT_POSTED: VarianceCategory.NOT_POSTED,
    Cause.UNCONFIRMED: VarianceCategory.TIMING,
    Cause.AMOUNT_DIFFERS: VarianceCategory.AMOUNT,
    Cause.TAX_DIFFERS: VarianceCategory.TAX,
    Cause.DOCUMENT_CHANGED: VarianceCategory.MISSING_IN_BILLING,
    Cause.DATE_DIFFERS: VarianceCategory.TIMING,
    Cause.ACCOUNT_DIFFERS: VarianceCategory.AMOUNT,
    Cause.CURRENCY_DIFFERS: VarianceCategory.CURRENCY,
    Cause.POSTED_IN_PARTS: VarianceCategory.POSTED_TWICE,
    Cause.POSTED_TWICE: VarianceCategory.POSTED_TWICE,
    Cause.NOT_INVOICED: VarianceCategory.MISSING_IN_BILLING,
    Cause.OPENING_NOT_POSTED: VarianceCategory.NOT_POSTED,
    Cause.CASH_NOT_POSTED: VarianceCategory.NOT_POSTED,
    Cause.NOT_DECIDED: VarianceCategory.MISSING_IN_BILLING,
    Cause.VERDICT_NOT_GIVEN: VarianceCategory.MISSING_IN_BILLING,
    Cause.STATEMENT_GAP: VarianceCategory.MISSING_IN_BILLING,
    Cause.STATEMENT_OVERLAP: VarianceCategory.POSTED_TWICE,
    Cause.RETURN_WAITS: VarianceCategory.UNKNOWN_PAYER,
    Cause.INTERNAL_ERROR: VarianceCategory.MISSING_IN_ERP,
    Cause.PAYOUT_DIFFERS: VarianceCategory.FEE,
    Cause.PAYOUT_NOT_FOUND: VarianceCategory.TIMING,
    Cause.CHARGE_UNKNOWN: VarianceCategory.MISSING_IN_BILLING,
    Cause.GATEWAY_DIFFERENCE: VarianceCategory.OVER_PAID,
    Cause.NOT_DRAFTED: VarianceCategory.MISSING_IN_BILLING,
    Cause.NOT_RELEASED: VarianceCategory.MISSING_IN_BILLING,
    Cause.SHORT_PAID: VarianceCategory.SHORT_PAID,
    Cause.OVER_PAID: VarianceCategory.OVER_PAID,
    Cause.UNAPPLIED: VarianceCategory.UNAPPLIED,
    Cause.OF_NOBODY: VarianceCategory.UNKNOWN_PAYER,
    Cause.NOT_DELIVERED: VarianceCategory.NOT_DELIVERED,
}
"""The category of each cause, where the comparison does not know better."""


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
    statement the amounts are the balances before and after, in the currency of the bank account. Of what is not paid as
    it should be `invoiced` is what was to be, and `posted` what is.

    `id` names it: the same difference has the same one in every report. `amount` is what it comes to, `since` the day
    from which its `age_days` count, `billing_account` who is billed.
    """

    cause: Cause
    invoice: str
    external_reference: str
    invoiced: Money
    posted: Money
    owner: Owner
    remedy: str
    account: str = ""
    category: VarianceCategory = Field(default_factory=lambda fields: CATEGORIES[fields["cause"]])
    billing_account: str = ""
    id: str = ""
    amount: Money | None = None
    since: Day | None = None
    age_days: int = 0

    @property
    def difference(self) -> Money:
        """What it comes to, above zero: what differs or, where nothing does but a date or a document, what that is."""
        if self.invoiced.currency == self.posted.currency and self.invoiced != self.posted:
            amount = self.invoiced - self.posted
        else:
            amount = self.posted if self.invoiced.is_zero else self.invoiced
        return amount if amount.amount >= 0 else -amount


class Reconciliation(Model):
    """The comparison of a legal entity's invoices, postings and payments of one billing period.

    `variances` are differences between invoices and the ERP, `unsettled` what is not billed, delivered or paid as
    it should be. `seen` says how far the facts of the month went.
    """

    legal_entity: str
    period: str
    currency: str
    invoices: int
    postings: int
    invoiced: Taxed
    posted_receivable: Money
    variances: tuple[Variance, ...]
    unsettled: tuple[Variance, ...] = Field(default=(), exclude_if=operator.not_)
    reconciled_at: str = Field(default="", exclude_if=operator.not_)
    seen: SeenFacts | None = Field(default=None, exclude_if=operator.not_)

    @property
    def outcome(self) -> ReconciliationOutcome:
        """Whether invoices and postings agree."""
        return ReconciliationOutcome.VARIANCES if self.variances else ReconciliationOutcome.BALANCED
