"""Delivering a released invoice: its PDF is kept, and mailed where a sender is set.

PDF | mail | delivered
           ^ died here: mailed again under the same Message-ID, by which the two can be told to be one

Where the customer takes an electronic form, the PDF is kept and the rest is handed on (electronic_delivery.py):

PDF | message || electronic document | mail | delivered
"""

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial

from pydantic import Field

from billproof.errors import MailRefused, NotFound, ObjectUnreadable
from billproof.ids import digest_bytes, shown
from billproof.invoicing.addresses import Recipients
from billproof.invoicing.annex import annex_name, annex_of, needs_annex
from billproof.invoicing.delivery_events import DeliveryProblem, ProblemKind
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.electronic import ElectronicDocument, is_electronic
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.invoicing.particulars import Particulars
from billproof.invoicing.register import Register
from billproof.masterdata.documents import DocumentForm
from billproof.model import Model
from billproof.ports import Mailer, Objects, Queue
from billproof.wording.catalogue import mail_text

INVOICE_HEADER = "X-Billproof-Invoice"
"""By which a bounce is brought back to its invoice: SES writes a Message-ID of its own, and returns other headers."""
REMINDER_HEADER = "X-Billproof-Reminder"
"""Of a reminder, beside the first invoice that it is of: that it bounces says nothing of the invoice's own mail."""
MAIL_NAME = 16
"""Digits of the digest of address and reason that name a mail which was never taken: its tries are one fact."""

Renderer = Callable[[Invoice, Released], bytes]
"""Draws an invoice as a PDF: the same invoice always gives the same bytes."""


class Delivery(Model):
    """The fact that an invoice was delivered; with an annex, where its PDF shows summaries of its lines.

    `left_out` are addresses of the customer that fail, and were not written to.
    """

    number: str
    pdf_key: str
    pdf_digest: str
    mailed_to: str | None
    annex_key: str | None = None
    annex_digest: str | None = None
    electronic_key: str | None = Field(default=None, exclude_if=operator.not_)
    electronic_digest: str | None = Field(default=None, exclude_if=operator.not_)
    copied_to: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    left_out: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)

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
    render: Renderer,
    mailer: Mailer,
    sender: str | None,
    electronic: Queue,
) -> Delivery | HandedOn:
    """Keep the PDF and mail it to the account, unless it is a record only; one that was delivered is left alone.

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
    annex = annex_of(invoice, released) if needs_annex(invoice) else None
    if annex is not None:
        objects.put(annex_key(released), annex, content_type="text/csv")
    if invoice.particulars is not None and is_electronic(invoice) and not invoice.is_record:
        electronic.send([json.dumps({"invoice": invoice_id, "correlation_id": released.run})])
        return HandedOn(number=released.number, pdf_key=pdf_key(released), form=invoice.particulars.form)
    files = DeliveredFiles(pdf, annex)
    return mail_and_note(invoice, released, files, register=register, mailer=mailer, sender=sender)


@dataclass(frozen=True, slots=True)
class DeliveredFiles:
    """The files of a delivery: the PDF, the annex of an invoice of many lines, and the electronic form."""

    pdf: bytes
    annex: bytes | None = None
    electronic: ElectronicDocument | None = None


def mail_and_note(
    invoice: Invoice,
    released: Released,
    files: DeliveredFiles,
    *,
    register: Register,
    mailer: Mailer,
    sender: str | None,
) -> Delivery:
    """Mail the files of a document, unless it is a record only or no sender is set, and note that it was delivered.

    An address that fails is not written to: who gets copies is. Where nobody is left that is a fact beside the invoice.

    Raises ExternalServiceUnavailable where the mail was not taken, and MailRefused where it never will be.
    """
    if invoice.is_record:
        sender = None
    sent = Recipients(to="")
    if sender is not None:
        sent = recipients_of(invoice, released, register)
        if sent.to:
            mail = compose(invoice, released, files, sender=sender, sent=sent)
            send_mail(mail, invoice, sent, register=register, mailer=mailer)
        else:
            note_unreachable(invoice, sent, register)
    annex, electronic = files.annex, files.electronic
    delivery = Delivery(
        copied_to=sent.copies,
        left_out=sent.left_out,
        number=released.number,
        pdf_key=pdf_key(released),
        pdf_digest=digest_bytes(files.pdf),
        mailed_to=sent.to or None,
        annex_key=annex_key(released) if annex is not None else None,
        annex_digest=digest_bytes(annex) if annex is not None else None,
        electronic_key=electronic_key(released, electronic) if electronic is not None else None,
        electronic_digest=digest_bytes(electronic.data) if electronic is not None else None,
    )
    register.add(invoice.id, DELIVERED, delivery)
    return delivery


def electronic_key(released: Released, document: ElectronicDocument) -> str:
    """Return where the electronic form of a document is."""
    return f"{documents_folder(released)}{document.name}"


def documents_folder(released: Released) -> str:
    """Return where the documents of a legal entity and a month are."""
    return f"documents/{released.legal_entity}/{released.period.name}/"


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
        problem = DeliveryProblem(
            kind=ProblemKind.REFUSED,
            invoice=invoice.id,
            mail=digest_bytes(f"{to} {error.message}".encode())[:MAIL_NAME],
            happened_at=None,
            reason=error.message,
        )
        register.add(invoice.id, problem.fact, problem)
        raise


def compose(
    invoice: Invoice,
    released: Released,
    files: DeliveredFiles,
    *,
    sender: str,
    sent: Recipients,
    sending: str = "",
) -> bytes:
    """Write the mail: the same `sending` of an invoice has the same Message-ID, so a repeated one is recognised."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = sent.to
    address_answers(mail, invoice.particulars or Particulars(), sent)
    mail[INVOICE_HEADER] = invoice.id
    kind = "credit_note" if invoice.kind is DocumentKind.CREDIT_NOTE else "invoice"
    said = partial(mail_text, invoice.buyer.locale)
    mail["Subject"] = said(f"subject_{kind}", number=released.number, seller=invoice.seller.name)
    mail["Message-ID"] = message_id(*filter(None, (invoice.id, released.number, sending)), sender=sender)
    text = _said_of_credit(invoice, released) if kind == "credit_note" else _said_of_invoice(invoice, released)
    mail.set_content(f"{said('dear', name=invoice.buyer.name)}\n\n{text}\n\n{invoice.seller.name}\n")
    electronic = files.electronic
    if electronic is not None:
        maintype, _, subtype = electronic.media_type.partition("/")
        mail.add_attachment(electronic.data, maintype=maintype, subtype=subtype, filename=electronic.name)
    if electronic is None or not electronic.has_pdf:
        mail.add_attachment(files.pdf, maintype="application", subtype="pdf", filename=f"{released.number}.pdf")
    if files.annex is not None:
        mail.add_attachment(files.annex, maintype="text", subtype="csv", filename=annex_name(released))
    return mail.as_bytes()


def address_answers(mail: EmailMessage, stated: Particulars, sent: Recipients) -> None:
    """Say in a mail who gets copies, and that answers go to whom the documents name as contact."""
    if sent.copies:
        mail["Cc"] = ", ".join(sent.copies)
    if stated.contact is not None:
        mail["Reply-To"] = stated.contact.email


def message_id(*names: str, sender: str) -> str:
    """Return the Message-ID of a mail: of the domain of its sender, and the same for the same names."""
    return f"<{'.'.join(names)}@{sender.rsplit('@', 1)[-1]}>"


def _said_of_invoice(invoice: Invoice, released: Released) -> str:
    """Say what is due and when, after what is drawn of the customer's balance; or what is left to it."""
    said, balance = partial(mail_text, invoice.buyer.locale), released.balance
    if balance is not None and balance.left.amount:
        due = said("nothing_due") + _left(invoice, released)
    elif balance is None or balance.drawn.is_zero:
        due = said("due", due=invoice.due_date)
    else:
        due = said("drawn", drawn=balance.drawn, left=released.receivable.amount, due=invoice.due_date)
    return said("invoice", number=released.number, period=invoice.period.name, amount=invoice.totals.gross, due=due)


def _said_of_credit(invoice: Invoice, released: Released) -> str:
    name = "credit_note_refund" if invoice.refund else "credit_note"
    values = {"number": released.number, "corrects": invoice.corrects, "amount": -invoice.totals.gross}
    return mail_text(invoice.buyer.locale, name, **values) + _left(invoice, released)


def _left(invoice: Invoice, released: Released) -> str:
    balance = released.balance
    if balance is None or balance.left.is_zero:
        return ""
    return " " + mail_text(invoice.buyer.locale, "left", left=balance.left, after=balance.after.amount)
