"""Documents to a customer that are no invoices: statements of account, reminders, receipts and pro forma invoices.

Each is drawn from facts alone, so it is the same bytes for as long as they are the same. What is drawn is kept under
its digest: one that says something else is another object, and none is ever written over.
"""

from collections.abc import Callable
from dataclasses import dataclass

from billproof.ids import digest_bytes
from billproof.invoicing.documents import read_file
from billproof.invoicing.model import Invoice
from billproof.invoicing.parties import Parties
from billproof.payments.cash import ReceiptState
from billproof.ports import Objects
from billproof.receivables.billed_usage import BilledMeter
from billproof.receivables.model import StatementOfAccount
from billproof.receivables.reminders import KeptDocument, RemindedDocument

DIGITS = 16
"""Digits of the digest of a document that its key ends in."""


@dataclass(frozen=True, slots=True)
class StatementDocument:
    """A statement of account as a document."""

    parties: Parties
    statement: StatementOfAccount

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"statement-{self.statement.on}"


@dataclass(frozen=True, slots=True)
class ReminderDocument:
    """A reminder as a letter: the text of its level, of so many levels in all, and what is overdue."""

    parties: Parties
    rows: tuple[RemindedDocument, ...]
    text: str
    levels: int

    @property
    def level(self) -> int:
        """The highest level of its documents."""
        return max(row.level for row in self.rows)

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"reminder-{self.parties.day}"


@dataclass(frozen=True, slots=True)
class ReceiptDocument:
    """The receipt of a payment: what arrived, and what it pays."""

    parties: Parties
    state: ReceiptState

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"receipt-{self.state.receipt.id}"


@dataclass(frozen=True, slots=True)
class ProFormaDocument:
    """What an invoice would say, as a document of the day on which it was asked for."""

    parties: Parties
    invoice: Invoice

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"pro-forma-{self.invoice.period.name}"


@dataclass(frozen=True, slots=True)
class UsageDocument:
    """What was billed of each meter up to a month, as a document of the day on which it was asked for."""

    parties: Parties
    month: str
    meters: tuple[BilledMeter, ...]

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"usage-{self.month}"


AccountDocument = StatementDocument | ReminderDocument | ReceiptDocument | ProFormaDocument | UsageDocument
AccountRenderer = Callable[[AccountDocument], bytes]
"""Draws a document as a PDF: the same document always gives the same bytes."""


def keep_document(document: AccountDocument, pdf: bytes, *, objects: Objects) -> KeptDocument:
    """Keep what was drawn of a document under its digest; what is kept already is left alone."""
    digest, parties = digest_bytes(pdf), document.parties
    file = f"{document.name}-{digest[:DIGITS]}.pdf"
    key = f"account-documents/{parties.seller.id}/{parties.buyer.id}/{file}"
    objects.create(key, pdf, content_type="application/pdf")
    return KeptDocument(key=key, digest=digest)


def read_kept(kept: KeptDocument, *, objects: Objects) -> bytes:
    """Return a kept document; raises ObjectUnreadable where it is gone, or is another one."""
    return read_file(objects, kept.key, kept.digest)
