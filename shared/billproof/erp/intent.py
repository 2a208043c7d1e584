"""What will be posted and where, written down before the ERP hears of it."""

from collections.abc import Sequence
from typing import Literal

from billproof.errors import Conflict
from billproof.identities import InvoiceId
from billproof.invoicing.facts import POSTING
from billproof.invoicing.register import Register
from billproof.ledger.model import JournalEntry
from billproof.masterdata.parties import EMBEDDED_LEDGER, LegalEntity
from billproof.model import Model


class PostingIntent(Model):
    """A fact: the reference, a digest of our own entry, and the ERP; version 1 knew the embedded ledger alone."""

    external_reference: str
    content_digest: str
    erp: str = EMBEDDED_LEDGER
    schema_version: Literal["billproof.posting-intent/1", "billproof.posting-intent/2"] = "billproof.posting-intent/2"


def known_intent(invoice_id: str, register: Register) -> PostingIntent | None:
    """Return the intent to post a document, or None."""
    stored = register.fact(invoice_id, POSTING)
    return None if stored is None else PostingIntent.model_validate(stored)


def erp_of(document: str, entity: LegalEntity, register: Register) -> str:
    """Return the name of the ERP that a document is posted in.

    It is the one of its posting intent, for a correction without one that of its invoice, else its legal entity's: a
    legal entity that changes its ERP moves nothing that is in its old one.
    """
    invoice = str(InvoiceId.parse(document).invoice)
    intent = known_intent(document, register)
    if intent is None and invoice != document:
        intent = known_intent(invoice, register)
    return intent.erp if intent else entity.erp


def intend(entry: JournalEntry, document: str, *, erp: str, register: Register, months: Sequence[str] = ()) -> None:
    """Write down what will be posted, and the months that earn something of it later.

    Raises Conflict where something else was to be posted, or elsewhere.
    """
    intent = PostingIntent(external_reference=entry.external_reference, content_digest=entry.content_digest, erp=erp)
    if register.add_deferring(document, POSTING, intent, months):
        return
    stored = intent if register.add(document, POSTING, intent) else known_intent(document, register) or intent
    if stored.content_digest != intent.content_digest:
        message = f"{entry.external_reference} was first posted with other content: the chart of accounts has changed"
        raise Conflict(message, intended=stored.content_digest, now=intent.content_digest)
    if stored.erp != erp:  # another delivery was faster, and its legal entity's ERP changed in between
        message = f"{entry.external_reference} is to be posted in {stored.erp}, not in {erp}"
        raise Conflict(message)
    register.defer(document, months)
