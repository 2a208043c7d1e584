"""Drafting and releasing the invoices of a batch."""

import json
from collections.abc import Mapping

from billproof.controls.service import VALIDATED, BatchFindings
from billproof.errors import ImmutableDocument, NotFound
from billproof.findings import Finding, Owner, Severity, is_blocked
from billproof.ids import canonical_json, digest_bytes
from billproof.invoicing.drafting import draft_invoice, invoice_id
from billproof.invoicing.model import (
    CREDITS,
    BatchDrafts,
    BillingSlot,
    DocumentKind,
    DocumentRef,
    Draft,
    DraftOutcome,
    Held,
    Invoice,
    Released,
)
from billproof.invoicing.register import (
    CREDIT_SERIES,
    DELIVERED,
    HELD,
    POSTED,
    Candidate,
    Register,
    Series,
    credited_invoice,
)
from billproof.model import Model
from billproof.pipeline.artefacts import Artefacts
from billproof.ports import Objects, Queue
from billproof.pricing.service import PRICED, AccountPricing, BatchPricing, StepResult
from billproof.pricing.terms import PLAN, AccountTerms, BatchPlan
from billproof.tax.service import TAXED, AccountTax, BatchTax

DRAFTED = "drafts"
RELEASED_STEP = "released"


class ReleasedInvoice(Model):
    """What release did with one draft; `changed` where a released invoice would now come out otherwise."""

    invoice: str
    account: str
    outcome: str
    number: str | None = None
    changed: bool = False


class BatchReleases(Model):
    """What release did with a batch."""

    run: str
    batch: str
    invoices: tuple[ReleasedInvoice, ...]


def document_key(entity: str, period: str, account: str, digest: str) -> str:
    """Return where an invoice's document is: its name holds its content's digest, so it can only ever be this one."""
    return f"invoices/{entity}/{period}/{account}/{digest}.json"


def read_invoice(objects: Objects, document: DocumentRef) -> Invoice:
    """Return the document of an invoice; raises ImmutableDocument where the stored bytes are not those released."""
    data = objects.get(document.key)
    if digest_bytes(data) != document.digest:
        message = "the stored invoice is not the one that was released"
        raise ImmutableDocument(message, key=document.key, expected=document.digest)
    return Invoice.model_validate_json(data)


def draft_invoices(*, run_id: str, batch_id: str, objects: Objects) -> StepResult:
    """Write the document of every priced account of the batch, and the list of drafts."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(run_id, PLAN, batch_id, BatchPlan)
    pricing = artefacts.read(run_id, PRICED, batch_id, BatchPricing)
    findings = artefacts.read(run_id, VALIDATED, batch_id, BatchFindings).findings
    taxes = artefacts.read(run_id, TAXED, batch_id, BatchTax)
    drafts = []
    for terms, account, tax in zip(plan.accounts, pricing.accounts, taxes.accounts, strict=True):
        found = (*findings[terms.account.id], *tax.findings)
        draft, data = draft_account(terms, account, tax, found, plan=plan)
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
        drafts=tuple(drafts),
    )
    artefacts.write(run_id, DRAFTED, batch_id, batch)
    number = sum(len(draft.findings) for draft in drafts)
    return StepResult(run_id=run_id, batch_id=batch_id, outcome="drafted", accounts=len(drafts), findings=number)


def draft_account(
    terms: AccountTerms, pricing: AccountPricing, tax: AccountTax, findings: tuple[Finding, ...], *, plan: BatchPlan
) -> tuple[Draft, bytes | None]:
    """Return an account's draft and its document's bytes, if it has one: a pure function, which a proof calls again."""
    account, entity, period = terms.account.id, plan.legal_entity.id, plan.period.name
    document, data = None, None
    late = pricing.late_counts
    if pricing.priced is not None and not tax.findings:
        invoice = draft_invoice(
            terms,
            plan=plan,
            priced=pricing.priced,
            taxed=tax.lines,
            calculations=tax.calculations,
            events=pricing.counts,
            late=late,
        )
        data = canonical_json(invoice.model_dump(mode="json"))
        digest = digest_bytes(data)
        key = document_key(entity, period, account, digest)
        document = DocumentRef(key=key, digest=digest, totals=invoice.totals, booked=invoice.booked)
        findings = tuple(_with_amount(finding, document) for finding in findings)
    if is_blocked(findings):
        outcome = DraftOutcome.HELD
    else:
        outcome = DraftOutcome.CLEAN if document is not None else DraftOutcome.WITHOUT_CONTRACT
    draft = Draft(
        account=account,
        invoice=invoice_id(entity, period, account),
        outcome=outcome,
        document=document,
        events=pricing.counts,
        late_events=late,
        places=_places(terms),
        findings=findings,
    )
    return draft, data


def _places(terms: AccountTerms) -> tuple[BillingSlot, ...]:
    places = [BillingSlot(period=each.period.name, ordinal=each.ordinal) for each in terms.earlier]
    if terms.credits is not None:
        places.append(BillingSlot(period=CREDITS, ordinal=terms.credits))
    return tuple(places)


def _with_amount(finding: Finding, document: DocumentRef) -> Finding:
    """Say what a held invoice is worth, as far as it could be priced."""
    if finding.severity is Severity.BLOCKING and finding.amount_at_risk is None:
        return finding.model_copy(update={"amount_at_risk": document.totals.gross})
    return finding


def release_invoices(
    *, run_id: str, batch_id: str, objects: Objects, register: Register, postings: Queue, deliveries: Queue
) -> StepResult:
    """Release the clean drafts of a batch under numbers, note the held ones, and send on what is not yet done.

    transaction: numbers + releases | messages to both queues | the batch's artefact
                                    ^ a crash here: the retry finds the releases and sends the messages again,
                                      whose consumers take the second one quietly
    """
    artefacts = Artefacts(objects)
    batch = artefacts.read(run_id, DRAFTED, batch_id, BatchDrafts)
    clean = [
        Candidate(draft.invoice, draft.document, draft.places)
        for draft in batch.drafts
        if draft.outcome is DraftOutcome.CLEAN and draft.document is not None
    ]
    series = Series(entity=batch.legal_entity, prefix=batch.number_prefix, issue_date=batch.issue_date)
    released = register.release(clean, series=series, period=batch.period, run=run_id)
    drafts = [_if_outdated(draft, released) for draft in batch.drafts]
    for draft in drafts:
        if draft.outcome is DraftOutcome.HELD:
            known = register.released(draft.invoice)
            if known is not None:
                released[draft.invoice] = known
            else:
                register.add(draft.invoice, f"{HELD}#{run_id}", _held(draft, run_id))
    _hand_over(list(released), register, fact=POSTED, queue=postings)
    _hand_over(list(released), register, fact=DELIVERED, queue=deliveries)
    results = tuple(_result(draft, released.get(draft.invoice), run_id) for draft in drafts)
    artefacts.write(run_id, RELEASED_STEP, batch_id, BatchReleases(run=run_id, batch=batch_id, invoices=results))
    held_number = sum(result.outcome == "held" for result in results)
    return StepResult(
        run_id=run_id,
        batch_id=batch_id,
        outcome="held" if held_number else "released",
        accounts=len(results),
        findings=held_number,
    )


def release_held(
    *,
    run_id: str,
    batch_id: str,
    account: str,
    objects: Objects,
    register: Register,
    postings: Queue,
    deliveries: Queue,
) -> Released | None:
    """Release one invoice that a run held, as it was drafted; doing it again changes nothing.

    Returns None where its late usage was billed by another invoice since: the period has to be run again. Raises
    NotFound where the run drafted no document for the account.
    """
    batch = Artefacts(objects).read(run_id, DRAFTED, batch_id, BatchDrafts)
    draft = next((each for each in batch.drafts if each.account == account), None)
    if draft is None or draft.document is None:
        message = f"run {run_id} drafted no invoice for {account}"
        raise NotFound(message)
    series = Series(entity=batch.legal_entity, prefix=batch.number_prefix, issue_date=batch.issue_date)
    candidate = Candidate(draft.invoice, draft.document, draft.places)
    released = register.release([candidate], series=series, period=batch.period, run=run_id).get(draft.invoice)
    if released is not None:
        _hand_over([draft.invoice], register, fact=POSTED, queue=postings)
        _hand_over([draft.invoice], register, fact=DELIVERED, queue=deliveries)
    return released


def release_credit(
    *,
    document_id: str,
    request_id: str,
    objects: Objects,
    register: Register,
    postings: Queue,
    deliveries: Queue,
) -> Released | None:
    """Release a credit note or write-off that was approved; None where the period was settled anew meanwhile.

    Raises NotFound where nobody asked for it. A write-off is posted and not delivered.
    """
    facts = register.facts(document_id)
    held = facts.last_held if facts is not None else None
    if held is None or held.run != request_id or held.document is None:
        message = f"nobody asked for {document_id} under {request_id}"
        raise NotFound(message)
    credit = read_invoice(objects, held.document)
    invoice = register.released(credited_invoice(document_id))
    if invoice is None:
        message = f"invoice {credited_invoice(document_id)} is not released"
        raise NotFound(message)
    prefix = invoice.number.removesuffix(f"-{invoice.issue_date.year}-{invoice.number.rsplit('-', 1)[-1]}")
    series = Series(entity=invoice.legal_entity, prefix=prefix, issue_date=credit.issue_date, kind=CREDIT_SERIES)
    candidate = Candidate(document_id, held.document, held.places)
    released = register.release([candidate], series=series, period=invoice.period, run=request_id).get(document_id)
    if released is not None:
        _hand_over([document_id], register, fact=POSTED, queue=postings)
        if credit.kind is DocumentKind.CREDIT_NOTE:
            _hand_over([document_id], register, fact=DELIVERED, queue=deliveries)
    return released


def _held(draft: Draft, run_id: str) -> Held:
    return Held(
        invoice=draft.invoice,
        account=draft.account,
        run=run_id,
        document=draft.document,
        places=draft.places,
        findings=draft.findings,
    )


def _if_outdated(draft: Draft, released: Mapping[str, Released]) -> Draft:
    """Hold a clean draft that was not released: another invoice billed the same late usage while it was drafted."""
    if draft.outcome is not DraftOutcome.CLEAN or draft.invoice in released:
        return draft
    finding = Finding(
        code="late_usage_billed_elsewhere",
        severity=Severity.BLOCKING,
        account=draft.account,
        path=", ".join(place.period for place in draft.places),
        message="another invoice billed the same late usage while this one was drafted",
        remedy="run the period again: the difference is then computed anew",
        owner=Owner.BILLING,
    )
    return draft.model_copy(update={"outcome": DraftOutcome.HELD, "findings": (*draft.findings, finding)})


def _hand_over(invoices: list[str], register: Register, *, fact: str, queue: Queue) -> None:
    """Send on the invoices that lack a fact: a run that is repeated also mends what was lost on the way."""
    queue.send(json.dumps({"invoice": invoice}) for invoice in invoices if register.fact(invoice, fact) is None)


def _result(draft: Draft, released: Released | None, run: str) -> ReleasedInvoice:
    if released is None:
        return ReleasedInvoice(invoice=draft.invoice, account=draft.account, outcome=draft.outcome.value)
    changed = draft.document is not None and draft.document.digest != released.document.digest
    return ReleasedInvoice(
        invoice=draft.invoice,
        account=draft.account,
        outcome="released" if released.run == run else "already_released",
        number=released.number,
        changed=changed,
    )


def changed_finding(result: ReleasedInvoice) -> Finding:
    """Report that a released invoice would now come out otherwise: it stays as it is, the difference waits."""
    return Finding(
        code="changed_after_release",
        severity=Severity.WARNING,
        account=result.account,
        path=result.invoice,
        message=f"{result.number} was released before usage or terms changed; it stays as it is",
        remedy="bill the difference with a later invoice or a credit note",
        owner=Owner.BILLING,
    )
