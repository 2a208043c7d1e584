"""Releasing what was drafted: numbers and releases in one transaction, then the hand-over to posting and delivery."""

import json
from collections.abc import Mapping

from billproof.errors import NotFound
from billproof.findings import Finding, Owner, Severity
from billproof.identities import InvoiceId
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import DELIVERED, POSTED
from billproof.invoicing.held import HeldInvoice
from billproof.invoicing.model import (
    BatchDrafts,
    BatchReleases,
    DocumentKind,
    Draft,
    DraftOutcome,
    Released,
    ReleasedInvoice,
)
from billproof.invoicing.register import Candidate, Register
from billproof.invoicing.series import DocumentNumber, Series, SeriesKind
from billproof.ports import Objects, Queue


def release_drafts(batch: BatchDrafts, *, register: Register, postings: Queue, deliveries: Queue) -> BatchReleases:
    """Release the clean drafts of a batch under numbers, note the held ones, and send on what is not yet done.

    transaction: numbers + releases | messages to both queues | the batch's artefact
                                    ^ after a crash here the retry finds the releases and sends the messages again;
                                      their consumers accept the second one without change
    """
    clean = [
        Candidate(draft.invoice, draft.document, slots=draft.places)
        for draft in batch.drafts
        if draft.outcome is DraftOutcome.CLEAN and draft.document is not None
    ]
    released = register.release(clean, series=_series(batch), period=batch.period, run=batch.run)
    drafts = [_if_outdated(draft, released) for draft in batch.drafts]
    for draft in drafts:
        if draft.outcome is DraftOutcome.HELD:
            known = register.released(draft.invoice)
            if known is not None:
                released[draft.invoice] = known
            else:
                register.hold(_held(draft, batch.run))
    runs = {invoice: release.run for invoice, release in released.items()}
    _hand_over(runs, register, fact=POSTED, queue=postings)
    _hand_over(runs, register, fact=DELIVERED, queue=deliveries)
    results = tuple(_result(draft, released.get(draft.invoice), batch.run) for draft in drafts)
    return BatchReleases(run=batch.run, batch=batch.batch, invoices=results)


def release_held(
    batch: BatchDrafts, account: str, *, register: Register, postings: Queue, deliveries: Queue
) -> Released | None:
    """Release one invoice that a run held, as it was drafted; doing it again changes nothing.

    Returns None where its late usage was billed by another invoice since: the period has to be run again. Raises
    NotFound where the run drafted no document for the account.
    """
    draft = next((draft for draft in batch.drafts if draft.account == account), None)
    if draft is None or draft.document is None:
        message = f"run {batch.run} drafted no invoice for {account}"
        raise NotFound(message)
    candidate = Candidate(draft.invoice, draft.document, slots=draft.places)
    releases = register.release([candidate], series=_series(batch), period=batch.period, run=batch.run)
    released = releases.get(draft.invoice)
    if released is not None:
        _hand_over({draft.invoice: released.run}, register, fact=POSTED, queue=postings)
        _hand_over({draft.invoice: released.run}, register, fact=DELIVERED, queue=deliveries)
    return released


def _series(batch: BatchDrafts) -> Series:
    return Series(entity=batch.legal_entity, prefix=batch.number_prefix, issue_date=batch.issue_date)


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
    request = facts.request if facts is not None else None
    if request is None or request.request != request_id:
        message = f"there is no request {request_id} for {document_id}"
        raise NotFound(message)
    credit = read_invoice(objects, request.document)
    invoice_id = str(InvoiceId.parse(document_id).invoice)
    invoice = register.released(invoice_id)
    if invoice is None:
        message = f"invoice {invoice_id} is not released"
        raise NotFound(message)
    series = Series(
        entity=invoice.legal_entity,
        prefix=DocumentNumber.parse(invoice.number).prefix,
        issue_date=credit.issue_date,
        kind=SeriesKind.CREDIT_NOTES,
    )
    candidate = Candidate(document_id, request.document, slots=request.places)
    released = register.release([candidate], series=series, period=invoice.period, run=request_id).get(document_id)
    if released is not None:
        _hand_over({document_id: document_id}, register, fact=POSTED, queue=postings)
        if credit.kind is DocumentKind.CREDIT_NOTE:
            _hand_over({document_id: document_id}, register, fact=DELIVERED, queue=deliveries)
    return released


def _held(draft: Draft, run_id: str) -> HeldInvoice:
    return HeldInvoice(
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
        path=", ".join(slot.period for slot in draft.places),
        message="another invoice billed the same late usage while this one was drafted",
        remedy="run the period again: it computes the difference again",
        owner=Owner.BILLING,
    )
    return draft.model_copy(update={"outcome": DraftOutcome.HELD, "findings": (*draft.findings, finding)})


def _hand_over(invoices: Mapping[str, str], register: Register, *, fact: str, queue: Queue) -> None:
    """Send on the invoices that lack a fact, each with the id that its log lines share.

    A repeated run also sends what an earlier one could not.
    """
    queue.send(
        json.dumps({"invoice": invoice, "correlation_id": correlation_id})
        for invoice, correlation_id in invoices.items()
        if register.fact(invoice, fact) is None
    )


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
