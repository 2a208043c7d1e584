"""What is declared beforehand: what each cause is, and what each code that billproof tells says it is.

A cause is named rightly where one of the signals at its place has a code of its family. Codes of the proofs and of the
audit chain say that something was changed in the store, and that is all they can know.
"""

from enum import StrEnum


class Family(StrEnum):
    """What somebody looks for to stop a leak."""

    EVENTS_MISSING = "events are missing or not whole"
    EVENTS_TOO_MANY = "events are there more than once"
    EVENTS_REFUSED = "events were refused"
    EVENTS_LATE = "events came late"
    EVENTS_CORRECTED = "events were corrected or taken back"
    SOURCE_SILENT = "a source stopped"
    USAGE_CHANGED = "usage is not what it was"
    TERMS_DIFFER = "billing has other terms than the CRM"
    DATED_BACK = "terms were changed of a month that is billed"
    NOT_PRICED = "usage has no price or no contract"
    RENEWAL = "a renewal was forgotten"
    SEATS = "more seats are used than billed"
    PRICE_TOO_LOW = "a price is too low"
    TAX_DATA = "tax facts are wrong"
    NOT_BILLED = "a month was not billed"
    DOCUMENT_CHANGED = "a document or fact was changed in the store"
    NOT_POSTED = "a posting is missing"
    POSTED_TWICE = "a posting is there that no document made"
    POSTED_WRONG = "a posting says something else"
    PAID_SHORT = "less was paid, or nothing"
    PAID_TOO_MUCH = "more was paid than is owed"
    PAYER_UNKNOWN = "money has no owner"
    STATEMENT = "bank statements do not follow each other"
    CASH_BOOKS = "a receipt is missing in the books"
    MONEY_LEFT = "money left the bank without a document"
    NOT_ALLOWED = "somebody decided who may not"


F = Family
KINDS: dict[str, Family] = {
    "region_lost_before_count": F.USAGE_CHANGED,
    "counter_overflows": F.USAGE_CHANGED,
    "usage_under_an_internal_account": F.USAGE_CHANGED,
    "price_mistyped": F.TERMS_DIFFER,
    "local_time_as_utc": F.EVENTS_MISSING,
    "paid_back_at_the_bank": F.MONEY_LEFT,
    "meter_stuck": F.USAGE_CHANGED,
    "dated_back": F.DATED_BACK,
    "lost_on_the_way": F.EVENTS_MISSING,
    "lost_of_one_account": F.EVENTS_MISSING,
    "source_silent": F.SOURCE_SILENT,
    "network_down": F.EVENTS_MISSING,
    "sampled_before_count": F.USAGE_CHANGED,
    "totals_stop_and_events_are_lost": F.EVENTS_MISSING,
    "message_cut_off": F.EVENTS_MISSING,
    "clock_ahead": F.EVENTS_MISSING,
    "dated_a_month_early": F.EVENTS_MISSING,
    "clock_never_set": F.EVENTS_REFUSED,
    "under_another_account": F.USAGE_CHANGED,
    "under_an_unknown_account": F.EVENTS_REFUSED,
    "under_another_meter": F.EVENTS_MISSING,
    "type_renamed": F.EVENTS_REFUSED,
    "unit_changed_on_the_way": F.EVENTS_MISSING,
    "unit_changed_in_the_source": F.USAGE_CHANGED,
    "rounded_down": F.USAGE_CHANGED,
    "arrives_late": F.EVENTS_LATE,
    "doubled_with_the_same_id": F.EVENTS_TOO_MANY,
    "doubled_with_new_ids": F.EVENTS_TOO_MANY,
    "doubled_in_the_source": F.USAGE_CHANGED,
    "sent_again_next_day": F.EVENTS_TOO_MANY,
    "quantity_malformed": F.EVENTS_REFUSED,
    "zone_lost": F.EVENTS_REFUSED,
    "quantity_missing": F.EVENTS_REFUSED,
    "retracted_wrongly": F.EVENTS_CORRECTED,
    "ids_reused_within_a_day": F.EVENTS_REFUSED,
    "amendment_not_synchronised": F.TERMS_DIFFER,
    "contract_not_synchronised": F.TERMS_DIFFER,
    "discount_not_ended": F.TERMS_DIFFER,
    "discount_too_large": F.TERMS_DIFFER,
    "uplift_not_applied": F.TERMS_DIFFER,
    "renewal_forgotten": F.RENEWAL,
    "new_product_unpriced": F.NOT_PRICED,
    "seats_outgrown": F.SEATS,
    "minimum_ignored": F.TERMS_DIFFER,
    "wrong_tier_table": F.TERMS_DIFFER,
    "allowance_too_large": F.TERMS_DIFFER,
    "charge_ends_early": F.TERMS_DIFFER,
    "contract_ended_early": F.TERMS_DIFFER,
    "one_off_missing": F.TERMS_DIFFER,
    "trial_never_agreed": F.TERMS_DIFFER,
    "excluded_wrongly": F.TERMS_DIFFER,
    "credit_too_large": F.TERMS_DIFFER,
    "price_below_floor": F.PRICE_TOO_LOW,
    "paper_says_more": F.TERMS_DIFFER,
    "currency_changed": F.TERMS_DIFFER,
    "certificate_ended": F.TAX_DATA,
    "certificate_entered_wrongly": F.TAX_DATA,
    "address_of_another_state": F.TAX_DATA,
    "nexus_passed": F.TAX_DATA,
    "left_out_of_the_run": F.NOT_BILLED,
    "document_exchanged": F.DOCUMENT_CHANGED,
    "release_removed": F.DOCUMENT_CHANGED,
    "delivered_to_nobody": F.PAID_SHORT,
    "posting_lost": F.NOT_POSTED,
    "posting_deleted": F.NOT_POSTED,
    "posted_again_by_hand": F.POSTED_TWICE,
    "posted_to_another_account": F.POSTED_WRONG,
    "posted_into_another_month": F.POSTED_WRONG,
    "posted_amount_changed": F.POSTED_WRONG,
    "receivable_credited_by_hand": F.POSTED_TWICE,
    "paid_short": F.PAID_SHORT,
    "paid_twice": F.PAID_TOO_MUCH,
    "paid_by_nobody_known": F.PAYER_UNKNOWN,
    "paid_for_another": F.PAID_SHORT,
    "not_paid": F.PAID_SHORT,
    "statement_lost": F.STATEMENT,
    "receipt_lost_in_the_erp": F.CASH_BOOKS,
    "receipt_removed": F.DOCUMENT_CHANGED,
    "statement_sent_twice": F.PAID_TOO_MUCH,
    "credit_without_reason": F.NOT_ALLOWED,
    "credit_over_the_limit": F.NOT_ALLOWED,
    "credit_split": F.NOT_ALLOWED,
    "approved_by_the_requester": F.NOT_ALLOWED,
    "credit_for_nothing": F.NOT_ALLOWED,
    "approval_forged": F.DOCUMENT_CHANGED,
    "limits_raised_by_one": F.NOT_ALLOWED,
}
"""What each cause is."""

CODES: dict[str, tuple[Family, ...]] = {
    "control_total_gap": (F.EVENTS_MISSING, F.EVENTS_TOO_MANY),
    "control_totals_missing": (F.EVENTS_MISSING,),
    "source_silent": (F.SOURCE_SILENT, F.EVENTS_MISSING),
    "usage_in_quarantine": (F.EVENTS_REFUSED,),
    "events_conflicting": (F.EVENTS_REFUSED,),
    "events_duplicate": (F.EVENTS_TOO_MANY,),
    "events_retraction": (F.EVENTS_CORRECTED,),
    "events_corrected": (F.EVENTS_CORRECTED,),
    "correction_without_event": (F.EVENTS_CORRECTED,),
    "difference_billed": (F.EVENTS_LATE, F.NOT_BILLED),
    "id_reused": (F.EVENTS_TOO_MANY,),
    "usage_changed": (F.USAGE_CHANGED,),
    "usage_irregular": (F.USAGE_CHANGED,),
    "usage_repeated": (F.USAGE_CHANGED, F.EVENTS_TOO_MANY),
    "usage_cut": (F.USAGE_CHANGED,),
    "usage_resized": (F.USAGE_CHANGED,),
    "usage_rounded": (F.USAGE_CHANGED,),
    "contract_drift": (F.TERMS_DIFFER,),
    "orphan_usage": (F.NOT_PRICED,),
    "unpriced_meter": (F.NOT_PRICED,),
    "usage_without_invoice": (F.NOT_PRICED,),
    "unpriceable_charge": (F.NOT_PRICED,),
    "renewal_uplift_missing": (F.RENEWAL,),
    "seats_exceeded": (F.SEATS,),
    "price_below_floor": (F.PRICE_TOO_LOW,),
    "tax_registration": (F.TAX_DATA,),
    "certificate_too_long": (F.TAX_DATA,),
    "undetermined_tax": (F.TAX_DATA,),
    "month_not_billed": (F.NOT_BILLED,),
    "period_gap_or_overlap": (F.NOT_BILLED,),
    "one_off_not_billed": (F.NOT_BILLED,),
    "invoice_not_drafted": (F.NOT_BILLED,),
    "invoice_not_released": (F.NOT_BILLED,),
    "invoice_document_changed": (F.DOCUMENT_CHANGED,),
    "unreadable": (F.DOCUMENT_CHANGED,),
    "invoice_not_posted": (F.NOT_POSTED,),
    "posting_not_confirmed": (F.NOT_POSTED,),
    "posting_without_invoice": (F.POSTED_TWICE,),
    "invoice_posted_twice": (F.POSTED_TWICE,),
    "invoice_posted_in_parts": (F.POSTED_TWICE,),
    "receivable_differs": (F.POSTED_WRONG,),
    "tax_differs": (F.POSTED_WRONG,),
    "posting_account_differs": (F.POSTED_WRONG,),
    "posting_date_differs": (F.POSTED_WRONG,),
    "posting_currency_differs": (F.POSTED_WRONG,),
    "invoice_short_paid": (F.PAID_SHORT,),
    "overdue": (F.PAID_SHORT,),
    "invoice_not_delivered": (F.PAID_SHORT,),
    "invoice_over_paid": (F.PAID_TOO_MUCH,),
    "receipt_unapplied": (F.PAID_TOO_MUCH,),
    "receipt_of_nobody": (F.PAYER_UNKNOWN,),
    "return_waits": (F.PAYER_UNKNOWN, F.MONEY_LEFT),
    "statement_gap": (F.STATEMENT,),
    "statement_overlap": (F.STATEMENT,),
    "cash_not_posted": (F.CASH_BOOKS,),
    "cash_out_of_balance": (F.CASH_BOOKS, F.DOCUMENT_CHANGED),
    "erp-postings-failed": (F.NOT_POSTED, F.DOCUMENT_CHANGED),
    "payment-events-failed": (F.CASH_BOOKS, F.DOCUMENT_CHANGED),
    "billing-run-failed": (F.DOCUMENT_CHANGED,),
    "reconciliation-failed": (F.DOCUMENT_CHANGED,),
    "proposed_duplicate": (F.PAID_TOO_MUCH,),
    "proposed_part-payment": (F.PAID_SHORT,),
    "proposed_unknown": (F.PAYER_UNKNOWN,),
    "statement_known": (F.PAID_TOO_MUCH,),
    "receipt_not_decided": (F.NOT_ALLOWED, F.DOCUMENT_CHANGED),
    "refused": (F.NOT_ALLOWED,),
}
"""What each code says."""


def says(code: str) -> tuple[Family, ...]:
    """Return what a code says; those of proofs and of the audit say that the store was changed."""
    if code.startswith(("proof_", "audit_")):
        return (F.DOCUMENT_CHANGED,)
    return CODES.get(code, ())
