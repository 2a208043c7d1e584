"""Which tax is due on what we sell, remotely accessed software, and by which rule.

    buyer in the US, seller has nexus    the state's tax
    buyer in a territory of its own      the territory's tax (Canary Islands, Åland, Martinique ...)
    seller and buyer in one country      that country's tax, or the rate of a part of it (Madeira, Jungholz ...)
    seller in the EU                     articles 44, 58, 59 and 196 of Directive 2006/112/EC
    any other border, business           reverse charge or outside the seller's tax, by the customer's tax number
    any other border, consumer           the customer's country's tax, where the seller is registered for it

A place that no rule covers raises UndeterminedTax: missing knowledge is never a zero rate. Where no tax is due abroad,
either the customer accounts for it by a rule with a source, or the seller declared that it is not registered there.
"""

from datetime import date

from billproof.masterdata.parties import Account, LegalEntity
from billproof.tax import canada, united_states
from billproof.tax.certificates import exempted
from billproof.tax.model import Determination, RuleSet, Territory, Treatment
from billproof.tax.numbers import valid_tax_number
from billproof.tax.places import Place
from billproof.tax.rows import jurisdictions, rule_set, standard, untaxed
from billproof.tax.supply import Supply

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
CUSTOMER_ACCOUNTS = {
    "GB": "Value Added Tax Act 1994, section 8",
    "CH": "Swiss VAT Act (MWSTG), article 45",
    "NO": "Norwegian VAT Act (merverdiavgiftsloven), section 11-3",
    "AU": "A New Tax System (Goods and Services Tax) Act 1999, division 84",
    "NZ": "Goods and Services Tax Act 1985, section 8 (4B)",
}
"""By which rule a business accounts for the tax of its country on a service from abroad, outside the EU."""


def determine(*, legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Say which tax the legal entity owes on a supply to the account at a tax point.

    Raises UndeterminedTax where no rule covers the two places.
    """
    supply = Supply.of(legal_entity, account, tax_point)
    determination = exempted(_by_place(supply), supply)
    if supply.buyer.is_doubtful or supply.seller.is_doubtful:
        return determination.model_copy(update={"needs_review": True})
    return determination


def _by_place(supply: Supply) -> Determination:
    seller, buyer = supply.seller, supply.buyer
    registrations = supply.entity.registrations_on(supply.day)
    has_nexus = any(registration.jurisdiction.startswith(f"{UNITED_STATES}-") for registration in registrations)
    if buyer.country == UNITED_STATES and (seller.country == UNITED_STATES or has_nexus):
        return united_states.determine(supply.entity, supply.account, supply.day)
    if buyer.country == CANADA and (seller.country == CANADA or supply.registered_in(CANADA)):
        return canada.determine(supply.entity, supply.account, supply.day)
    if seller.is_outside:
        message = f"no rule covers a supply from {seller.code}"
        raise supply.undetermined(message)
    if buyer.territory is not None and buyer.is_outside:
        return _in_a_territory(buyer.territory, supply)
    if seller.country in jurisdictions("eu_vat"):
        return _from_the_union(supply)
    if seller.country == buyer.country and _is_covered(buyer.country):
        return _standard(buyer, supply, "domestic supply")
    return _over_a_border(supply)


def _rules_of(jurisdiction: str) -> RuleSet:
    name = next(
        (rules for rules in ("eu_vat", "territories") if jurisdiction in jurisdictions(rules)),
        "vat_elsewhere",
    )
    return rule_set(name)


def _is_covered(country: str) -> bool:
    return country in jurisdictions("eu_vat") | jurisdictions("vat_elsewhere")


def _standard(place: Place, supply: Supply, reason: str) -> Determination:
    """Tax at the rate of a place, which a part of a country may have for itself."""
    where = "" if place.territory is None else f", {place.territory.name}"
    return standard(_rules_of(place.code), place.code, supply.day, reason + where)


def _in_a_territory(territory: Territory, supply: Supply) -> Determination:
    """Apply a territory's own tax where the seller collects it; else it declared that it has none to collect."""
    rules = _rules_of(territory.rates)
    is_known = territory.rates in {rate.jurisdiction for rate in rules.rates}
    is_home = supply.seller.country in {territory.country, territory.registration}
    charges = is_home or not supply.is_to_business or territory.registration in {territory.code, SWITZERLAND}
    if supply.registered_in(territory.registration) and is_known and charges:
        rate = standard(rules, territory.rates, supply.day, f"{territory.tax}, {territory.name}")
        return rate.model_copy(update={"jurisdiction": territory.code, "source": f"{territory.source}; {rate.source}"})
    declared = supply.declared_for(territory.code)
    if declared is None:
        raise supply.undeclared(territory.code, territory.tax)
    return _declared(supply, territory.code, declared.reason, territory.source)


def _declared(supply: Supply, jurisdiction: str, why: str, source: str) -> Determination:
    """Charge nothing where the seller declared that it has no tax to collect, by the rule of where the seller is."""
    seller = supply.seller.country
    if seller not in jurisdictions("eu_vat") and seller not in EXPORTS:
        message = f"no rule covers a supply from {seller} to {jurisdiction}"
        raise supply.undetermined(message)
    outside_the_union = (Treatment.OUTSIDE_SCOPE, f"{DIRECTIVE}, articles 44 and 58")
    treatment, rule = EXPORTS.get(seller, outside_the_union)
    reason = f"supplied outside the tax of {seller}; {supply.entity.name} is not registered in {jurisdiction}: {why}"
    rules = _rules_of(seller)
    return untaxed(rules, jurisdiction, treatment, supply.day, reason, source=f"{rule}; {source}" if source else rule)


def _from_the_union(supply: Supply) -> Determination:
    """Apply VAT: articles 44, 58, 59 and 196 of Directive 2006/112/EC."""
    seller, buyer = supply.seller.country, supply.buyer.country
    if buyer == seller:
        return _standard(supply.buyer, supply, "domestic supply")
    if buyer not in jurisdictions("eu_vat"):
        return _out_of_the_union(supply)
    if not supply.is_to_business:
        if not supply.registered_in(buyer):
            message = f"{supply.entity.name} sells to a consumer in {buyer} and is not registered there (article 58)"
            raise supply.undetermined(message)
        return _standard(supply.buyer, supply, "consumer's country (article 58)")
    return _reverse_charge(supply, "the customer accounts for the VAT (articles 44 and 196)", DIRECTIVE)


def _out_of_the_union(supply: Supply) -> Determination:
    buyer, rules = supply.buyer.country, rule_set("eu_vat")
    if not supply.is_to_business or buyer == SWITZERLAND:
        if supply.registered_in(buyer) and buyer in jurisdictions("vat_elsewhere"):
            return _standard(supply.buyer, supply, "the customer's country, where the seller is registered")
        if not supply.is_to_business:
            message = f"a consumer in {buyer} (article 59) is not covered"
            raise supply.undetermined(message)
    if buyer in CUSTOMER_ACCOUNTS:
        reason = "place of supply is the customer's country, outside the EU (article 44), whose tax it accounts for"
        source = f"{DIRECTIVE}; {CUSTOMER_ACCOUNTS[buyer]}"
        return untaxed(rules, buyer, Treatment.OUTSIDE_SCOPE, supply.day, reason, source=source)
    declared = supply.declared_for(buyer)
    if declared is None:
        raise supply.undeclared(buyer, "tax on the service there")
    return _declared(supply, buyer, declared.reason, "")


def _over_a_border(supply: Supply) -> Determination:
    """Apply the seller's rule for exports to businesses, and the customer's country's tax to consumers."""
    seller, buyer = supply.seller.country, supply.buyer.country
    if seller not in EXPORTS or seller == buyer:
        message = f"no rule covers a supply from {seller} to {buyer}"
        raise supply.undetermined(message)
    is_registered = supply.registered_in(buyer)
    if not supply.is_to_business or (is_registered and buyer == SWITZERLAND):
        if not is_registered or not _is_covered(buyer):
            message = f"{supply.entity.name} sells to a consumer in {buyer} and is not registered there"
            raise supply.undetermined(message)
        return _standard(supply.buyer, supply, "the customer's country, where the seller is registered")
    if _is_covered(buyer):
        source = DIRECTIVE if buyer in jurisdictions("eu_vat") else f"{EXPORTS[seller][1]}; {CUSTOMER_ACCOUNTS[buyer]}"
        return _reverse_charge(supply, f"the customer accounts for the tax of {buyer}", source)
    declared = supply.declared_for(buyer)
    if declared is None:
        raise supply.undeclared(buyer, "tax on the service there")
    return _declared(supply, buyer, declared.reason, "")


def _reverse_charge(supply: Supply, reason: str, source: str) -> Determination:
    number = valid_tax_number(supply.account, supply.buyer.country)
    rules, buyer = _rules_of(supply.buyer.country), supply.buyer.country
    return untaxed(rules, buyer, Treatment.REVERSE_CHARGE, supply.day, f"{reason}, {number}", source=source)
