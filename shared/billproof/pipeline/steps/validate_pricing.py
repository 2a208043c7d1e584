"""The controls on the priced lines of a batch."""

from billproof.controls.model import BatchFindings
from billproof.controls.service import findings_of
from billproof.pipeline.artefacts import BATCH_PLAN, PRICED, VALIDATED, Artefacts
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.steps.result import step_result
from billproof.ports import Objects


def validate_pricing(*, run_id: str, batch_id: str, objects: Objects) -> StepResult:
    """Check the lines of the batch against its terms and its usage, and write the findings."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    pricing = artefacts.read(PRICED, run_id, batch_id)
    findings = {
        terms.account.id: findings_of(terms, account, plan=plan)
        for terms, account in zip(plan.accounts, pricing.accounts, strict=True)
    }
    checked = BatchFindings(run=run_id, batch=batch_id, findings=findings)
    artefacts.write(VALIDATED, run_id, checked, part=batch_id)
    number = sum(map(len, findings.values()))
    return step_result(run_id, batch_id, StepOutcome.VALIDATED, accounts=len(findings), findings=number)
