"""Posting a released invoice exactly once, despite time-outs and retries.

intent | deferred months | tax declared | find | post | read back, compare | posted
                           ^ died: the same reference again    ^ died: found, compared, confirmed on the next try
"""

from enum import StrEnum
from typing import Literal

from billproof.erp.declaring import declare_tax
from billproof.erp.port import Erp
from billproof.errors import Conflict, DuplicateReference, NotFound
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.register import POSTED, POSTING, Register
from billproof.ledger.model import JournalEntry
from billproof.ledger.revenue import months_to_come
from billproof.ledger.rules import invoice_entry
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.money import Money
from billproof.ports import Objects
from billproof.tax.service import Engines


class PostingOutcome(StrEnum):
    """What became of a posting."""

    POSTED = "posted"
    ADOPTED = "adopted"
    ALREADY_POSTED = "already_posted"
    NOTHING_TO_POST = "nothing_to_post"


class PostingIntent(Model):
    """What will be posted, written down before the ERP hears of it."""

    external_reference: str
    content_digest: str
    schema_version: Literal["billproof.posting-intent/1"] = "billproof.posting-intent/1"


class Posting(Model):
    """The fact that the ERP holds the invoice, with what it confirmed."""

    external_reference: str
    content_digest: str
    outcome: PostingOutcome
    receivable: Money


def post_to_erp(
    *,
    invoice_id: str,
    register: Register,
    directory: Directory,
    objects: Objects,
    erp: Erp,
    engines: Engines | None = None,
) -> Posting:
    """Post a released invoice and confirm it; doing it again changes nothing.

    Tax that an external tax engine determined is declared there first. Raises NotFound where the invoice is not
    released, Conflict where the ERP has another document under its number, and ExternalServiceUnavailable where the ERP
    or the tax engine did not answer: the message is then delivered again.
    """
    released = register.released(invoice_id)
    if released is None:
        message = f"invoice {invoice_id} is not released"
        raise NotFound(message)
    known = register.fact(invoice_id, POSTED)
    if known is not None:
        return Posting.model_validate(known).model_copy(update={"outcome": PostingOutcome.ALREADY_POSTED})
    chart = directory.legal_entity(released.legal_entity).chart_of_accounts
    invoice = read_invoice(objects, released.document)
    entry = invoice_entry(invoice, released, chart)
    _intend(entry, invoice_id, register)
    register.defer(invoice_id, months_to_come(invoice))
    declare_tax(invoice, released, register=register, engines=engines or {})
    outcome = ensure_posted(entry, erp) if entry.lines else PostingOutcome.NOTHING_TO_POST
    posting = Posting(
        external_reference=entry.external_reference,
        content_digest=entry.content_digest,
        outcome=outcome,
        receivable=released.document.in_books.gross,
    )
    register.add(invoice_id, POSTED, posting)
    return posting


def _intend(entry: JournalEntry, invoice_id: str, register: Register) -> None:
    intent = PostingIntent(external_reference=entry.external_reference, content_digest=entry.content_digest)
    if register.add(invoice_id, POSTING, intent):
        return
    stored = PostingIntent.model_validate(register.fact(invoice_id, POSTING))
    if stored != intent:
        message = f"{entry.external_reference} was first posted with other content: the chart of accounts has changed"
        raise Conflict(message, intended=stored.content_digest, now=intent.content_digest)


def ensure_posted(entry: JournalEntry, erp: Erp) -> PostingOutcome:
    """Post an entry once and read it back; raises Conflict where the ERP has another document under its reference."""
    outcome = PostingOutcome.ADOPTED
    if erp.find(entry.legal_entity, entry.external_reference) is None:
        try:
            erp.post(entry)
            outcome = PostingOutcome.POSTED
        except DuplicateReference:  # another delivery of this message was faster
            outcome = PostingOutcome.ADOPTED
    confirmed = erp.find(entry.legal_entity, entry.external_reference)
    if confirmed is None or confirmed.content_digest != entry.content_digest:
        message = f"the ERP has another document under {entry.external_reference}"
        raise Conflict(message, expected=entry.content_digest)
    return outcome
