"""Billing slots that another invoice took, and those of usage that a decision excludes."""

from billproof.findings import Finding, Owner, Severity
from billproof.invoicing.drafts import BatchDrafts, Draft
from billproof.invoicing.model import CREDITS
from billproof.invoicing.register import Register
from billproof.store_keys import is_unbilled_slot_name


def exclude_unbilled(batch: BatchDrafts, account: str, *, register: Register) -> bool:
    """Take the slots of an account's months that no invoice bills, where its draft has no document; say whether.

    A person decided that their usage is excluded: no later run finds it again.
    """
    draft = next((draft for draft in batch.drafts if draft.account == account), None)
    if draft is None or draft.document is not None:
        return False
    register.exclude(draft.invoice, [slot for slot in draft.places if is_unbilled_slot_name(slot.period)], batch.run)
    return True


def outdated(draft: Draft, batch: BatchDrafts, register: Register) -> Finding:
    """Say which billing slot of a draft another invoice took."""
    wanted = {(slot.period, slot.ordinal) for slot in draft.places}
    billings = register.settlements(batch.legal_entity, draft.account)
    taken = {billing.period: billing.invoice for billing in billings if (billing.period, billing.ordinal) in wanted}
    months = taken.keys() - {CREDITS}
    code, what = "late_usage_billed_elsewhere", "late usage of {}"
    if batch.period.name in months:
        code, what = "month_billed_elsewhere", "{}"
    elif taken and not months:
        code, what = "credit_drawn_elsewhere", "what a credit of the account pays"
    named = ", ".join(sorted(months or {month for month, _ in wanted}))
    invoices = ", ".join(sorted(set(taken.values())))
    return Finding(
        code=code,
        severity=Severity.BLOCKING,
        account=draft.account,
        path=named,
        message=f"{invoices or 'another invoice'} billed {what.format(named)} while this one was drafted",
        remedy="run the period again: it computes what is left to bill",
        owner=Owner.BILLING,
    )
