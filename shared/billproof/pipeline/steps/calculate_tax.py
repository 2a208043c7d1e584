"""Tax on the lines of a batch."""

from billproof.pipeline.artefacts import BATCH_PLAN, PRICED, TAXED, Artefacts
from billproof.pipeline.charges import read_charges
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.steps.result import step_result
from billproof.ports import Objects
from billproof.tax.model import BatchTax
from billproof.tax.port import Engines
from billproof.tax.service import tax_account


def calculate_tax(*, run_id: str, batch_id: str, objects: Objects, engines: Engines | None = None) -> StepResult:
    """Put tax on every line of the batch and write the determinations.

    Raises ExternalServiceUnavailable where an external tax engine does not answer: the step is then tried again.
    """
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    pricing = artefacts.read(PRICED, run_id, batch_id)
    charges = read_charges(artefacts, plan)
    accounts = tuple(
        tax_account(terms, account.priced, plan=plan, charged=charges.get(terms.account.id), engines=engines)
        for terms, account in zip(plan.accounts, pricing.accounts, strict=True)
    )
    artefacts.write(TAXED, run_id, BatchTax(run=run_id, batch=batch_id, accounts=accounts), part=batch_id)
    findings = sum(len(account.findings) for account in accounts)
    return step_result(run_id, batch_id, StepOutcome.TAXED, accounts=len(accounts), findings=findings)
