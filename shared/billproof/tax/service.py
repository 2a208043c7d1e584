"""The tax step of a batch."""

from collections.abc import Mapping
from datetime import date

from billproof.artefacts import Artefacts
from billproof.contracts.parties import Account, LegalEntity, TaxRounding
from billproof.contracts.terms import PLAN, AccountTerms, BatchPlan
from billproof.errors import UndeterminedTax
from billproof.findings import Finding, Owner, Severity
from billproof.model import Model
from billproof.ports import Objects
from billproof.pricing.model import PricedAccount
from billproof.pricing.service import PRICED, BatchPricing, Stepped
from billproof.tax.amounts import tax_document, tax_line
from billproof.tax.model import Determination, TaxedLine
from billproof.tax.rules import determine

TAXED = "taxed"


class AccountTax(Model):
    """The tax on an account's lines, in their order; without lines where nothing was priced or tax is undetermined."""

    account: str
    lines: tuple[TaxedLine, ...]
    findings: tuple[Finding, ...] = ()


class BatchTax(Model):
    """The tax of a batch."""

    run: str
    batch: str
    accounts: tuple[AccountTax, ...]


def calculate_tax(*, run_id: str, batch_id: str, objects: Objects) -> Stepped:
    """Put tax on every line of the batch and write the determinations."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(run_id, PLAN, batch_id, BatchPlan)
    pricing = artefacts.read(run_id, PRICED, batch_id, BatchPricing)
    accounts = tuple(
        tax_account(terms, account.priced, plan=plan)
        for terms, account in zip(plan.accounts, pricing.accounts, strict=True)
    )
    artefacts.write(run_id, TAXED, batch_id, BatchTax(run=run_id, batch=batch_id, accounts=accounts))
    found = sum(len(account.findings) for account in accounts)
    return Stepped(run_id=run_id, batch_id=batch_id, outcome="taxed", accounts=len(accounts), findings=found)


def tax_account(
    terms: AccountTerms,
    priced: PricedAccount | None,
    *,
    plan: BatchPlan,
    kept: Mapping[str, Determination] | None = None,
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
    try:
        found = {
            member.id: _determined(entity, member, plan.issue_date, (kept or {}).get(member.id))
            for member in terms.members
            if member.id in used
        }
    except UndeterminedTax as error:
        finding = Finding(
            code=error.code,
            severity=Severity.BLOCKING,
            account=account.id,
            path="account/address",
            message=error.message,
            remedy="complete the account's address and registrations, or add a tax rule, then run the period again",
            owner=Owner.TAX,
        )
        return AccountTax(account=account.id, lines=(), findings=(finding,))
    lines = [
        tax_line(line.id, line.net, found[line.account], entity.rounding, includes_tax=line.includes_tax)
        for line in priced.lines
    ]
    rule = TaxRounding.PER_LINE if any(line.includes_tax for line in priced.lines) else entity.tax_rounding
    return AccountTax(account=account.id, lines=tuple(tax_document(lines, entity.rounding, rule)))


def _determined(entity: LegalEntity, account: Account, tax_point: date, kept: Determination | None) -> Determination:
    try:
        found = determine(legal_entity=entity, account=account, tax_point=tax_point)
    except UndeterminedTax:
        if kept is None:
            raise
        return kept
    return found if kept is None or kept.rules_version == found.rules_version else kept
