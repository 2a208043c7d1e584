"""The catalogue of controls, one module each. Findings are reported in its order."""

from billproof.controls.catalogue import (
    charge_without_line,
    commitment_not_billed,
    contract_drift,
    correction_without_event,
    credit_ratio,
    duplicate_invoice,
    expired_discount,
    id_reused,
    invoice_over_limit,
    month_not_billed,
    negative_invoice,
    one_off_not_billed,
    orphan_usage,
    paid_before_rate_change,
    period_gap_or_overlap,
    price_below_floor,
    quantity_not_billed,
    renewal_uplift_missing,
    seats_exceeded,
    tax_registration,
    unpriced_meter,
    usage_changed,
    usage_outside_contract,
    usage_without_invoice,
)
from billproof.controls.control import Control

CATALOGUE: tuple[Control, ...] = tuple(
    module.CONTROL
    for module in (
        orphan_usage,
        unpriced_meter,
        usage_outside_contract,
        usage_without_invoice,
        correction_without_event,
        id_reused,
        charge_without_line,
        quantity_not_billed,
        period_gap_or_overlap,
        one_off_not_billed,
        month_not_billed,
        commitment_not_billed,
        renewal_uplift_missing,
        expired_discount,
        price_below_floor,
        credit_ratio,
        negative_invoice,
        invoice_over_limit,
        duplicate_invoice,
        contract_drift,
        seats_exceeded,
        usage_changed,
        tax_registration,
        paid_before_rate_change,
    )
)
