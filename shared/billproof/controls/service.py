"""Every control on an account."""

from billproof.controls.catalogue import CATALOGUE
from billproof.controls.control import ControlInput
from billproof.findings import Finding
from billproof.pricing.model import AccountPricing
from billproof.pricing.terms import AccountTerms, BatchPlan


def findings_of(terms: AccountTerms, pricing: AccountPricing, *, plan: BatchPlan) -> tuple[Finding, ...]:
    """Return the findings of one account: those of pricing and those of the controls."""
    facts = ControlInput(plan=plan, terms=terms, pricing=pricing)
    return (*pricing.findings, *(finding for control in CATALOGUE for finding in control.findings(facts)))
