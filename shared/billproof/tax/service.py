"""Tax on the lines of an account."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from billproof.errors import UndeterminedTax
from billproof.findings import Finding, Owner, Severity
from billproof.masterdata.parties import LegalEntity, TaxEngineName, TaxRounding
from billproof.pricing.model import LineIdentity, PricedAccount, PricedLine
from billproof.pricing.terms import AccountTerms, BatchPlan, BookingRule
from billproof.tax.amounts import tax_document, tax_shares
from billproof.tax.asking import ask
from billproof.tax.charged import AccountCharges, charges_by_line, kept_by_line
from billproof.tax.line_taxes import LineTaxes
from billproof.tax.model import AccountTax, TaxedLine
from billproof.tax.port import Engines
from billproof.tax.reduced import cleared
from billproof.tax.time_of_supply import InvoiceDays


def tax_account(
    terms: AccountTerms,
    priced: PricedAccount | None,
    *,
    plan: BatchPlan,
    charged: AccountCharges | None = None,
    kept: Mapping[LineIdentity, TaxedLine] | None = None,
    engines: Engines | None = None,
) -> AccountTax:
    """Tax one account's lines, each at its own time of supply; undetermined tax becomes a finding that holds it.

    A line bears the tax of the account that it is of, where that is established: a child's own place and number. What
    takes back a line bears the tax that was `charged` on it. What was
    determined by an earlier version of the rules stands: what a proof has `kept`, and the tax of a released invoice.
    """
    account = terms.account
    if priced is None:
        return AccountTax(account=account.id, lines=())
    entity, plan = plan.legal_entity, plan.on_issue_of(terms)
    days = InvoiceDays(plan.issue_date, plan.issue_date + timedelta(days=entity.payment_days))
    taxes = LineTaxes(
        entity, terms.members, priced.lines, days, charged=charges_by_line(charged), kept=kept or kept_by_line(charged)
    )
    try:
        if entity.tax_engine is not TaxEngineName.RULES:
            engine = (engines or {}).get(entity.tax_engine)
            lines, calculations = ask(terms, priced, taxes, entity=entity, engine=engine)
            return AccountTax(account=account.id, lines=lines, calculations=calculations)
        return AccountTax(account=account.id, lines=taxed_lines(entity, priced.lines, taxes, booking=terms.booking))
    except UndeterminedTax as error:
        return _undetermined(account.id, error)


def taxed_lines(
    entity: LegalEntity, lines: Sequence[PricedLine], taxes: LineTaxes, *, booking: BookingRule
) -> tuple[TaxedLine, ...]:
    """Tax the lines of a document by the rules, and round as the legal entity does; raises UndeterminedTax.

    Documents of before, which are not booked by fee, keep the tax of a fee of which nothing is left.
    """
    taxed = [
        tax_shares(line.id, taxes.shares_of(line), entity.rounding, includes_tax=line.includes_tax) for line in lines
    ]
    rule = TaxRounding.PER_LINE if any(line.includes_tax for line in lines) else entity.tax_rounding
    if rule is TaxRounding.PER_LINE and booking is BookingRule.BY_FEE:
        return tuple(cleared(lines, taxed))
    return tuple(tax_document(taxed, entity.rounding, rule))


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
