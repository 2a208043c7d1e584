"""Delivering a released document in an electronic form, which is made of it and of its PDF.

message | electronic document kept | archive | mail | delivered
        ^ died anywhere: the same bytes are made again, and mailed under the same Message-ID

What breaks the rules of its form, or says what the form has no term for, is not sent: that is a fact beside the
invoice, and the message becomes a dead letter.
"""

from billproof.errors import NotExpressible, NotFound, RulesBroken
from billproof.ids import digest_bytes, shown
from billproof.invoicing.annex import documents_folder
from billproof.invoicing.archive import archive_document
from billproof.invoicing.delivery import (
    MAIL_NAME,
    Delivery,
    electronic_key,
    mail_and_note,
    pdf_key,
)
from billproof.invoicing.delivery_events import DeliveryProblem, ProblemKind
from billproof.invoicing.documents import read_file, read_invoice
from billproof.invoicing.electronic import ElectronicDocument, ElectronicMaker
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.links import CustomerPages
from billproof.invoicing.mails import DeliveredFiles
from billproof.invoicing.model import Invoice, Released
from billproof.invoicing.register import Register
from billproof.ports import Archive, Mailer, Objects


def deliver_electronic(
    *,
    invoice_id: str,
    register: Register,
    objects: Objects,
    archive: Archive,
    make: ElectronicMaker,
    mailer: Mailer,
    sender: str | None,
    pages: CustomerPages | None = None,
) -> Delivery:
    """Keep a document in its electronic form, archive and mail it with its PDF; one that was delivered is left alone.

    Raises NotFound where it is not released or has no PDF yet, NotExpressible and RulesBroken where its form does not
    take it, ExternalServiceUnavailable where the mail was not taken, and MailRefused where it never will be.
    """
    released = register.released(invoice_id)
    if released is None:
        message = f"invoice {shown(invoice_id)} is not released"
        raise NotFound(message)
    known = register.fact(invoice_id, DELIVERED)
    if known is not None:
        return Delivery.model_validate(known)
    invoice, pdf = read_invoice(objects, released.document), objects.get(pdf_key(released))
    document = _made(invoice, released, pdf, register=register, make=make)
    objects.put(electronic_key(released, document), document.data, content_type=document.media_type)
    files = DeliveredFiles.of(invoice, released, pdf, document)
    kept = archive_document(invoice, released, files, objects=objects, archive=archive)
    return mail_and_note(
        invoice, released, files, archived_until=kept, register=register, mailer=mailer, sender=sender, pages=pages
    )


def read_electronic(released: Released, *, register: Register, objects: Objects) -> ElectronicDocument | None:
    """Return the electronic form of a document as it was sent; None where it was not, or has none.

    Raises ObjectUnreadable where what was delivered is gone, or is another one.
    """
    known = register.fact(released.invoice, DELIVERED)
    delivery = Delivery.model_validate(known) if known is not None else None
    if delivery is None or delivery.electronic_key is None:
        return None
    key = delivery.electronic_key
    name = key.removeprefix(documents_folder(released))
    data = read_file(objects, key, delivery.electronic_digest)
    return ElectronicDocument(name, "application/pdf" if name.endswith(".pdf") else "application/xml", data)


def _made(
    invoice: Invoice, released: Released, pdf: bytes, *, register: Register, make: ElectronicMaker
) -> ElectronicDocument:
    try:
        return make(invoice, released, pdf)
    except (NotExpressible, RulesBroken) as error:
        problem = DeliveryProblem(
            kind=ProblemKind.UNFIT,
            invoice=invoice.id,
            mail=digest_bytes(str(error).encode())[:MAIL_NAME],
            happened_at=None,
            reason=str(error),
        )
        register.add(invoice.id, problem.fact, problem)
        raise
