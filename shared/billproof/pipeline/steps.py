"""The steps of a batch: each reads the artefacts before it, works account by account, and writes its own.

    price_usage -> validate_pricing -> calculate_tax -> draft_invoices -> release_invoices

Every step may be repeated: the same artefacts give the same bytes.
"""

from datetime import datetime

from billproof.controls.service import BatchFindings, findings_of
from billproof.invoicing.drafting import draft_account
from billproof.invoicing.drafts import BatchDrafts
from billproof.invoicing.register import Register
from billproof.invoicing.releasing import release_drafts
from billproof.masterdata.directory import Directory
from billproof.pipeline.artefacts import BATCH_PLAN, DRAFTED, PRICED, RELEASED, TAXED, VALIDATED, Artefacts
from billproof.pipeline.charges import read_charges
from billproof.pipeline.issuing import Issuing
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.usages import read_usages
from billproof.ports import Objects, Queue
from billproof.pricing.service import BatchPricing, price_terms
from billproof.tax.service import BatchTax, Engines, tax_account


def price_usage(*, run_id: str, batch_id: str, objects: Objects) -> StepResult:
    """Price every account of the batch from its frozen terms and its usage, and write the lines."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(BATCH_PLAN, run_id, batch_id)
    usages = read_usages(artefacts, run_id, batch_id, plan.buckets)
    accounts = tuple(price_terms(terms, plan=plan, usages=usages) for terms in plan.accounts)
    pricing = BatchPricing(run=run_id, batch=batch_id, accounts=accounts)
    artefacts.write(PRICED, run_id, pricing, part=batch_id)
    findings = sum(len(account.findings) for account in accounts)
    return _result(run_id, batch_id, StepOutcome.PRICED, accounts=len(accounts), findings=findings)


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
    return _result(run_id, batch_id, StepOutcome.VALIDATED, accounts=len(findings), findings=number)


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
    return _result(run_id, batch_id, StepOutcome.TAXED, accounts=len(accounts), findings=findings)


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
    return _result(run_id, batch_id, StepOutcome.DRAFTED, accounts=len(drafts), findings=number)


def release_invoices(
    *,
    run_id: str,
    batch_id: str,
    objects: Objects,
    register: Register,
    directory: Directory,
    postings: Queue,
    deliveries: Queue,
    now: datetime,
) -> StepResult:
    """Release the clean drafts of a batch under numbers, note the held ones, and send on what is not yet done."""
    artefacts = Artefacts(objects)
    batch = artefacts.read(DRAFTED, run_id, batch_id)
    issues = Issuing(run_id, batch_id, objects=objects, directory=directory, now=now)
    releases = release_drafts(batch, register=register, postings=postings, deliveries=deliveries, issues=issues)
    artefacts.write(RELEASED, run_id, releases, part=batch_id)
    held = sum(result.outcome == "held" for result in releases.invoices)
    outcome = StepOutcome.HELD if held else StepOutcome.RELEASED
    return _result(run_id, batch_id, outcome, accounts=len(releases.invoices), findings=held)


def _result(run_id: str, batch_id: str, outcome: StepOutcome, *, accounts: int, findings: int) -> StepResult:
    return StepResult(run_id=run_id, batch_id=batch_id, outcome=outcome, accounts=accounts, findings=findings)
