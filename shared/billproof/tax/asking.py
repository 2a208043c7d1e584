"""Asking an external tax engine for the tax on an account's lines: one question for each account and tax point."""

from datetime import date
from decimal import Decimal

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account, LegalEntity
from billproof.money import total
from billproof.pricing.model import PricedAccount
from billproof.pricing.terms import AccountTerms
from billproof.tax.amounts import tax_given, tax_line
from billproof.tax.line_taxes import LineTaxes
from billproof.tax.model import Determination, TaxedLine, Treatment
from billproof.tax.port import TaxEngine, TaxQuestion, calculation_key


def ask(
    terms: AccountTerms, priced: PricedAccount, taxes: LineTaxes, *, entity: LegalEntity, engine: TaxEngine | None
) -> tuple[tuple[TaxedLine, ...], dict[str, str]]:
    """Return the taxed lines and the engine's calculations; the tax of a question is divided over its lines.

    Raises UndeterminedTax where the engine is not set up, or cannot answer.
    """
    account = terms.account.id
    if engine is None:
        message = f"{entity.id} has its tax determined by {entity.tax_engine}, which is not set up"
        raise UndeterminedTax(message, account=account)
    if any(line.includes_tax for line in priced.lines):
        message = f"{entity.tax_engine} is asked for the tax on net prices only"
        raise UndeterminedTax(message, account=account)
    members = {member.id: member for member in terms.members}
    groups: dict[tuple[str, date], list[int]] = {}
    for place, line in enumerate(priced.lines):
        groups.setdefault((line.account, taxes.tax_point_of(line)), []).append(place)
    several = {member for member, _ in groups if sum(other == member for other, _ in groups) > 1}
    taxed: dict[int, TaxedLine] = {}
    calculations: dict[str, str] = {}
    for (member, day), places in groups.items():
        net = total((priced.lines[place].net for place in places), priced.currency)
        if net.amount < 0:
            message = f"the lines of {member} come to {net}, and {entity.tax_engine} is asked for what is due only"
            raise UndeterminedTax(message, account=account)
        determination, tax = _nothing_to_tax(members[member], entity, day), net
        if not net.is_zero:
            question = TaxQuestion(seller=entity.on(day), customer=members[member].on(day), net=net, tax_point=day)
            answer = engine.calculate(question)
            calculations[calculation_key(member, day if member in several else None)] = answer.calculation
            determination, tax = answer.determination, answer.tax
        lines = [priced.lines[place] for place in places]
        own = [tax_line(line.id, line.net, determination, entity.rounding) for line in lines]
        taxed |= dict(zip(places, tax_given(own, tax), strict=True))
    return tuple(taxed[place] for place in range(len(priced.lines))), calculations


def _nothing_to_tax(account: Account, entity: LegalEntity, day: date) -> Determination:
    return Determination(
        jurisdiction=account.address.country,
        treatment=Treatment.NOT_TAXABLE,
        percent=Decimal(0),
        taxable_share=Decimal(0),
        reason="nothing is due",
        source=f"{entity.tax_engine} was not asked",
        rules_version="none",
        tax_point=day,
        needs_review=False,
    )
