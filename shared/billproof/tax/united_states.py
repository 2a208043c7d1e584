"""US sales tax on remotely accessed software: due only where the seller has nexus and the state taxes the service."""

from datetime import date
from decimal import Decimal

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import decimal_text
from billproof.tax.model import Determination, Taxability, Treatment
from billproof.tax.rows import WHOLE, holding, rate_of, rule_set, taxed, untaxed

HUNDRED = Decimal(100)


def determine(legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Apply the tax of the account's state; raises UndeterminedTax where the state or its rule is not known."""
    rules = rule_set("us_saas")
    if account.address.region is None:
        message = "the address names no state"
        raise UndeterminedTax(message, account=account.id)
    state = f"US-{account.address.region}"
    readings = [
        row for row in rules.taxability if row.jurisdiction == state and row.customer_kind is account.customer_kind
    ]
    if not readings:
        message = f"no rule says whether {state} taxes remotely accessed software"
        raise UndeterminedTax(message, account=account.id)
    reading = holding(readings, tax_point)
    if reading is None:
        reason = f"taxed only from {readings[0].effective_from}"
        return _free(state, Treatment.NOT_TAXABLE, readings[0], tax_point, reason)
    if reading.treatment != "taxable":
        reason = reading.note or f"{state} does not tax remotely accessed software for this kind of customer"
        return _free(state, Treatment(reading.treatment), reading, tax_point, reason)
    if not legal_entity.registered_in(state):
        return _free(state, Treatment.NO_NEXUS, reading, tax_point, f"{legal_entity.name} has no nexus in {state}")
    if reading.percent is not None:
        percent, dated = reading.percent, True
        reason = f"special rate for {account.customer_kind}"
    else:
        rate = rate_of(rules, state, tax_point)
        percent, dated = rate.percent, rate.effective_from is not None
        reason = "state rate; local rates are not included"
    if reading.taxable_share != WHOLE:
        reason += f"; {decimal_text(reading.taxable_share * HUNDRED)} % of the price is taxable ({reading.note})"
    return taxed(
        rules,
        state,
        percent,
        tax_point,
        reason,
        source=reading.source,
        share=reading.taxable_share,
        needs_review=reading.confidence != "high" or not dated,
    )


def _free(state: str, treatment: Treatment, reading: Taxability, tax_point: date, reason: str) -> Determination:
    return untaxed(
        rule_set("us_saas"),
        state,
        treatment,
        tax_point,
        reason,
        source=reading.source,
        needs_review=reading.confidence != "high",
    )
