"""Request a credit note or write-off: it is drafted at once and released after somebody else approves it.

request -> draft (held) -> exception -> invoice_exception -> decision -> release -> posting, delivery
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from billproof.approvals.credited_discounts import credited_discounts
from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.model import CreditRequested, ExceptionRecord, Kind, WaitOutcome
from billproof.approvals.outdated import is_refused
from billproof.approvals.raising import raise_exception
from billproof.errors import Conflict, Contended, InvalidInput, NotFound
from billproof.findings import Finding, Owner, Severity
from billproof.identities import ExceptionId, InvoiceId
from billproof.ids import digest, digest_bytes, shown
from billproof.invoicing.balance import Worth
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.credit_limits import Rests, days_left, days_of_terms, month_line
from billproof.invoicing.credit_requests import CreditReason, CreditRequest
from billproof.invoicing.crediting import draft_credit
from billproof.invoicing.documents import document_key, read_invoice
from billproof.invoicing.drafting import balance_left
from billproof.invoicing.held import RequestedCredit
from billproof.invoicing.model import CREDITS, BillingSlot, DocumentKind, DocumentRef, Invoice, PeriodBilling, Released
from billproof.invoicing.register import Register
from billproof.invoicing.unaccounted import unaccounted_credit
from billproof.masterdata.directory import Directory
from billproof.model import canonical_model
from billproof.money import exactly, total
from billproof.payments.book import CashBook
from billproof.payments.receivables import still_open
from billproof.periods import instant_text
from billproof.pipeline.history import History, billed_lines, read_settled
from billproof.pipeline.issue_days import today_of
from billproof.ports import Objects, Workflows
from billproof.pricing.commitment_terms import MODEL
from billproof.retrying import attempts
from billproof.store_keys import ExceptionOrdinal

ONLY = str(ExceptionOrdinal(1))
"""A credit note is decided once: another request is another credit note."""
MAX_ATTEMPTS = 10
"""How often a request is drafted again when others take its place among the credit notes of the invoice."""


def request_credit(
    request: CreditRequest,
    *,
    register: Register,
    directory: Directory,
    objects: Objects,
    cash_book: CashBook,
    exception_store: ExceptionStore,
    workflows: Workflows,
    now: datetime,
    before_exception: Callable[[str], None],
) -> CreditRequested:
    """Draft the requested credit note and raise its exception; the same request again is accepted without change.

    `before_exception` is told the document's id before anybody can decide about it.

    Raises NotFound where the invoice is not released, Conflict where the request's id was used for another one,
    InvalidInput where the request asks for more than is left, or another credit note of the invoice still waits, and
    Contended where others kept asking.
    """
    desk = _Desk(register, directory, objects, cash_book, exception_store)
    for _ in attempts(MAX_ATTEMPTS):
        requested, released = desk.take(request, now)
        if requested is not None:
            before_exception(requested.invoice)
            opened = _exception(requested, request, released, now)
            raise_exception(opened, exception_store=exception_store, workflows=workflows)
            decision = exception_store.state(opened.id).decision
            return CreditRequested(
                document=requested.invoice,
                exception=opened.id,
                gross=requested.document.totals.gross,
                outcome=WaitOutcome(decision.verdict) if decision is not None else WaitOutcome.WAITING,
            )
    message = f"others kept asking for credit notes of {request.invoice}"
    raise Contended(message)


class _Desk:
    """Drafts credit notes from what is stored, one at a time for each invoice."""

    def __init__(
        self,
        register: Register,
        directory: Directory,
        objects: Objects,
        cash_book: CashBook,
        exception_store: ExceptionStore,
    ) -> None:
        self._register = register
        self._directory = directory
        self._objects = objects
        self._cash_book = cash_book
        self._exception_store = exception_store

    def take(self, request: CreditRequest, now: datetime) -> tuple[RequestedCredit | None, Released]:
        """Return the request as it is kept, or None where another took its place, and the release of its invoice."""
        invoice_id = InvoiceId.parse(request.invoice)
        released = self._register.released(request.invoice)
        if released is None or invoice_id.is_credit:
            message = f"invoice {shown(request.invoice)} is not released"
            raise NotFound(message)
        known = self._register.credits(request.invoice)
        earlier_requests = [facts.request for facts in known if facts.request is not None]
        unreleased = [facts.request for facts in known if facts.request is not None and facts.released is None]
        same = next((earlier for earlier in earlier_requests if earlier.request == request.id), None)
        if same is not None:
            if same.request_digest != digest(request.model_dump(mode="json")):
                message = f"request {request.id} was used for another request for {released.number}: use another id"
                raise Conflict(message)
            return same, released
        waiting = [earlier.invoice for earlier in unreleased if not self._is_refused(earlier)]
        if waiting:
            message = f"{', '.join(waiting)} still waits for a decision: what is left of {released.number} is not known"
            raise InvalidInput(message)
        notes = [read_invoice(self._objects, facts.released.document) for facts in known if facts.released is not None]
        gives_up = request.reason is CreditReason.UNCOLLECTIBLE  # again, where a payment was returned since
        if not gives_up and any(note.kind is DocumentKind.WRITE_OFF for note in notes):
            message = f"{released.number} was written off"
            raise InvalidInput(message)
        requested = self._draft(request, invoice_id.credit_note(len(known) + 1), released, notes, now)
        return requested if self._register.request(requested) else None, released

    def _draft(
        self, request: CreditRequest, credit_id: InvoiceId, released: Released, notes: list[Invoice], now: datetime
    ) -> RequestedCredit:
        """Draft a credit note and store its document."""
        invoice = read_invoice(self._objects, released.document)
        billings = self._register.settlements(released.legal_entity, released.account)
        drawn, draw_slot = History(self._register, self._objects, billings, released.period).drawn()
        rests = self._rests(invoice, billings)
        credit = draft_credit(
            request,
            credit_id=str(credit_id),
            invoice=invoice,
            released=released,
            earlier=notes,
            issue_date=today_of(self._directory.legal_entity(released.legal_entity), now),
            rests=rests,
            drawn=drawn,
            open_worth=self._open(released) if request.reason is CreditReason.UNCOLLECTIBLE else None,
        )
        self._refuse_unaccounted(credit, released)
        beyond_paid = (*credited_discounts([*notes, credit], released, self._cash_book),)
        data = canonical_model(credit)
        content_digest = digest_bytes(data)
        key = document_key(credit_id, content_digest)
        self._objects.put(key, data)
        document = DocumentRef(key=key, digest=content_digest, totals=credit.totals, booked=credit.booked)
        limit = self._directory.policy(released.legal_entity).thresholds.credit_percent
        findings = _findings(request, [*notes, credit], invoice, released, limit)
        return RequestedCredit(
            invoice=str(credit_id),
            account=released.account,
            request=request.id,
            request_digest=digest(request.model_dump(mode="json")),
            document=document,
            places=_slots(request, credit, billings, draw_slot, rests),
            findings=(*findings, *beyond_paid, *self._left_to_balance(credit, document, released)),
        )

    def _refuse_unaccounted(self, credit: Invoice, released: Released) -> None:
        """Raise InvalidInput for what could not be posted, whoever approves it."""
        entity = self._directory.legal_entity(released.legal_entity)
        unaccounted = unaccounted_credit(credit, entity.chart_of_accounts)
        if unaccounted is not None:
            message = f"{unaccounted.message} ({entity.id}): {unaccounted.remedy}"
            raise InvalidInput(message)

    def _left_to_balance(self, credit: Invoice, document: DocumentRef, released: Released) -> Iterator[Finding]:
        """Find a balance over the limit that a credit note would leave; raises InvalidInput without balances."""
        candidate = Candidate(credit.id, document, settlement=credit.settlement)
        change = self._register.balance_change(candidate)
        if change is None:
            return
        entity = self._directory.legal_entity(released.legal_entity)
        if change.left.amount and entity.chart_of_accounts.customer_balance is None:
            message = f"the chart of accounts of {entity.id} has no account for customers' balances"
            raise InvalidInput(message)
        balances = {change.opening.currency: change.opening.amount}
        yield from balance_left(released.account, change.left, balances, entity)

    def _open(self, released: Released) -> Worth:
        """Return what is open of an invoice, after what balances and receipts paid; raises InvalidInput for nothing."""
        entity, currency = released.legal_entity, released.document.totals.gross.currency
        left = still_open(released, self._register, self._cash_book.entries(entity, released.account, currency))
        if left.amount.amount <= 0:
            message = f"nothing is open of {released.number}"
            raise InvalidInput(message)
        return left

    def _is_refused(self, requested: RequestedCredit) -> bool:
        """Say whether a credit note that was not released when we looked never will be.

        Whether it is released is not looked up again: what is left is reckoned without it, if it was only since.
        """
        return is_refused(requested, register=self._register, exception_store=self._exception_store)

    def _rests(self, invoice: Invoice, billings: list[PeriodBilling]) -> Rests:
        """Return what is left of the invoice's lines over all invoices and credit notes of their months.

        Of what a term of a commitment fell short of any document may have billed a part.
        """
        months = {month_line(line, invoice)[0] for line in invoice.lines}
        of_terms = any(line.priced.explanation.price_model == MODEL for line in invoice.lines)
        settled = {billing.invoice: billing for billing in billings if of_terms or billing.period in months}
        in_order = sorted(settled.values(), key=attrgetter("number"))
        documents = [read_settled(self._register, self._objects, one) for one in in_order]
        of_months = {month: [billing for billing in billings if billing.period == month] for month in months}
        days = {month: billed_lines(self._register, self._objects, mine) for month, mine in of_months.items()}
        return Rests(documents, days_left(days) | days_of_terms(documents, billings))


def _gives_back_draws(credit: Invoice, month: str, rests: Rests) -> bool:
    """Say whether a credit note gives something back to a prepaid credit that lines of a month drew."""
    adjusted = ((line, line.priced.adjusts) for line in credit.lines)
    return any(adjusts is not None and adjusts.period == month and rests.is_draw(line) for line, adjusts in adjusted)


def _slots(
    request: CreditRequest, credit: Invoice, billings: list[PeriodBilling], draw_slot: int, rests: Rests
) -> tuple[BillingSlot, ...]:
    """Return the billing slots of a credit note: of each month of which it takes something back, and of the credits.

    One that is to be billed again, or gives something back to a credit that other lines may draw, leaves no digest of
    the terms, so that the next invoice looks at the month again. What is not billed again is a concession. An invoice
    that bills a difference of the month meanwhile takes the same slot: then what is left of the line is not what
    it was.
    """
    slots = []
    months = {line.priced.adjusts.period for line in credit.lines if line.priced.adjusts is not None}
    for month in sorted(months):
        last = max((billing for billing in billings if billing.period == month), key=attrgetter("ordinal"))
        terms = "" if request.rebill or _gives_back_draws(credit, month, rests) else last.terms
        slots.append(BillingSlot(period=month, ordinal=last.ordinal + 1, terms=terms, is_concession=not request.rebill))
    if credit.credits_drawn:
        slots.append(BillingSlot(period=CREDITS, ordinal=draw_slot))
    return tuple(slots)


@exactly
def _findings(
    request: CreditRequest, notes: list[Invoice], invoice: Invoice, released: Released, limit: Decimal
) -> tuple[Finding, ...]:
    """Say why it waits, and whether the invoice's credit notes, this one last, pass the ratio that is watched."""
    gross = -notes[-1].totals.gross
    waits = Finding(
        code="credit_requested",
        severity=Severity.BLOCKING,
        account=released.account,
        path=released.number,
        message=f"{request.requested_by} asks for {gross} back: {request.reason}, {request.note}",
        remedy="approve it to release the document; reject it and nothing changes",
        owner=Owner.BILLING,
        amount_at_risk=gross,
    )
    credited = -total((note.totals.net for note in notes), invoice.currency)
    if credited.amount * 100 <= limit * abs(invoice.totals.net.amount):
        return (waits,)
    is_over = Finding(
        code="credit_ratio",
        severity=Severity.WARNING,
        account=released.account,
        path=released.number,
        message=f"{credited} of {invoice.totals.net} would be credited, the policy's limit is {limit:f} %",
        remedy="look for the cause before the next invoice repeats it",
        owner=Owner.BILLING,
        amount_at_risk=credited,
    )
    return waits, is_over


def _exception(
    requested: RequestedCredit, request: CreditRequest, released: Released, now: datetime
) -> ExceptionRecord:
    document = InvoiceId.parse(requested.invoice)
    return ExceptionRecord(
        id=str(ExceptionId(document.legal_entity, document.period, document.subject, ONLY)),
        kind=Kind.CREDIT_NOTE,
        legal_entity=released.legal_entity,
        period=released.period.name,
        subject=document.subject,
        run=requested.request,
        batch=None,
        requested_by=request.requested_by,
        amount=-requested.document.totals.gross,
        findings=requested.findings,
        can_approve=True,
        opened_at=instant_text(now),
    )
