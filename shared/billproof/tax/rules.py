"""Which tax is due on what we sell, remotely accessed software, and by which rule.

A place that no rule covers raises UndeterminedTax: missing knowledge is never a zero rate.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from stdnum import exceptions as stdnum_exceptions
from stdnum.eu import vat

from billproof.contracts.model import Account, CustomerKind, LegalEntity
from billproof.errors import UndeterminedTax
from billproof.model import decimal_text
from billproof.money import Money, Rounding, Taxed, exactly
from billproof.tax.model import Dated, Determination, Rate, RuleSet, Taxability, TaxedLine, Treatment

NOTHING = Decimal(0)
WHOLE = Decimal(1)
HUNDRED = Decimal(100)
UNITED_STATES = "US"


@cache
def rule_set(name: str) -> RuleSet:
    """Read a file of rules that is packed with the code: us_saas or eu_vat."""
    text = resources.files("billproof.tax").joinpath("rules", f"{name}.json").read_text(encoding="utf-8")
    return RuleSet.model_validate_json(text)


@cache
def _eu_members() -> frozenset[str]:
    return frozenset(rate.jurisdiction for rate in rule_set("eu_vat").rates)


def determine(*, legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Say which tax the legal entity owes on a supply to the account at a tax point.

    Raises UndeterminedTax where no rule covers the two places.
    """
    seller, buyer = legal_entity.address.country, account.address.country
    if seller == buyer == UNITED_STATES:
        return _united_states(legal_entity, account, tax_point)
    if seller in _eu_members():
        return _european_union(legal_entity, account, tax_point)
    message = f"no rule covers a supply from {seller} to {buyer}"
    raise UndeterminedTax(message, account=account.id)


def _united_states(legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Apply a state's tax: due only where the seller has nexus and the state taxes the service."""
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
    reading = _holding(readings, tax_point)
    if reading is None:
        return _untaxed(
            state, Treatment.NOT_TAXABLE, readings[0], rules, tax_point, f"taxed only from {readings[0].effective_from}"
        )
    if reading.treatment != "taxable":
        reason = reading.note or f"{state} does not tax remotely accessed software for this kind of customer"
        return _untaxed(state, Treatment(reading.treatment), reading, rules, tax_point, reason)
    if not legal_entity.registered_in(state):
        reason = f"{legal_entity.name} has no nexus in {state}"
        return _untaxed(state, Treatment.NO_NEXUS, reading, rules, tax_point, reason)
    if reading.percent is not None:
        percent, dated = reading.percent, True
        reason = f"special rate for {account.customer_kind}"
    else:
        rate = _rate(rules.rates, state, tax_point)
        percent, dated = rate.percent, rate.effective_from is not None
        reason = "state rate; local rates are not included"
    if reading.taxable_share != WHOLE:
        reason += f"; {decimal_text(reading.taxable_share * HUNDRED)} % of the price is taxable ({reading.note})"
    return Determination(
        jurisdiction=state,
        treatment=Treatment.STANDARD,
        percent=percent,
        taxable_share=reading.taxable_share,
        reason=reason,
        source=reading.source,
        rules_version=rules.version,
        tax_point=tax_point,
        needs_review=reading.confidence != "high" or not dated,
    )


def _european_union(legal_entity: LegalEntity, account: Account, tax_point: date) -> Determination:
    """Apply VAT: articles 44, 58, 59 and 196 of Directive 2006/112/EC."""
    rules = rule_set("eu_vat")
    seller, buyer = legal_entity.address.country, account.address.country
    if buyer == seller:
        return _standard_vat(rules, seller, tax_point, "domestic supply")
    business = account.customer_kind is CustomerKind.BUSINESS
    if buyer not in _eu_members():
        if business:
            reason = "place of supply is the customer's country, outside the EU (article 44)"
            return _vat_free(rules, buyer, Treatment.OUTSIDE_SCOPE, tax_point, reason)
        message = f"a consumer in {buyer} (article 59) is not covered"
        raise UndeterminedTax(message, account=account.id)
    if not business:
        if not legal_entity.registered_in(buyer):
            message = f"{legal_entity.name} sells to a consumer in {buyer} and is not registered there (article 58)"
            raise UndeterminedTax(message, account=account.id)
        return _standard_vat(rules, buyer, tax_point, "consumer's country (article 58)")
    number = valid_vat_number(account)
    reason = f"the customer accounts for the VAT (articles 44 and 196), {number}"
    return _vat_free(rules, buyer, Treatment.REVERSE_CHARGE, tax_point, reason)


def valid_vat_number(account: Account) -> str:
    """Return the account's VAT number in its compact form; raises UndeterminedTax where it is missing or wrong.

    The form and check digits are checked (python-stdnum); whether it is registered today only VIES can say.
    """
    number = account.vat_number or ""
    try:
        compact = vat.validate(number)
    except stdnum_exceptions.ValidationError:
        compact = ""
    prefix = {"GR": "EL"}.get(account.address.country, account.address.country)
    if not compact.startswith(prefix):
        message = f"{number!r} is not a VAT number of {account.address.country}: reverse charge needs a valid one"
        raise UndeterminedTax(message, account=account.id)
    return compact


def _holding[T: Dated](rows: Iterable[T], day: date) -> T | None:
    return next((row for row in rows if row.holds_on(day)), None)


def _rate(rates: Iterable[Rate], jurisdiction: str, day: date) -> Rate:
    rate = _holding([rate for rate in rates if rate.jurisdiction == jurisdiction], day)
    if rate is None:
        message = f"no rate of {jurisdiction} is known for {day}"
        raise UndeterminedTax(message, jurisdiction=jurisdiction)
    return rate


def _untaxed(
    state: str, treatment: Treatment, reading: Taxability, rules: RuleSet, tax_point: date, reason: str
) -> Determination:
    return Determination(
        jurisdiction=state,
        treatment=treatment,
        percent=NOTHING,
        taxable_share=NOTHING,
        reason=reason,
        source=reading.source,
        rules_version=rules.version,
        tax_point=tax_point,
        needs_review=reading.confidence != "high",
    )


def _standard_vat(rules: RuleSet, country: str, tax_point: date, reason: str) -> Determination:
    rate = _rate(rules.rates, country, tax_point)
    return Determination(
        jurisdiction=country,
        treatment=Treatment.STANDARD,
        percent=rate.percent,
        taxable_share=WHOLE,
        reason=reason,
        source=rate.source,
        rules_version=rules.version,
        tax_point=tax_point,
        needs_review=False,
    )


def _vat_free(rules: RuleSet, country: str, treatment: Treatment, tax_point: date, reason: str) -> Determination:
    return Determination(
        jurisdiction=country,
        treatment=treatment,
        percent=NOTHING,
        taxable_share=NOTHING,
        reason=reason,
        source="Council Directive 2006/112/EC",
        rules_version=rules.version,
        tax_point=tax_point,
        needs_review=False,
    )


@exactly
def tax_line(line: str, net: Money, determination: Determination, rounding: Rounding) -> TaxedLine:
    """Put the determined tax on a line's net amount: the tax is rounded once, net + tax = gross by construction."""
    base = net.amount * determination.taxable_share
    tax = Money.rounded(base * determination.percent / HUNDRED, net.currency, rounding)
    return TaxedLine(
        line=line,
        taxable_base=Money.rounded(base, net.currency, rounding),
        amounts=Taxed.of(net, tax),
        determination=determination,
    )
