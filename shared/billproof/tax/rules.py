"""Which tax is due on what we sell, remotely accessed software, and by which rule.

    seller and buyer in one country      that country's tax
    buyer in the US, seller has nexus    the state's tax
    seller in the EU                     articles 44, 58, 59 and 196 of Directive 2006/112/EC
    any other border, business           reverse charge or outside the seller's tax, by the customer's tax number
    any other border, consumer           the customer's country's tax, where the seller is registered for it

A place that no rule covers raises UndeterminedTax: missing knowledge is never a zero rate.
"""

from datetime import date

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account, CustomerKind, LegalEntity
from billproof.tax import canada, united_states
from billproof.tax.model import Determination, RuleSet, Treatment
from billproof.tax.numbers import valid_tax_number
from billproof.tax.rows import jurisdictions, rule_set, standard, untaxed

UNITED_STATES, CANADA, SWITZERLAND = "US", "CA", "CH"
DIRECTIVE = "Council Directive 2006/112/EC"
EXPORTS = {
    "GB": (Treatment.OUTSIDE_SCOPE, "Value Added Tax Act 1994, section 7A"),
    "CH": (Treatment.OUTSIDE_SCOPE, "Swiss VAT Act (MWSTG), article 8"),
    "NO": (Treatment.ZERO_RATED, "Norwegian VAT Act (merverdiavgiftsloven), section 6-22"),
    "AU": (Treatment.ZERO_RATED, "A New Tax System (Goods and Services Tax) Act 1999, section 38-190"),
    "NZ": (Treatment.ZERO_RATED, "Goods and Services Tax Act 1985, section 11A"),
    "CA": (Treatment.ZERO_RATED, "Excise Tax Act, schedule VI, part V"),
    "US": (Treatment.OUTSIDE_SCOPE, "sales tax is of the state in which the customer uses the service"),
}
"""How a service to a business abroad is treated where the seller is, and by which rule."""


def determine(*, legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Say which tax the legal entity owes on a supply to the account at a tax point.

    Raises UndeterminedTax where no rule covers the two places.
    """
    found = _by_place(legal_entity, account, tax_point)
    for exemption in account.exemptions:
        if exemption.jurisdiction == found.jurisdiction and tax_point in exemption.effective and found.percent:
            reason = f"{exemption.reason}, certificate {exemption.certificate}"
            changes = {"treatment": Treatment.EXEMPT, "percent": 0, "taxable_share": 0, "reason": reason}
            return Determination.model_validate({**found.model_dump(), **changes, "components": ()})
    return found


def _by_place(legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    seller, buyer = legal_entity.address.country, account.address.country
    has_nexus = any(each.jurisdiction.startswith("US-") for each in legal_entity.tax_registrations)
    if buyer == UNITED_STATES and (seller == UNITED_STATES or has_nexus):
        return united_states.determine(legal_entity, account, tax_point)
    if buyer == CANADA and (seller == CANADA or legal_entity.registered_in(CANADA)):
        return canada.determine(legal_entity, account, tax_point)
    if seller in jurisdictions("eu_vat"):
        return _from_the_union(legal_entity, account, tax_point)
    if seller == buyer and _rules_of(buyer):
        return standard(_rules_of(buyer), buyer, tax_point, "domestic supply")
    return _over_a_border(legal_entity, account, tax_point)


def _rules_of(country: str) -> RuleSet:
    name = "eu_vat" if country in jurisdictions("eu_vat") else "vat_elsewhere"
    return rule_set(name)


def _is_covered(country: str) -> bool:
    return country in jurisdictions("eu_vat") | jurisdictions("vat_elsewhere") | {CANADA, UNITED_STATES}


def _from_the_union(legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Apply VAT: articles 44, 58, 59 and 196 of Directive 2006/112/EC."""
    rules = rule_set("eu_vat")
    seller, buyer = legal_entity.address.country, account.address.country
    if buyer == seller:
        return standard(rules, seller, tax_point, "domestic supply")
    business = account.customer_kind is CustomerKind.BUSINESS
    if buyer not in jurisdictions("eu_vat"):
        if business:
            reason = "place of supply is the customer's country, outside the EU (article 44)"
            return untaxed(rules, buyer, Treatment.OUTSIDE_SCOPE, tax_point, reason, source=DIRECTIVE)
        if legal_entity.registered_in(buyer) and buyer in jurisdictions("vat_elsewhere"):
            return standard(_rules_of(buyer), buyer, tax_point, "consumer's country")
        message = f"a consumer in {buyer} (article 59) is not covered"
        raise UndeterminedTax(message, account=account.id)
    if not business:
        if not legal_entity.registered_in(buyer):
            message = f"{legal_entity.name} sells to a consumer in {buyer} and is not registered there (article 58)"
            raise UndeterminedTax(message, account=account.id)
        return standard(rules, buyer, tax_point, "consumer's country (article 58)")
    number = valid_tax_number(account)
    reason = f"the customer accounts for the VAT (articles 44 and 196), {number}"
    return untaxed(rules, buyer, Treatment.REVERSE_CHARGE, tax_point, reason, source=DIRECTIVE)


def _over_a_border(legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Apply the seller's rule for exports to businesses, and the customer's country's tax to consumers."""
    seller, buyer = legal_entity.address.country, account.address.country
    if not (_is_covered(seller) and _is_covered(buyer)) or seller == buyer:
        message = f"no rule covers a supply from {seller} to {buyer}"
        raise UndeterminedTax(message, account=account.id)
    is_registered = legal_entity.registered_in(buyer)
    if account.customer_kind is CustomerKind.CONSUMER or (is_registered and buyer == SWITZERLAND):
        if not is_registered or buyer == UNITED_STATES:
            message = f"{legal_entity.name} sells to a consumer in {buyer} and is not registered there"
            raise UndeterminedTax(message, account=account.id)
        return standard(_rules_of(buyer), buyer, tax_point, "the customer's country, where the seller is registered")
    if buyer in {UNITED_STATES, CANADA}:
        treatment, source = EXPORTS[seller]
        reason = f"a business abroad; {legal_entity.name} does not collect tax in {buyer}"
        return untaxed(_rules_of(seller), buyer, treatment, tax_point, reason, source=source)
    number = valid_tax_number(account)
    reason = f"the customer accounts for the tax of {buyer}, {number}"
    source = DIRECTIVE if buyer in jurisdictions("eu_vat") else EXPORTS[seller][1]
    return untaxed(_rules_of(buyer), buyer, Treatment.REVERSE_CHARGE, tax_point, reason, source=source)
