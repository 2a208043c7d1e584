"""US sales tax on remotely accessed software: due only where the seller has nexus and the state taxes the service.

No nexus is a declared fact. Local tax is not in the rules: where it comes on top of a state's tax, the determination is
marked as incomplete; where it is the only tax, nothing is determined unless the seller declared that it has none.
"""

import re
from datetime import date
from decimal import Decimal

from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import decimal_text
from billproof.tax.model import Determination, LocalTax, RuleSet, Taxability, Treatment
from billproof.tax.places import is_city
from billproof.tax.rows import WHOLE, holding, rate_of, rule_set, taxed, untaxed
from billproof.tax.supply import Supply

HUNDRED = Decimal(100)


def determine(legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Apply the tax of the account's state; raises UndeterminedTax where the state or its rule is not known."""
    supply = Supply.of(legal_entity, account, tax_point)
    rules = rule_set("us_saas")
    if supply.buyer.region is None:
        message = "the address names no state"
        raise supply.undetermined(message)
    state = f"US-{supply.buyer.region}"
    reading = _reading(rules, state, supply)
    if reading.treatment != "taxable":
        reason = reading.note or f"{state} does not tax remotely accessed software for this kind of customer"
        reason += _without_local_tax(rules, state, supply)
        return _free(state, Treatment(reading.treatment), reading, tax_point, reason)
    if not supply.registered_in(state):
        declared = supply.declared_for(state)
        if declared is None:
            raise supply.undeclared(state, "its sales tax")
        reason = f"{legal_entity.name} has no nexus in {state}: {declared.reason}"
        return _free(state, Treatment.NO_NEXUS, reading, tax_point, reason)
    return _taxed(rules, state, reading, supply)


def _reading(rules: RuleSet, state: str, supply: Supply) -> Taxability:
    kind = supply.account.customer_kind
    readings = [row for row in rules.taxability if row.jurisdiction == state and row.customer_kind is kind]
    reading = holding(readings, supply.day)
    if reading is None or supply.day < rules.first_day:
        message = f"no rule says whether {state} taxes remotely accessed software on {supply.day}"
        raise supply.undetermined(message)
    return reading


def _without_local_tax(rules: RuleSet, state: str, supply: Supply) -> str:
    """Say why no local tax is due where the state taxes nothing; raises UndeterminedTax where one may be."""
    local = next((tax for tax in rules.local_taxes if tax.state == state and _is_levied(tax, supply)), None)
    if local is None:
        return ""
    declared = supply.declared_for(local.jurisdiction)
    if declared is None:
        message = f"{local.tax} may be due in {supply.buyer.city}, and no rate of it is known: declare "
        message += f"{local.jurisdiction} if the seller has none to collect"
        raise supply.undetermined(message)
    return f"; {local.tax} is not collected: {declared.reason}"


def _is_levied(tax: LocalTax, supply: Supply) -> bool:
    is_coded = bool(tax.postal_codes) and re.match(f"({tax.postal_codes})", supply.buyer.postal_code) is not None
    return not tax.cities or is_city(supply.buyer.city, tax.cities) or is_coded


def _taxed(rules: RuleSet, state: str, reading: Taxability, supply: Supply) -> Determination:
    if reading.percent is not None:
        percent, dated = reading.percent, True
        reason = f"special rate for {supply.account.customer_kind}"
    else:
        rate = rate_of(rules, state, supply.day)
        percent, dated = rate.percent, not rate.starts_earlier
        reason = "state rate"
    is_whole = state in rules.no_local_tax
    reason += "" if is_whole else "; local rates are not included"
    if reading.taxable_share != WHOLE:
        reason += f"; {decimal_text(reading.taxable_share * HUNDRED)} % of the price is taxable ({reading.note})"
    return taxed(
        rules,
        state,
        percent,
        supply.day,
        reason,
        source=reading.source,
        share=reading.taxable_share,
        needs_review=reading.confidence != "high" or not dated,
        incomplete="" if is_whole else f"the local tax of {supply.buyer.city} is not known",
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
