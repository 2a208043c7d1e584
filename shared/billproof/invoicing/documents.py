"""Where the documents of invoices are, and reading one back as it was released."""

from billproof.errors import ImmutableDocument, NotFound, ObjectUnreadable
from billproof.identities import InvoiceId
from billproof.ids import digest_bytes
from billproof.invoicing.model import DocumentRef, Invoice
from billproof.ports import Objects


def document_key(document: InvoiceId, digest: str) -> str:
    """Return where an invoice's document is: its name holds its content's digest, so it can only ever be this one."""
    return f"invoices/{document.legal_entity}/{document.period}/{document.subject}/{digest}.json"


def read_file(objects: Objects, key: str, digest: str | None) -> bytes:
    """Return a file as it was kept; raises ObjectUnreadable where it is gone, or is another one."""
    try:
        data = objects.get(key)
    except NotFound:
        raise ObjectUnreadable(key) from None
    if digest_bytes(data) != digest:
        raise ObjectUnreadable(key)
    return data


def read_invoice(objects: Objects, document: DocumentRef) -> Invoice:
    """Return the document of an invoice; raises ImmutableDocument where the stored bytes are not those released."""
    data = objects.get(document.key)
    if digest_bytes(data) != document.digest:
        message = "the stored invoice is not the one that was released"
        raise ImmutableDocument(message, key=document.key, expected=document.digest)
    return Invoice.model_validate_json(data)
