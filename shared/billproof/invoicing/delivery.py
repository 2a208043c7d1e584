"""Delivering a released invoice: its PDF is kept, and mailed where a sender is set.

PDF | archive | mail | delivered
                     ^ died here: mailed again under the same Message-ID, by which the two can be told to be one

Where the customer takes an electronic form, the PDF is kept and the rest is handed on (electronic_delivery.py):

PDF | message || electronic document | archive | mail | delivered
"""

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from pydantic import Field

from billproof.errors import MailRefused, NotFound, ObjectUnreadable
from billproof.ids import digest_bytes, shown
from billproof.invoicing.addresses import Recipients
from billproof.invoicing.annex import annex_name, documents_folder
from billproof.invoicing.annex_parquet import parquet_key
from billproof.invoicing.archive import ArchivedFile, archive_document, archived_file, archived_record
from billproof.invoicing.delivery_events import DeliveryProblem, ProblemKind
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.electronic import ElectronicDocument, is_electronic
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.links import CustomerPages, link_name
from billproof.invoicing.mails import MOST_MAIL_BYTES, DeliveredFiles, MailTerms, compose
from billproof.invoicing.model import Invoice, Released
from billproof.invoicing.particulars import Particulars
from billproof.invoicing.register import Register
from billproof.masterdata.documents import DocumentForm
from billproof.model import Model
from billproof.ports import Archive, Mailer, Objects, Queue

MAIL_NAME = 16
"""Digits of the digest of address and reason that name a mail which was never taken: its tries are one fact."""

Renderer = Callable[[Invoice, Released], bytes]
"""Draws an invoice as a PDF: the same invoice always gives the same bytes."""


class Delivery(Model):
    """The fact that an invoice was delivered.

    With an annex its PDF shows summaries of its lines; of very many lines that is Parquet, too. `left_out` are
    addresses of the customer that fail, and were not written to. `link` names the link of the mail.
    Its files are in the archive until the end of `archived_until`; without it they were delivered before there was one.
    """

    number: str
    pdf_key: str
    pdf_digest: str
    mailed_to: str | None
    annex_key: str | None = None
    annex_digest: str | None = None
    parquet_key: str | None = Field(default=None, exclude_if=operator.not_)
    parquet_digest: str | None = Field(default=None, exclude_if=operator.not_)
    electronic_key: str | None = Field(default=None, exclude_if=operator.not_)
    electronic_digest: str | None = Field(default=None, exclude_if=operator.not_)
    copied_to: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    left_out: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    link: str | None = Field(default=None, exclude_if=operator.not_)
    archived_until: date | None = Field(default=None, exclude_if=operator.not_)

    def archived_files(self, released: Released) -> tuple[ArchivedFile, ...]:
        """Return what the archive has of the document: its record and its files; nothing where there was no archive."""
        files = (
            ("PDF", self.pdf_key, self.pdf_digest),
            ("annex of lines", self.annex_key, self.annex_digest),
            ("annex of lines as Parquet", self.parquet_key, self.parquet_digest),
            ("electronic document", self.electronic_key, self.electronic_digest),
        )
        if self.archived_until is None:
            return ()
        known = (
            archived_file(released, what, key.rpartition("/")[2], digest)
            for what, key, digest in files
            if key and digest
        )
        return (archived_record(released), *known)

    @property
    def is_unreachable(self) -> bool:
        """Whether it was mailed to nobody since every address of the customer fails."""
        return bool(self.left_out) and self.mailed_to is None


class HandedOn(Model):
    """That the PDF of a document is kept, and that its electronic form is made next, in another function."""

    number: str
    pdf_key: str
    form: DocumentForm


def pdf_key(released: Released) -> str:
    """Return where the PDF of an invoice is."""
    return f"{documents_folder(released)}{released.number}.pdf"


def annex_key(released: Released) -> str:
    """Return where the annex of an invoice is."""
    return f"{documents_folder(released)}{annex_name(released)}"


def read_pdf(released: Released, *, register: Register, objects: Objects) -> bytes:
    """Return the PDF of a released document as it was sent.

    Raises NotFound where there is none yet, and ObjectUnreadable where what was delivered is gone, or is another one.
    """
    known, key = register.fact(released.invoice, DELIVERED), pdf_key(released)
    try:
        pdf = objects.get(key)
    except NotFound:
        if known is not None:
            raise ObjectUnreadable(key) from None
        message = f"{released.number} has no PDF yet: it is made when the document is delivered"
        raise NotFound(message) from None
    if known is not None and digest_bytes(pdf) != Delivery.model_validate(known).pdf_digest:
        raise ObjectUnreadable(key)
    return pdf


def deliver_invoice(
    *,
    invoice_id: str,
    register: Register,
    objects: Objects,
    archive: Archive,
    render: Renderer,
    mailer: Mailer,
    sender: str | None,
    electronic: Queue,
    pages: CustomerPages | None = None,
) -> Delivery | HandedOn:
    """Keep the PDF, archive it, and mail it to the account, unless it is a record only; not twice.

    An invoice of many lines has an annex, which is kept and mailed, too. Where the customer takes an electronic form,
    the PDF is kept and a message asks for the form: what makes it mails both.

    Raises NotFound where the invoice is not released, ExternalServiceUnavailable where the mail was not taken, and
    MailRefused where it never will be: that is a fact beside the invoice, and the message becomes a dead letter.
    """
    released = register.released(invoice_id)
    if released is None:
        message = f"invoice {shown(invoice_id)} is not released"
        raise NotFound(message)
    known = register.fact(invoice_id, DELIVERED)
    if known is not None:
        return Delivery.model_validate(known)
    invoice = read_invoice(objects, released.document)
    pdf = render(invoice, released)
    objects.put(pdf_key(released), pdf, content_type="application/pdf")
    files = DeliveredFiles.of(invoice, released, pdf)
    for name, media_type, data in files.annexes(released):
        objects.put(f"{documents_folder(released)}{name}", data, content_type=media_type)
    if invoice.particulars is not None and is_electronic(invoice) and not invoice.is_record:
        electronic.send([json.dumps({"invoice": invoice_id, "correlation_id": released.run})])
        return HandedOn(number=released.number, pdf_key=pdf_key(released), form=invoice.particulars.form)
    kept = archive_document(invoice, released, files, objects=objects, archive=archive)
    return mail_and_note(
        invoice, released, files, archived_until=kept, register=register, mailer=mailer, sender=sender, pages=pages
    )


def mail_and_note(
    invoice: Invoice,
    released: Released,
    files: DeliveredFiles,
    *,
    archived_until: date,
    register: Register,
    mailer: Mailer,
    sender: str | None,
    pages: CustomerPages | None = None,
) -> Delivery:
    """Mail the files of a document, unless it is a record only or no sender is set, and note that it was delivered.

    An address that fails is not written to: who gets copies is. Where nobody is left that is a fact beside the invoice.

    Raises ExternalServiceUnavailable where the mail was not taken, and MailRefused where it never will be.
    """
    if invoice.is_record:
        sender = None
    sent, link = Recipients(to=""), None
    if sender is not None:
        sent = recipients_of(invoice, released, register)
        if sent.to:
            mail = compose_within_limits(invoice, released, files, MailTerms(sender, sent), register, pages)
            send_mail(mail.message, invoice, sent, register=register, mailer=mailer)
            link = mail.link
        else:
            note_unreachable(invoice, sent, register)
    annex, electronic, parquet = files.annex, files.electronic, files.parquet
    delivery = Delivery(
        copied_to=sent.copies,
        left_out=sent.left_out,
        link=link,
        archived_until=archived_until,
        number=released.number,
        pdf_key=pdf_key(released),
        pdf_digest=digest_bytes(files.pdf),
        mailed_to=sent.to or None,
        annex_key=annex_key(released) if annex is not None else None,
        annex_digest=digest_bytes(annex) if annex is not None else None,
        parquet_key=parquet_key(released) if parquet is not None else None,
        parquet_digest=digest_bytes(parquet) if parquet is not None else None,
        electronic_key=electronic_key(released, electronic) if electronic is not None else None,
        electronic_digest=digest_bytes(electronic.data) if electronic is not None else None,
    )
    register.add(invoice.id, DELIVERED, delivery)
    return delivery


def electronic_key(released: Released, document: ElectronicDocument) -> str:
    """Return where the electronic form of a document is."""
    return f"{documents_folder(released)}{document.name}"


def recipients_of(invoice: Invoice, released: Released, register: Register) -> Recipients:
    """Return who is written to with a document: its customer and who gets copies, without addresses that fail."""
    stated = invoice.particulars or Particulars()
    return register.addresses.recipients(released.legal_entity, invoice.buyer.billing_email, stated.copies_to)


def note_unreachable(invoice: Invoice, sent: Recipients, register: Register) -> None:
    """Keep that a document was mailed to nobody, since every address of its customer fails: a fact beside it."""
    problem = DeliveryProblem(
        kind=ProblemKind.UNREACHABLE,
        invoice=invoice.id,
        mail=digest_bytes(" ".join(sent.left_out).encode())[:MAIL_NAME],
        happened_at=None,
        reason="every address of the customer bounced for good or complained before",
        recipients=sent.left_out,
    )
    register.add(invoice.id, problem.fact, problem)


def send_mail(mail: bytes, invoice: Invoice, sent: Recipients, *, register: Register, mailer: Mailer) -> None:
    """Send a document's mail; that it is refused for good is a fact beside the document, and raises MailRefused."""
    to = sent.to
    try:
        mailer.send(to=to, message=mail, copies=sent.copies)
    except MailRefused as error:
        _note_refused(invoice, to, error, register)
        raise


def _note_refused(invoice: Invoice, to: str, error: MailRefused, register: Register) -> None:
    problem = DeliveryProblem(
        kind=ProblemKind.REFUSED,
        invoice=invoice.id,
        mail=digest_bytes(f"{to} {error.message}".encode())[:MAIL_NAME],
        happened_at=None,
        reason=error.message,
    )
    register.add(invoice.id, problem.fact, problem)


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """A mail as it is sent, and the link in it, by its name, if there is one."""

    message: bytes
    link: str | None


def compose_within_limits(
    invoice: Invoice,
    released: Released,
    files: DeliveredFiles,
    terms: MailTerms,
    register: Register,
    pages: CustomerPages | None,
) -> ComposedMail:
    """Write a mail with a link to the customer's page, where there are pages, and with its files where they fit.

    Raises MailRefused where they do not, and there is no page: that is a fact beside the document.
    """
    token = pages.give_link(released, register) if pages is not None else ""
    linked = replace(terms, page=pages.address(token) if pages is not None else "")
    message = compose(invoice, released, files, linked)
    if len(message) > MOST_MAIL_BYTES:
        if pages is None:
            said = f"the mail has {len(message):,} bytes: {MOST_MAIL_BYTES:,} are taken, and no pages are on"
            refused = MailRefused(said)
            _note_refused(invoice, terms.sent.to, refused, register)
            raise refused
        message = compose(invoice, released, files, replace(linked, is_linked=True))
    return ComposedMail(message, link_name(token) if token else None)
