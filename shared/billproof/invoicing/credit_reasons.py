"""Why something is taken back, as the first note of a credit note or write-off says it."""

from billproof.errors import InvalidInput
from billproof.invoicing.credit_requests import CreditReason, CreditRequest
from billproof.invoicing.model import Invoice


def reason_note(request: CreditRequest) -> str:
    """Say why something is taken back; reason_of reads it."""
    return f"{_words(request.reason)}: {request.note}"


def _words(reason: CreditReason) -> str:
    return reason.replace("_", " ")


def reason_of(document: Invoice) -> CreditReason:
    """Return why a credit note or write-off was asked for, as its first note says; raises InvalidInput for others."""
    for reason in CreditReason:
        if document.corrects is not None and document.notes[0].startswith(f"{_words(reason)}: "):
            return reason
    message = f"{document.id} is no document that takes something back"
    raise InvalidInput(message)
