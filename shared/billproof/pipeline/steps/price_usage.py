"""Pricing a batch."""

from billproof.pipeline.artefacts import BATCH_PLAN, PRICED, Artefacts
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.steps.result import step_result
from billproof.pipeline.usages import read_usages
from billproof.ports import Objects
from billproof.pricing.model import BatchPricing
from billproof.pricing.service import price_terms


def price_usage(*, run_id: str, batch_id: str, objects: Objects) -> StepResult:
    """Price every account of the batch from its frozen terms and its usage, and write the lines."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    usages = read_usages(artefacts, run_id, batch_id, plan.buckets)
    accounts = tuple(price_terms(terms, plan=plan, usages=usages) for terms in plan.accounts)
    pricing = BatchPricing(run=run_id, batch=batch_id, accounts=accounts)
    artefacts.write(PRICED, run_id, pricing, part=batch_id)
    findings = sum(len(account.findings) for account in accounts)
    return step_result(run_id, batch_id, StepOutcome.PRICED, accounts=len(accounts), findings=findings)
