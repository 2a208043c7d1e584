"""Comparing documents with the ERPs one by one, and what else the ERPs hold with what billproof posts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from billproof.erp.known import numbers_until, revenue_entries_of
from billproof.erp.lookup import PostedDocuments, Reference
from billproof.erp.port import PostedDocument
from billproof.erp.posting import Posting
from billproof.errors import ImmutableDocument, InvalidInput, NotFound
from billproof.findings import Finding, VarianceCategory
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import POSTED, InvoiceFacts
from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.invoicing.openings import OPENING, OpeningInEffect
from billproof.invoicing.register import Register
from billproof.ledger.rules import invoice_entry
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money, Taxed
from billproof.nets import Net
from billproof.opening.entries import opening_revenue_reference
from billproof.payments.book import CashBook
from billproof.payments.decision_book import ReceiptDecisions
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.receivables import Receivables
from billproof.payments.statement_book import StatementBook
from billproof.periods import Period
from billproof.ports import Objects
from billproof.receivables.dispute_book import DisputeBook
from billproof.reconciliation.cash import CashComparison
from billproof.reconciliation.disputes import verdicts_of_nobody
from billproof.reconciliation.gateways import compare_gateways
from billproof.reconciliation.model import Cause, Variance
from billproof.reconciliation.openings import compare_opening, references, revenue_of_opening
from billproof.reconciliation.rules import Totals, compare, compare_revenue, troubled, variance
from billproof.reconciliation.statements import compare_statements
from billproof.reconciliation.unsettled import not_applied, not_delivered, not_paid_exactly, not_released

Posted = dict[Reference, list[PostedDocument]]


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a comparison: what was invoiced and is posted, and what differs."""

    totals: list[Taxed] = field(default_factory=list)
    posted: list[PostedDocument] = field(default_factory=list)
    variances: list[Variance] = field(default_factory=list)
    unsettled: list[Variance] = field(default_factory=list)


class Comparison:
    """Compares the documents of one legal entity with its ERPs, and remembers which references it compared.

    Each document is compared in a net of its own: what it raises is its own variance.
    A revenue entry is right under the chart of any of the versions of the legal entity, of which the last one holds.
    What was issued by a day has reached its customer, where one is given.
    """

    def __init__(
        self,
        entities: Sequence[LegalEntity],
        *,
        register: Register,
        objects: Objects,
        lookup: PostedDocuments,
        book: CashBook,
        decisions: ReceiptDecisions,
        statements: StatementBook,
        receivables: Receivables,
        gateways: GatewayBook,
        disputes: DisputeBook,
        delivered_if_issued_by: date | None = None,
    ) -> None:
        *_, self._entity = self._entities = entities
        self._register = register
        self._objects = objects
        self._statements = partial(compare_statements, self._entity, statements, receivables=receivables)
        self._gateways = partial(compare_gateways, self._entity, gateways, book)
        self._lookup = lookup
        self._book = book
        self._disputes = disputes
        self._delivered_if_issued_by = delivered_if_issued_by
        self._compared: set[Reference] = set()
        self._troubled: set[str] = set()
        self._cash = CashComparison(self._entity, book, decisions, lookup, self._variances_in_net)
        self.net = Net("reconcile")

    @property
    def compared(self) -> tuple[Reference, ...]:
        """The references that were compared, in order."""
        return tuple(sorted(self._compared))

    def remember(self, references: Iterable[Reference]) -> None:
        """Take references as compared: another call has compared them."""
        for reference in references:
            self._compared.add(reference)
            self._lookup.look_in(reference.erp)

    def of_document(self, facts: InvoiceFacts) -> Compared:
        """Return what is posted for a released document, and what differs."""
        return self._in_net(str(facts.id), partial(self._of_document, facts))

    def _in_net(self, document: str, work: Callable[[], Compared]) -> Compared:
        return self.net.catch(document, work, partial(self._in_trouble, document))

    def _variances_in_net(self, what: str, work: Callable[[], list[Variance]]) -> list[Variance]:
        return self._in_net(what, lambda: Compared(variances=work())).variances

    def _in_trouble(self, document: str, finding: Finding) -> Compared:
        """Return the variance of a document that raised, once."""
        if document in self._troubled:
            return Compared()
        self._troubled.add(document)
        return Compared(variances=[troubled(document, self._entity.currency, finding)])

    def _of_document(self, facts: InvoiceFacts) -> Compared:
        released, reference = facts.released, self._lookup.reference_of(facts)
        if released is None or reference is None:
            return Compared(unsettled=list(not_released(facts, self._entity.currency, self._register)))
        self._compared.add(reference)
        documents = self._lookup.of_document(facts)
        invoice = self._read(released)
        variances = [
            *([] if facts.id.is_credit else verdicts_of_nobody(released, self._disputes)),
            *_document_variances(invoice, released),
            *compare(
                released,
                documents,
                is_confirmed=POSTED in facts.facts,
                chart=self._entity.chart_of_accounts,
                expected=self._expected(facts, released, invoice),
            ),
        ]
        unsettled = list(not_paid_exactly(released, self._register, self._book))
        is_for_customers = invoice is not None and invoice.kind is not DocumentKind.WRITE_OFF
        if is_for_customers and self._delivered_if_issued_by is not None:
            unsettled += not_delivered(facts, released, issued_by=self._delivered_if_issued_by)
        return Compared([released.document.in_books], documents, variances, unsettled)

    def of_others(self, month: Period) -> Compared:
        """Return what is dated in a month and billproof did not post, and what differs of all that is dated in it.

        Documents of other periods that are dated in the month and numbered in its year or the year before are compared,
        too: one that was posted twice or was moved here is found. One of an older number is without an invoice.
        """
        left = self._lookup.dated_in(month, but=self._compared)
        variances = list(self._cash.of_month(month, left))
        variances += self._variances_in_net("bank-statements", partial(self._of_statements, month))
        variances += self._variances_in_net("gateways", lambda: list(self._gateways(month)))
        if left:
            variances += [*self._of_other_periods(left, month), *self._of_revenue(left, month)]
        unknown = [document for reference in sorted(left) for document in left[reference]]
        variances += [_not_invoiced(document, self._entity) for document in unknown]
        return Compared(posted=unknown, variances=variances, unsettled=self._of_receipts(month))

    def _of_receipts(self, month: Period) -> list[Variance]:
        states = self._book.received(self._entity.id, month.name)
        return [left for state in states for left in not_applied(state)]

    def _of_statements(self, month: Period) -> list[Variance]:
        return list(self._statements(month=month))

    def _of_other_periods(self, left: Posted, month: Period) -> Iterator[Variance]:
        """Compare the documents of other periods that a month holds, and take them from what is left."""
        erps = dict.fromkeys(reference.erp for reference in left)
        for number, document in numbers_until(month, self._entity, self._register):
            references = [self._lookup.reference(erp, number) for erp in erps]
            if left.keys().isdisjoint(references):
                continue
            yield from self._in_net(document, partial(self._of_left, document, left)).variances

    def _of_left(self, document: str, left: Posted) -> Compared:
        """Compare a document that a month holds, and take it from what is left."""
        facts = self._register.facts(document)
        own = self._lookup.reference_of(facts) if facts else None
        if facts is None or own not in left:
            return Compared()
        del left[own]
        return self._of_document(facts)

    def _of_revenue(self, left: Posted, month: Period) -> Iterator[Variance]:
        """Take a month's revenue entries from what is left, and find what differs of them."""
        erps = dict.fromkeys(reference.erp for reference in left)
        for document in self._register.deferred(self._entity.id, month.name):
            work = partial(self._of_revenue_of, document, left, month, erps)
            yield from self._in_net(document, work).variances
        fact = self._register.openings.in_effect(self._entity.id)
        if fact is not None:
            yield from self._in_net(OPENING, partial(self._of_opening_revenue, fact, left, month)).variances

    def _of_opening_revenue(self, fact: OpeningInEffect, left: Posted, month: Period) -> Compared:
        reference = opening_revenue_reference(fact.legal_entity, month.name)
        posted = left.pop(self._lookup.reference(fact.erp, reference), [])
        if not posted:
            return Compared()
        entries = revenue_of_opening(fact, month, self._entities, self._objects)
        return Compared(variances=list(compare_revenue(reference, posted, entries)))

    def _of_revenue_of(self, document: str, left: Posted, month: Period, erps: Iterable[str]) -> Compared:
        variances: list[Variance] = []
        for known in revenue_entries_of(document, month, self._register, self._objects):
            posted = [entry for erp in erps for entry in left.pop(self._lookup.reference(erp, known.reference), [])]
            if posted:
                variances += compare_revenue(known.reference, posted, known.under(self._entities))
        return Compared(variances=variances)

    def of_opening(self, month: Period) -> Compared:
        """Compare the entries of an opening with what it says, once: with its first period."""
        fact = self._register.openings.in_effect(self._entity.id)
        if fact is None:
            return Compared()
        return self._in_net(OPENING, partial(self._of_opening, fact, month))

    def _of_opening(self, fact: OpeningInEffect, month: Period) -> Compared:
        self._compared.update(references(fact, self._lookup))
        if month.name != fact.first_period:
            return Compared()
        return Compared(variances=list(compare_opening(fact, self._entities, self._objects, self._lookup)))

    def _read(self, released: Released) -> Invoice | None:
        """Return a released document, or None where it is not there as it was."""
        try:
            return read_invoice(self._objects, released.document)
        except (ImmutableDocument, NotFound):
            return None

    def _expected(self, facts: InvoiceFacts, released: Released, invoice: Invoice | None) -> Totals | None:
        """Return what the posting of a document moves by account: as the ERP confirmed it, else as we would post it.

        None where neither is known: the chart of accounts has changed since it was posted, or the document is lost.
        """
        fact = facts.facts.get(POSTED)
        confirmed = Posting.model_validate(fact) if fact else None
        if confirmed is not None and confirmed.document is not None:
            return confirmed.document.totals
        if invoice is None:
            return None
        try:
            entry = invoice_entry(invoice, released, self._entity.chart_of_accounts)
        except InvalidInput:
            return None
        if confirmed is not None and confirmed.content_digest != entry.content_digest:
            return None
        return PostedDocument.of_entry(entry, external_reference=released.number, erp_id="").totals


def _document_variances(stored: Invoice | None, released: Released) -> Iterator[Variance]:
    if stored is None or stored.in_books != released.document.in_books:
        gross = released.document.in_books.gross
        yield variance(
            Cause.DOCUMENT_CHANGED,
            invoice=released.invoice,
            reference=released.number,
            invoiced=gross,
            posted=stored.in_books.gross if stored else Money.zero(gross.currency),
            since=released.issue_date,
            billing_account=released.account,
        )


def _not_invoiced(document: PostedDocument, entity: LegalEntity) -> Variance:
    cash = entity.chart_of_accounts.cash
    is_fee = cash is not None and cash.charges in document.totals
    return variance(
        Cause.NOT_INVOICED,
        invoice="",
        reference=document.external_reference or document.erp_id,
        invoiced=Money.zero(document.currency),
        posted=document.debits,
        since=document.document_date,
        category=VarianceCategory.FEE if is_fee else None,
    )
