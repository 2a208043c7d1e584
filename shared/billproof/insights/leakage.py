"""From which leak a finding protects: each code of a finding belongs to one cause."""

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType

from billproof.approvals.model import Kind


class LeakCause(StrEnum):
    """By which way revenue leaks."""

    USAGE = "usage_not_billed"
    CONTRACT = "contract_not_synchronised"
    DELAY = "invoice_delay"
    RECONCILIATION = "failed_reconciliation"
    CREDIT = "credit_memo_inflation"
    OTHER = "other"
    """What is no leak of these: tax, limits, documents that cannot be read."""


_OF_CODES = {
    LeakCause.USAGE: (
        *("control_total_gap", "control_totals_missing", "correction_without_event", "id_reused", "orphan_usage"),
        *("quantity_not_billed", "source_silent", "unpriced_meter", "usage_changed", "usage_in_quarantine"),
        *("usage_outside_contract", "usage_without_invoice", "charge_without_line", "meter_changed"),
    ),
    LeakCause.CONTRACT: (
        *("commitment_not_billed", "contract_drift", "expired_discount", "one_off_not_billed", "price_below_floor"),
        *("period_gap_or_overlap", "renewal_uplift_missing", "seats_exceeded"),
    ),
    LeakCause.DELAY: ("month_not_billed", "changed_after_release"),
    LeakCause.CREDIT: (
        *("credit_of_discounted", "credit_over_paid", "credit_ratio", "credit_settled_elsewhere"),
        *("negative_invoice", "write_off_over_open"),
    ),
}
CAUSES = MappingProxyType({code: cause for cause, codes in _OF_CODES.items() for code in codes})
_OF_KINDS = MappingProxyType(
    {
        Kind.VARIANCE: LeakCause.RECONCILIATION,
        Kind.CREDIT_NOTE: LeakCause.CREDIT,
        Kind.CONTRACT: LeakCause.CONTRACT,
    }
)


def cause_of(kind: Kind, codes: Iterable[str]) -> LeakCause:
    """Return the cause of an exception: by its kind, else that of its first finding that has one."""
    if kind in _OF_KINDS:
        return _OF_KINDS[kind]
    return next((CAUSES[code] for code in codes if code in CAUSES), LeakCause.OTHER)
