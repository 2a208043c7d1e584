"""Tax on the lines of an account."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from pydantic import Field

from billproof.errors import UndeterminedTax
from billproof.findings import Finding, Owner, Severity
from billproof.masterdata.parties import Account, LegalEntity, TaxEngineName, TaxRounding
from billproof.model import Model
from billproof.money import total
from billproof.pricing.model import PricedAccount
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.tax.amounts import tax_document, tax_given, tax_line
from billproof.tax.model import Determination, TaxedLine, Treatment
from billproof.tax.port import TaxEngine, TaxQuestion
from billproof.tax.rules import determine


class AccountTax(Model):
    """The tax on an account's lines, in their order; without lines where nothing was priced or tax is undetermined.

    `calculations` are those of an external tax engine, by account: they are committed when the invoice is posted.
    """

    account: str
    lines: tuple[TaxedLine, ...]
    findings: tuple[Finding, ...] = ()
    calculations: dict[str, str] = Field(default_factory=dict)


class BatchTax(Model):
    """The tax of a batch."""

    run: str
    batch: str
    accounts: tuple[AccountTax, ...]


Engines = Mapping[TaxEngineName, TaxEngine]
"""The external tax engines that are set up."""


def tax_account(
    terms: AccountTerms,
    priced: PricedAccount | None,
    *,
    plan: BatchPlan,
    kept: Mapping[str, Determination] | None = None,
    engines: Engines | None = None,
) -> AccountTax:
    """Tax one account's lines at the invoice's issue date; undetermined tax becomes a finding that holds it.

    A line bears the tax of the account that it is of, where that is established: a child's own place and number. What
    was `kept` of an earlier version of the rules, by account, stands.
    """
    account = terms.account
    if priced is None:
        return AccountTax(account=account.id, lines=())
    entity = plan.legal_entity
    used = {line.account for line in priced.lines}
    members = [member for member in terms.members if member.id in used]
    try:
        if entity.tax_engine is not TaxEngineName.RULES:
            return _asked(members, account.id, priced, plan=plan, engine=(engines or {}).get(entity.tax_engine))
        found = {
            member.id: _determined(entity, member, plan.issue_date, (kept or {}).get(member.id)) for member in members
        }
    except UndeterminedTax as error:
        return _undetermined(account.id, error)
    lines = [
        tax_line(line.id, line.net, found[line.account], entity.rounding, includes_tax=line.includes_tax)
        for line in priced.lines
    ]
    rule = TaxRounding.PER_LINE if any(line.includes_tax for line in priced.lines) else entity.tax_rounding
    return AccountTax(account=account.id, lines=tuple(tax_document(lines, entity.rounding, rule)))


def _undetermined(account: str, error: UndeterminedTax) -> AccountTax:
    finding = Finding(
        code=error.code,
        severity=Severity.BLOCKING,
        account=account,
        path="account/address",
        message=error.message,
        remedy="complete the account's address and registrations, or add a tax rule, then run the period again",
        owner=Owner.TAX,
    )
    return AccountTax(account=account, lines=(), findings=(finding,))


def _asked(
    members: Iterable[Account], account: str, priced: PricedAccount, *, plan: BatchPlan, engine: TaxEngine | None
) -> AccountTax:
    """Ask an external tax engine for the tax on each account's lines together, and divide it over the lines."""
    entity = plan.legal_entity
    if engine is None:
        message = f"{entity.id} has its tax determined by {entity.tax_engine}, which is not set up"
        raise UndeterminedTax(message, account=account)
    if any(line.includes_tax for line in priced.lines):
        message = f"{entity.tax_engine} is asked for the tax on net prices only"
        raise UndeterminedTax(message, account=account)
    taxed: dict[int, TaxedLine] = {}
    calculations: dict[str, str] = {}
    for member in members:
        places = [place for place, line in enumerate(priced.lines) if line.account == member.id]
        net = total((priced.lines[place].net for place in places), priced.currency)
        if net.amount < 0:
            message = f"the lines of {member.id} come to {net}, and {entity.tax_engine} is asked for what is due only"
            raise UndeterminedTax(message, account=account)
        if net.is_zero:
            determination, tax = _nothing_to_tax(member, plan), net
        else:
            question = TaxQuestion(seller=entity, customer=member, net=net, tax_point=plan.issue_date)
            answer = engine.calculate(question)
            calculations[member.id] = answer.calculation
            determination, tax = answer.determination, answer.tax
        own = [
            tax_line(priced.lines[place].id, priced.lines[place].net, determination, entity.rounding)
            for place in places
        ]
        taxed |= dict(zip(places, tax_given(own, tax), strict=True))
    lines = tuple(taxed[place] for place in range(len(priced.lines)))
    return AccountTax(account=account, lines=lines, calculations=calculations)


def _nothing_to_tax(account: Account, plan: BatchPlan) -> Determination:
    return Determination(
        jurisdiction=account.address.country,
        treatment=Treatment.NOT_TAXABLE,
        percent=Decimal(0),
        taxable_share=Decimal(0),
        reason="nothing is due",
        source=f"{plan.legal_entity.tax_engine} was not asked",
        rules_version="none",
        tax_point=plan.issue_date,
        needs_review=False,
    )


def _determined(entity: LegalEntity, account: Account, tax_point: date, kept: Determination | None) -> Determination:
    try:
        found = determine(legal_entity=entity, account=account, tax_point=tax_point)
    except UndeterminedTax:
        if kept is None:
            raise
        return kept
    return found if kept is None or kept.rules_version == found.rules_version else kept
