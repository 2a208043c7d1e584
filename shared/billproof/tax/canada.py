"""Canadian taxes: HST where a province harmonised, else GST, and the province's own tax where the seller collects it.

Each is due on the price without the others (Excise Tax Act, section 165; An Act respecting the Quebec sales tax,
section 16; the provinces' own acts).
"""

from datetime import date
from decimal import Decimal

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account, LegalEntity
from billproof.tax.model import Component, Determination
from billproof.tax.rows import rule_set, taxed

FEDERAL = {"GST", "HST"}


def determine(legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Add up the taxes of the account's province; raises UndeterminedTax where the province is not known."""
    rules = rule_set("ca_sales_tax")
    province = f"CA-{account.address.region or '?'}"
    rates = [rate for rate in rules.rates if rate.jurisdiction == province and rate.holds_on(tax_point)]
    if not any(rate.name in FEDERAL for rate in rates):
        message = f"no rate of {province} is known for {tax_point}"
        raise UndeterminedTax(message, account=account.id)
    if not legal_entity.registered_in("CA"):
        message = f"{legal_entity.name} is not registered for GST and HST"
        raise UndeterminedTax(message, account=account.id)
    due = [rate for rate in rates if rate.name in FEDERAL or legal_entity.registered_in(province)]
    left_out = [rate.name for rate in rates if rate not in due]
    reason = " and ".join(rate.name for rate in due)
    if left_out:
        reason += f"; {legal_entity.name} does not collect {' and '.join(left_out)}"
    return taxed(
        rules,
        province,
        sum((rate.percent for rate in due), Decimal(0)),
        tax_point,
        reason,
        source=due[0].source,
        components=tuple(
            Component(name=rate.name, jurisdiction="CA" if rate.name in FEDERAL else province, percent=rate.percent)
            for rate in due
        ),
    )
