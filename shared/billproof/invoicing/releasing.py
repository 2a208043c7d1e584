"""Releasing what was drafted: numbers and releases in one transaction, then the hand-over to posting and delivery."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from billproof.errors import Contended, IssuedLater, NotFound
from billproof.findings import Finding, Owner, Severity, bounded
from billproof.identities import InvoiceId
from billproof.ids import digest_bytes, shown
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.documents import document_key, read_invoice
from billproof.invoicing.drafts import BatchDrafts, BatchReleases, Draft, DraftOutcome, ReleasedInvoice
from billproof.invoicing.facts import CREDIT_REQUESTED, DELIVERED, POSTED
from billproof.invoicing.held import HeldInvoice, RequestedCredit
from billproof.invoicing.model import DocumentKind, DocumentRef, Invoice, Released
from billproof.invoicing.numbering import MAX_ATTEMPTS, Issues, release_in_order
from billproof.invoicing.register import Register
from billproof.invoicing.series import DocumentNumber, Series, SeriesKind
from billproof.invoicing.taken_slots import outdated
from billproof.invoicing.unaccounted import unaccounted_credit, unaccounted_draft
from billproof.masterdata.charts import ChartOfAccounts
from billproof.model import canonical_model
from billproof.nets import Net
from billproof.ports import Objects, Queue
from billproof.retrying import attempts


def release_drafts(
    batch: BatchDrafts, *, register: Register, postings: Queue, deliveries: Queue, issues: Issues
) -> BatchReleases:
    """Release the clean drafts of a batch under numbers, note the held ones, and send on what is not yet done.

    transaction: numbers + releases | messages to both queues | the facts of held ones | the batch's artefact
                                    ^ after a crash here the retry finds the releases and sends the messages again;
                                      their consumers accept the second one without change

    What is released is sent on before anything else is written: no trouble of a held account delays it.
    """
    net = Net("release_invoices")
    clean = [draft for draft in batch.drafts if draft.outcome is DraftOutcome.CLEAN and draft.document is not None]
    unaccounted = {draft.invoice: finding for draft in clean if (finding := unaccounted_draft(draft, issues.chart))}
    clean = [draft for draft in clean if draft.invoice not in unaccounted]
    released, refused = release_in_order(clean, batch, register, issues, net)
    refused |= unaccounted
    drafts = [_as_refused(draft, refused) or _if_outdated(draft, released, batch, register) for draft in batch.drafts]
    held = [draft for draft in drafts if draft.outcome is DraftOutcome.HELD]
    for draft in held:
        known = register.released(draft.invoice)
        if known is not None:
            released[draft.invoice] = known
    runs = {invoice: release.run for invoice, release in released.items()}
    _hand_over(runs, register, fact=POSTED, queue=postings)
    _hand_over(runs, register, fact=DELIVERED, queue=deliveries)
    for draft in held:
        if draft.invoice not in released:
            _hold(draft, batch.run, register, net)
    net.refuse_too_much(issues.trouble, len(batch.drafts))
    results = tuple(_result(draft, released.get(draft.invoice), batch.run) for draft in drafts)
    return BatchReleases(run=batch.run, batch=batch.batch, invoices=results)


def release_held(
    batch: BatchDrafts, account: str, *, register: Register, postings: Queue, deliveries: Queue, issues: Issues
) -> Released | Finding:
    """Release one invoice that a run held, issued on the day of its release; doing it again changes nothing.

    Return why it is not released where its late usage was billed by another invoice since, where its tax is no longer
    what was drafted and approved, where it would leave a larger balance than was approved, or where the chart has no
    account for its revenue. Raises NotFound where the run drafted no document for the account.
    """
    draft = next((draft for draft in batch.drafts if draft.account == account), None)
    if draft is None or draft.document is None:
        message = f"run {batch.run} drafted no invoice for {shown(account)}"
        raise NotFound(message)
    unaccounted = unaccounted_draft(draft, issues.chart)
    if unaccounted is not None and register.released(draft.invoice) is None:
        return unaccounted
    day = max(issues.today, batch.issue_date_of(draft))
    held = draft.model_copy(update={"issue_date": day, "outcome": DraftOutcome.HELD})
    known = register.released(draft.invoice)
    if known is None and held.issue_date != batch.issue_date_of(draft):
        issued = issues.issue(draft, batch.issue_date_of(held))
        if issued.document is None:
            return issued.finding or outdated(draft, batch, register)
        held = held.model_copy(update={"document": issued.document})
    releases, refused = release_in_order([held], batch, register, issues, Net("release_held"))
    released = releases.get(draft.invoice)
    if released is None:
        return refused.get(draft.invoice) or outdated(draft, batch, register)
    _hand_over({draft.invoice: released.run}, register, fact=POSTED, queue=postings)
    _hand_over({draft.invoice: released.run}, register, fact=DELIVERED, queue=deliveries)
    return released


def _as_refused(draft: Draft, refused: Mapping[str, Finding]) -> Draft | None:
    """Hold a clean draft that is not issued on the day of its release."""
    finding = refused.get(draft.invoice)
    if finding is None:
        return None
    return draft.model_copy(update={"outcome": DraftOutcome.HELD, "findings": (*draft.findings, finding)})


def release_credit(
    *,
    document_id: str,
    request_id: str,
    objects: Objects,
    register: Register,
    postings: Queue,
    deliveries: Queue,
    today: date,
    most_left: Decimal,
    chart: ChartOfAccounts,
) -> Released | Finding:
    """Release a credit note or write-off that was approved, issued today.

    Return why it is not released where the period was settled anew meanwhile, where it would leave a larger balance
    than `most_left`, or where the chart has no account for it. Raises NotFound where nobody asked for it. A write-off
    is posted and not delivered.
    """
    request, invoice = _requested(document_id, request_id, register)
    credit = read_invoice(objects, request.document)
    unaccounted = unaccounted_credit(credit, chart)
    if unaccounted is not None and register.released(document_id) is None:
        return unaccounted
    day, refused = max(credit.issue_date, today), dict[str, Finding]()
    for _ in attempts(MAX_ATTEMPTS):
        series = Series(
            entity=invoice.legal_entity,
            prefix=DocumentNumber.parse(invoice.number).prefix,
            issue_date=day,
            kind=SeriesKind.CREDIT_NOTES,
        )
        on_day = _credit_on(day, credit, request.document, objects)
        candidate = Candidate(document_id, on_day, request.places, credit.settlement, most_left, CREDIT_REQUESTED)
        try:
            releases = register.release(
                [candidate], series=series, period=invoice.period, run=request_id, refused=refused
            )
            break
        except IssuedLater as later:
            day = later.day
    else:
        message = f"others kept issuing credit notes after {credit.issue_date} in {invoice.legal_entity}"
        raise Contended(message)
    released = releases.get(document_id)
    if released is None:
        return refused.get(document_id) or _settled_anew(request.account, invoice.number)
    _hand_over({document_id: document_id}, register, fact=POSTED, queue=postings)
    if credit.kind is DocumentKind.CREDIT_NOTE:
        _hand_over({document_id: document_id}, register, fact=DELIVERED, queue=deliveries)
    return released


def _requested(document_id: str, request_id: str, register: Register) -> tuple[RequestedCredit, Released]:
    """Return what was asked for, and the release of its invoice; raises NotFound."""
    facts = register.facts(document_id)
    request = facts.request if facts is not None else None
    if request is None or request.request != request_id:
        message = f"there is no request {shown(request_id)} for {shown(document_id)}"
        raise NotFound(message)
    invoice_id = str(InvoiceId.parse(document_id).invoice)
    invoice = register.released(invoice_id)
    if invoice is None:
        message = f"invoice {shown(invoice_id)} is not released"
        raise NotFound(message)
    return request, invoice


def _settled_anew(account: str, number: str) -> Finding:
    return Finding(
        code="credit_settled_elsewhere",
        severity=Severity.BLOCKING,
        account=account,
        path=number,
        message=f"a month of {number} was billed or credited anew since it was asked for: less may be left than then",
        remedy="reject it and ask for it again: what is left is computed anew",
        owner=Owner.BILLING,
    )


def _credit_on(day: date, credit: Invoice, document: DocumentRef, objects: Objects) -> DocumentRef:
    """Return a credit note's document as it is on a day, stored: its tax and exchange rate are its invoice's."""
    if day == credit.issue_date:
        return document
    data = canonical_model(credit.model_copy(update={"issue_date": day, "due_date": day}))
    content_digest = digest_bytes(data)
    key = document_key(InvoiceId.parse(credit.id), content_digest)
    objects.put(key, data)
    return document.model_copy(update={"key": key, "digest": content_digest})


def _hold(draft: Draft, run: str, register: Register, net: Net) -> None:
    """Note that a draft is held; where its own findings cannot be written, with what that raised in their place."""
    net.catch(
        draft.account,
        lambda: register.hold(_held(draft, run)),
        lambda finding: register.hold(_held(draft.model_copy(update={"findings": (finding,), "places": ()}), run)),
    )


def _held(draft: Draft, run_id: str) -> HeldInvoice:
    return HeldInvoice(
        invoice=draft.invoice,
        account=draft.account,
        run=run_id,
        document=draft.document,
        places=draft.places,
        findings=bounded(draft.findings),
    )


def _if_outdated(draft: Draft, released: Mapping[str, Released], batch: BatchDrafts, register: Register) -> Draft:
    """Hold a clean draft that was not released: another invoice took a billing slot of it while it was drafted.

    That is late usage of an earlier month, the draw of a credit, or the draft's own month: an invoice of a later month
    billed it, which was planned when this month had no run yet.
    """
    if draft.outcome is not DraftOutcome.CLEAN or draft.invoice in released:
        return draft
    finding = outdated(draft, batch, register)
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
    is_other = draft.document is not None and draft.document.digest != released.document.digest
    changed = is_other and released.run != run  # this run's own may be issued on another day than it was drafted for
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
