"""The documents of a batch, not yet released."""

from billproof.findings import Finding
from billproof.invoicing.drafting import draft_account, held_draft
from billproof.invoicing.drafts import BatchDrafts, Draft
from billproof.nets import Net
from billproof.pipeline.artefacts import BATCH_PLAN, DRAFTED, PRICED, TAXED, VALIDATED, Artefacts
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.steps.result import step_result
from billproof.ports import NewObject, Objects
from billproof.pricing.model import AccountPricing
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.tax.model import AccountTax


def draft_invoices(*, run_id: str, batch_id: str, objects: Objects) -> StepResult:
    """Write the document of every priced account of the batch, and the list of drafts."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    pricing = artefacts.read(PRICED, run_id, batch_id)
    findings = artefacts.read(VALIDATED, run_id, batch_id).findings
    taxes = artefacts.read(TAXED, run_id, batch_id)
    net = Net("draft_invoices")
    drafts = []
    documents = []
    for terms, account, tax in zip(plan.accounts, pricing.accounts, taxes.accounts, strict=True):
        drafted, data = draft_one(net, terms, account, tax, findings[terms.account.id], plan)
        if drafted.document is not None and data is not None:
            documents.append(NewObject(drafted.document.key, data))
        drafts.append(drafted)
    artefacts.write_all(documents)
    net.refuse_too_much(plan.policy.thresholds.trouble, len(drafts))
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
    number = sum(len(drafted.findings) for drafted in drafts)
    return step_result(run_id, batch_id, StepOutcome.DRAFTED, accounts=len(drafts), findings=number)


def draft_one(
    net: Net,
    terms: AccountTerms,
    pricing: AccountPricing,
    tax: AccountTax,
    findings: tuple[Finding, ...],
    plan: BatchPlan,
) -> tuple[Draft, bytes | None]:
    """Draft the document of one account inside a net; a proof does the same again."""
    known = (*findings, *tax.findings)
    return net.catch(
        terms.account.id,
        lambda: draft_account(terms, pricing, tax, known, plan=plan),
        lambda finding: (held_draft(terms, pricing, (*known, finding), plan=plan), None),
    )
