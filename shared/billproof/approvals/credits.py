"""Request a credit note or write-off: it is drafted at once and released after somebody else approves it.

request -> draft (held) -> case -> invoice_exception -> decision -> release -> posting, delivery
"""

from datetime import datetime

from billproof.approvals.exception_store import ExceptionStore, exception_id
from billproof.approvals.model import ExceptionRecord, Kind, Verdict
from billproof.approvals.service import WaitOutcome, raise_exception
from billproof.errors import Conflict, InvalidInput, NotFound
from billproof.findings import Finding, Owner, Severity
from billproof.ids import canonical_json, digest, digest_bytes
from billproof.invoicing.crediting import CreditRequest, draft_credit
from billproof.invoicing.documents import document_key, read_invoice
from billproof.invoicing.model import BillingSlot, DocumentKind, DocumentRef, Held, Invoice, Released
from billproof.invoicing.register import HELD, Register, credit_id, is_credit, split_invoice_id
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.money import Money, exactly, total
from billproof.periods import instant_text
from billproof.ports import Objects, Workflows

FIRST = "001"
"""A credit note is decided once: another request is another credit note."""
ASKED = f"{HELD}#{FIRST}"
"""The fact that takes a credit note's place among those of its invoice: of two requests at once one is given it."""


class CreditRequested(Model):
    """The credit note that waits for approval: its id, what it comes to, and the exception that a person decides."""

    document: str
    exception: str
    gross: Money
    outcome: WaitOutcome


def request_credit(
    request: CreditRequest,
    *,
    register: Register,
    directory: Directory,
    objects: Objects,
    exception_store: ExceptionStore,
    workflows: Workflows,
    now: datetime,
) -> CreditRequested:
    """Draft the requested credit note and raise its exception; the same request again is accepted without change.

    Raises NotFound where the invoice is not released, Conflict where the request's id was used for another one, and
    InvalidInput where the request asks for more than is left, or another credit note of the invoice still waits.
    """
    released = register.released(request.invoice)
    if released is None or is_credit(request.invoice):
        message = f"invoice {request.invoice} is not released"
        raise NotFound(message)
    known = register.credits(request.invoice)
    asked = [Held.model_validate(facts.facts[ASKED]) for facts in known]
    again = next((held for held in asked if held.run == request.id), None)
    if again is not None:
        if again.request_digest != digest(request.model_dump(mode="json")):
            message = f"request {request.id} was used for another request for {released.number}: use another id"
            raise Conflict(message)
        return _raise(again, request, released, exception_store, workflows, now)
    waiting = [each.invoice for each in asked if _waits(each, released, register, exception_store)]
    if waiting:
        message = f"{', '.join(waiting)} still waits for a decision: what is left of {released.number} is not known"
        raise InvalidInput(message)
    invoice = read_invoice(objects, released.document)
    earlier = [read_invoice(objects, each.released.document) for each in known if each.released is not None]
    if any(each.kind is DocumentKind.WRITE_OFF for each in earlier):
        message = f"{released.number} was written off"
        raise InvalidInput(message)
    document_id = credit_id(request.invoice, len(known) + 1)
    today = now.date()
    credit = draft_credit(
        request, credit_id=document_id, invoice=invoice, released=released, earlier=earlier, issue_date=today
    )
    data = canonical_json(credit.model_dump(mode="json"))
    name = digest_bytes(data)
    key = document_key(*split_invoice_id(document_id), name)
    objects.put(key, data)
    held = Held(
        invoice=document_id,
        account=released.account,
        run=request.id,
        request_digest=digest(request.model_dump(mode="json")),
        document=DocumentRef(key=key, digest=name, totals=credit.totals, booked=credit.booked),
        places=_places(request, released, register),
        findings=_findings(request, credit, invoice, earlier, released, directory),
    )
    if not register.add(document_id, ASKED, held):
        return request_credit(
            request,
            register=register,
            directory=directory,
            objects=objects,
            exception_store=exception_store,
            workflows=workflows,
            now=now,
        )
    return _raise(held, request, released, exception_store, workflows, now)


def _waits(held: Held, released: Released, register: Register, exception_store: ExceptionStore) -> bool:
    """Say whether a credit note may still go out: nobody rejected it, and it is neither released nor outdated."""
    if register.released(held.invoice) is not None or register.is_outdated(held.invoice, held.places):
        return False
    subject = split_invoice_id(held.invoice)[2]
    states = exception_store.of_subject(released.legal_entity, released.period.name, subject)
    return not any(state.status == Verdict.REJECTED for state in states)


def _places(request: CreditRequest, released: Released, register: Register) -> tuple[BillingSlot, ...]:
    """Return the billing slot of a credit note that is to be billed again: its lines then count as not billed."""
    if not request.rebill:
        return ()
    settlements = register.settlements(released.legal_entity, released.account)
    taken = [each.ordinal for each in settlements if each.period == released.period.name]
    return (BillingSlot(period=released.period.name, ordinal=max(taken) + 1),)


@exactly
def _findings(
    request: CreditRequest,
    credit: Invoice,
    invoice: Invoice,
    earlier: list[Invoice],
    released: Released,
    directory: Directory,
) -> tuple[Finding, ...]:
    """Say why it waits, and whether the invoice's credits pass the ratio that the policy watches."""
    found = [
        Finding(
            code="credit_requested",
            severity=Severity.BLOCKING,
            account=released.account,
            path=released.number,
            message=f"{request.requested_by} asks for {-credit.totals.gross} back: {request.reason}, {request.note}",
            remedy="approve it to release the document; reject it and nothing changes",
            owner=Owner.BILLING,
            amount_at_risk=-credit.totals.gross,
        )
    ]
    credited = -total((each.totals.net for each in (*earlier, credit)), invoice.currency)
    limit = directory.policy(released.legal_entity).thresholds.credit_percent
    if credited.amount * 100 > limit * abs(invoice.totals.net.amount):
        found.append(
            Finding(
                code="credit_ratio",
                severity=Severity.WARNING,
                account=released.account,
                path=released.number,
                message=f"{credited} of {invoice.totals.net} would be credited, the policy's limit is {limit:f} %",
                remedy="look for the cause before the next invoice repeats it",
                owner=Owner.BILLING,
                amount_at_risk=credited,
            )
        )
    return tuple(found)


def _raise(
    held: Held,
    request: CreditRequest,
    released: Released,
    exception_store: ExceptionStore,
    workflows: Workflows,
    now: datetime,
) -> CreditRequested:
    if held.document is None:  # a credit note is never kept without
        message = f"{held.invoice} has no document"
        raise NotFound(message)
    subject = split_invoice_id(held.invoice)[2]
    gross = held.document.totals.gross
    opened = ExceptionRecord(
        id=exception_id(released.legal_entity, released.period.name, subject, FIRST),
        kind=Kind.CREDIT_NOTE,
        legal_entity=released.legal_entity,
        period=released.period.name,
        subject=subject,
        run=held.run,
        batch=None,
        requested_by=request.requested_by,
        amount=-gross,
        findings=held.findings,
        can_approve=True,
        opened_at=instant_text(now),
    )
    raise_exception(opened, exception_store=exception_store, workflows=workflows)
    decision = exception_store.state(opened.id).decision
    outcome = WaitOutcome(decision.verdict) if decision is not None else WaitOutcome.WAITING
    return CreditRequested(document=held.invoice, exception=opened.id, gross=gross, outcome=outcome)
