"""The controls on the priced lines of a batch."""

from billproof.controls.model import BatchFindings
from billproof.controls.service import findings_of
from billproof.findings import Finding
from billproof.nets import Net
from billproof.pipeline.artefacts import BATCH_PLAN, PRICED, VALIDATED, Artefacts
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.steps.result import step_result
from billproof.ports import Objects
from billproof.pricing.model import AccountPricing
from billproof.pricing.terms import AccountTerms, BatchPlan


def validate_pricing(*, run_id: str, batch_id: str, objects: Objects) -> StepResult:
    """Check the lines of the batch against its terms and its usage, and write the findings."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    pricing = artefacts.read(PRICED, run_id, batch_id)
    net = Net("validate_pricing")
    findings = {
        terms.account.id: validate_one(net, terms, account, plan)
        for terms, account in zip(plan.accounts, pricing.accounts, strict=True)
    }
    net.refuse_too_much(plan.policy.thresholds.trouble, len(findings))
    checked = BatchFindings(run=run_id, batch=batch_id, findings=findings)
    artefacts.write(VALIDATED, run_id, checked, part=batch_id)
    number = sum(map(len, findings.values()))
    return step_result(run_id, batch_id, StepOutcome.VALIDATED, accounts=len(findings), findings=number)


def validate_one(net: Net, terms: AccountTerms, pricing: AccountPricing, plan: BatchPlan) -> tuple[Finding, ...]:
    """Check the lines of one account inside a net; a proof does the same again."""
    return net.catch(
        terms.account.id,
        lambda: findings_of(terms, pricing, plan=plan),
        lambda finding: (*pricing.findings, finding),
    )
