"""Posting a released invoice exactly once, despite time-outs and retries.

intent and deferred months | tax declared | find | post | read back, compare | posted
                           ^ died: the same reference again     ^ died: found, compared, confirmed on the next try
"""

from billproof.erp.declaring import declare_tax
from billproof.erp.intent import erp_of, intend
from billproof.erp.port import Erp, Erps, PostedDocument, erp_named, short_reference
from billproof.erp.posting import Posting, PostingOutcome
from billproof.errors import Conflict, DuplicateReference, ExternalServiceUnavailable, NotFound
from billproof.ids import shown
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import POSTED
from billproof.invoicing.register import Register
from billproof.ledger.model import JournalEntry
from billproof.ledger.revenue import months_to_come
from billproof.ledger.rules import invoice_entry, receivable_in_books
from billproof.masterdata.directory import Directory
from billproof.ports import Objects
from billproof.tax.port import Engines


def post_to_erp(
    *,
    invoice_id: str,
    register: Register,
    directory: Directory,
    objects: Objects,
    erps: Erps,
    engines: Engines | None = None,
) -> Posting:
    """Post a released invoice in its legal entity's ERP and confirm it; doing it again changes nothing.

    Tax that an external tax engine determined is declared there first. Raises NotFound where the invoice is not
    released, InvalidInput where the ERP is not configured, PostingRejected where it will not take the entry, Conflict
    where it has another document under its number, and ExternalServiceUnavailable where the ERP or the tax engine did
    not answer: the message is then delivered again.
    """
    released = register.released(invoice_id)
    if released is None:
        message = f"invoice {shown(invoice_id)} is not released"
        raise NotFound(message)
    known = register.fact(invoice_id, POSTED)
    if known is not None:
        return Posting.model_validate(known).model_copy(update={"outcome": PostingOutcome.ALREADY_POSTED})
    entity = directory.legal_entity(released.legal_entity)
    invoice = read_invoice(objects, released.document)
    entry = invoice_entry(invoice, released, entity.chart_of_accounts)
    name = erp_of(invoice_id, entity, register)
    erp = erp_named(name, erps)  # before the intent is written: an intent stays
    intend(entry, invoice_id, erp=name, register=register, months=months_to_come(invoice))
    declare_tax(invoice, released, register=register, engines=engines or {})
    outcome, document = ensure_posted(entry, erp) if entry.lines else (PostingOutcome.NOTHING_TO_POST, None)
    posting = Posting(
        external_reference=entry.external_reference,
        content_digest=entry.content_digest,
        outcome=outcome,
        receivable=receivable_in_books(released, entity.chart_of_accounts),
        erp=name,
        document=document,
    )
    register.add(invoice_id, POSTED, posting)
    return posting


def ensure_posted(entry: JournalEntry, erp: Erp) -> tuple[PostingOutcome, PostedDocument]:
    """Post an entry once and read it back; return how it came there, and the document.

    Raises Conflict where the ERP has another document under its reference, or has it twice.
    """
    outcome = PostingOutcome.ADOPTED
    if not erp.find(entry.legal_entity, entry.external_reference):
        try:
            erp.post(entry)
            outcome = PostingOutcome.POSTED
        except DuplicateReference:  # another delivery of this message was faster
            outcome = PostingOutcome.ADOPTED
    return outcome, _confirmed(entry, erp)


def _confirmed(entry: JournalEntry, erp: Erp) -> PostedDocument:
    documents = erp.find(entry.legal_entity, entry.external_reference)
    if not documents:
        message = f"the ERP does not show {entry.external_reference}, which it was sent"
        raise ExternalServiceUnavailable(message)
    if len(documents) > 1:
        message = f"the ERP holds {entry.external_reference} more than once: reverse all but one there"
        raise Conflict(message, documents=", ".join(document.erp_id for document in documents))
    (confirmed,) = documents
    reference = short_reference(entry.external_reference, erp.reference_length)
    expected = PostedDocument.of_entry(entry, external_reference=reference, erp_id=confirmed.erp_id)
    if confirmed != expected:
        message = f"the ERP has another document under {entry.external_reference}"
        raise Conflict(message, expected=expected.accounting, posted=confirmed.accounting)
    return confirmed
