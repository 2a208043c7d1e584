"""The validation step of a batch: every control on every account."""

from billproof.controls.catalogue import CATALOGUE
from billproof.controls.control import ControlInput
from billproof.findings import Finding
from billproof.model import Model
from billproof.pipeline.artefacts import Artefacts
from billproof.ports import Objects
from billproof.pricing.service import PRICED, AccountPricing, BatchPricing, StepResult
from billproof.pricing.terms import PLAN, AccountTerms, BatchPlan

VALIDATED = "validated"


class BatchFindings(Model):
    """The findings of a batch, by account; an account without any is there with an empty list."""

    run: str
    batch: str
    findings: dict[str, tuple[Finding, ...]]


def validate_pricing(*, run_id: str, batch_id: str, objects: Objects) -> StepResult:
    """Check the lines of the batch against its terms and its usage, and write the findings."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(run_id, PLAN, batch_id, BatchPlan)
    pricing = artefacts.read(run_id, PRICED, batch_id, BatchPricing)
    findings = {
        terms.account.id: findings_of(terms, account, plan=plan)
        for terms, account in zip(plan.accounts, pricing.accounts, strict=True)
    }
    artefacts.write(run_id, VALIDATED, batch_id, BatchFindings(run=run_id, batch=batch_id, findings=findings))
    number = sum(len(found) for found in findings.values())
    return StepResult(run_id=run_id, batch_id=batch_id, outcome="validated", accounts=len(findings), findings=number)


def findings_of(terms: AccountTerms, pricing: AccountPricing, *, plan: BatchPlan) -> tuple[Finding, ...]:
    """Return the findings of one account: those of pricing and those of the controls."""
    facts = ControlInput(plan=plan, terms=terms, pricing=pricing)
    return (*pricing.findings, *(finding for control in CATALOGUE for finding in control.findings(facts)))
