"""The documents of a batch, not yet released."""

from billproof.invoicing.drafting import draft_account
from billproof.invoicing.drafts import BatchDrafts
from billproof.pipeline.artefacts import BATCH_PLAN, DRAFTED, PRICED, TAXED, VALIDATED, Artefacts
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.steps.result import step_result
from billproof.ports import Objects


def draft_invoices(*, run_id: str, batch_id: str, objects: Objects) -> StepResult:
    """Write the document of every priced account of the batch, and the list of drafts."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    pricing = artefacts.read(PRICED, run_id, batch_id)
    findings = artefacts.read(VALIDATED, run_id, batch_id).findings
    taxes = artefacts.read(TAXED, run_id, batch_id)
    drafts = []
    for terms, account, tax in zip(plan.accounts, pricing.accounts, taxes.accounts, strict=True):
        draft, data = draft_account(terms, account, tax, (*findings[terms.account.id], *tax.findings), plan=plan)
        if draft.document is not None and data is not None:
            objects.put(draft.document.key, data)
        drafts.append(draft)
    batch = BatchDrafts(
        run=run_id,
        batch=batch_id,
        legal_entity=plan.legal_entity.id,
        number_prefix=plan.legal_entity.number_prefix,
        period=plan.period,
        issue_date=plan.issue_date,
        numbers_zero_invoices=plan.legal_entity.numbers_zero_invoices,
        drafts=tuple(drafts),
    )
    artefacts.write(DRAFTED, run_id, batch, part=batch_id)
    number = sum(len(draft.findings) for draft in drafts)
    return step_result(run_id, batch_id, StepOutcome.DRAFTED, accounts=len(drafts), findings=number)
