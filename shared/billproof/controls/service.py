"""The validation step of a batch: every control on every account."""

from billproof.artefacts import Artefacts
from billproof.contracts.terms import PLAN, AccountTerms, BatchPlan
from billproof.controls.rules import (
    charge_without_line,
    correction_without_event,
    period_gap_or_overlap,
    quantity_not_billed,
    usage_without_price,
)
from billproof.findings import Finding
from billproof.model import Model
from billproof.ports import Objects
from billproof.pricing.service import PRICED, AccountPricing, BatchPricing, Stepped

VALIDATED = "validated"


class BatchFindings(Model):
    """The findings of a batch, by account; an account without any is there with an empty list."""

    run: str
    batch: str
    findings: dict[str, tuple[Finding, ...]]


def validate_pricing(*, run_id: str, batch_id: str, objects: Objects) -> Stepped:
    """Check the lines of the batch against its terms and its usage, and write the findings."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(run_id, PLAN, batch_id, BatchPlan)
    pricing = artefacts.read(run_id, PRICED, batch_id, BatchPricing)
    findings = {
        terms.account.id: findings_of(terms, account)
        for terms, account in zip(plan.accounts, pricing.accounts, strict=True)
    }
    artefacts.write(run_id, VALIDATED, batch_id, BatchFindings(run=run_id, batch=batch_id, findings=findings))
    number = sum(len(found) for found in findings.values())
    return Stepped(run_id=run_id, batch_id=batch_id, outcome="validated", accounts=len(findings), findings=number)


def findings_of(terms: AccountTerms, pricing: AccountPricing) -> tuple[Finding, ...]:
    """Return the findings of one account: those of pricing and those of the controls."""
    found = [*pricing.findings]
    for usage in (pricing.usage, *pricing.earlier):
        found += usage_without_price(terms, usage)
        found += correction_without_event(usage)
    if pricing.priced is not None:
        found += charge_without_line(terms, pricing.priced)
        found += quantity_not_billed(terms, pricing.priced, pricing.usage)
        found += period_gap_or_overlap(terms, pricing.priced)
    return tuple(found)
