"""Canadian taxes: HST where a province harmonised, else GST, and the province's own tax where the seller collects it.

Each is due on the price without the others (Excise Tax Act, section 165; An Act respecting the Quebec sales tax,
section 16; the provinces' own acts). Unless a province's own tax is known for the day, nothing is determined.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from billproof.masterdata.parties import Account, LegalEntity
from billproof.tax.model import Component, Determination, Rate
from billproof.tax.rows import rule_set, taxed
from billproof.tax.supply import Supply

HARMONISED = "HST"
FEDERAL = {"GST", HARMONISED}


def determine(legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Add up the taxes of the account's province; raises UndeterminedTax where one of them is not known."""
    supply = Supply.of(legal_entity, account, tax_point)
    rules = rule_set("ca_sales_tax")
    province = f"CA-{supply.buyer.region or '?'}"
    rates = [rate for rate in rules.rates if rate.jurisdiction == province and rate.holds_on(tax_point)]
    names = {rate.name for rate in rates}
    if tax_point < rules.first_day or not names & FEDERAL:
        message = f"no rate of {province} is known for {tax_point}"
        raise supply.undetermined(message)
    if HARMONISED not in names and names <= FEDERAL:
        message = f"whether {province} has a tax of its own is not known for {tax_point}"
        raise supply.undetermined(message)
    if not supply.registered_in("CA"):
        message = f"{legal_entity.name} is not registered for GST and HST"
        raise supply.undetermined(message)
    due, left_out = _due(rates, province, supply)
    reason = " and ".join(rate.name for rate in due)
    if left_out:
        reason += f"; {legal_entity.name} does not collect {' and '.join(left_out)}"
    return taxed(
        rules,
        province,
        sum((rate.percent for rate in due), Decimal(0)),
        tax_point,
        reason,
        source="; ".join(dict.fromkeys(rate.source for rate in due)),
        components=tuple(
            Component(name=rate.name, jurisdiction="CA" if rate.name in FEDERAL else province, percent=rate.percent)
            for rate in due
        ),
    )


def _due(rates: Sequence[Rate], province: str, supply: Supply) -> tuple[list[Rate], list[str]]:
    """Return the rates that the seller collects, and the names of those that it declared not to collect."""
    levied = [rate for rate in rates if rate.treatment == "taxable"]
    due = [rate for rate in levied if rate.name in FEDERAL or supply.registered_in(province)]
    left_out = [rate.name for rate in levied if rate not in due]
    if left_out and supply.declared_for(province) is None:
        raise supply.undeclared(province, left_out[0])
    return due, left_out
