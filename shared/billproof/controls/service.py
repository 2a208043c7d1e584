"""Every control on an account."""

from billproof.controls.catalogue import CATALOGUE
from billproof.controls.control import ControlInput
from billproof.findings import Finding
from billproof.model import Model
from billproof.pricing.service import AccountPricing
from billproof.pricing.terms import AccountTerms, BatchPlan


class BatchFindings(Model):
    """The findings of a batch, by account; an account without any is there with an empty list."""

    run: str
    batch: str
    findings: dict[str, tuple[Finding, ...]]


def findings_of(terms: AccountTerms, pricing: AccountPricing, *, plan: BatchPlan) -> tuple[Finding, ...]:
    """Return the findings of one account: those of pricing and those of the controls."""
    facts = ControlInput(plan=plan, terms=terms, pricing=pricing)
    return (*pricing.findings, *(finding for control in CATALOGUE for finding in control.findings(facts)))
