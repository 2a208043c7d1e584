"""Sending a delivered document again, as it was sent, to an address that is right now.

message | documents read | mail | resent
                              ^ died here: mailed again under the same Message-ID

A message names which sending it asks for: told twice, it is one fact, and one mail but for what dies in between.
"""

import operator

from pydantic import Field

from billproof.errors import InvalidInput, MailRefused, NotFound
from billproof.ids import shown
from billproof.invoicing.annex import annex_of, needs_annex
from billproof.invoicing.delivery import compose_within_limits, read_pdf, recipients_of, send_mail
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.electronic_delivery import read_electronic
from billproof.invoicing.facts import DELIVERED, resent_as
from billproof.invoicing.kept_annex import read_parquet
from billproof.invoicing.links import CustomerPages
from billproof.invoicing.mails import DeliveredFiles, MailTerms
from billproof.invoicing.register import Register
from billproof.model import Model
from billproof.ports import Mailer, Objects

FAILS = "this address bounced for good or complained before: note that it works, or name another one"


class WantedResending(Model):
    """To whom a document is sent again, and which sending that is, from 1; a later one where another took its place."""

    to: str
    ordinal: int


class Resent(Model):
    """The fact that a delivered document was sent again, and to whom; `link` names the link of the mail."""

    number: str
    mailed_to: str
    copied_to: tuple[str, ...]
    ordinal: int
    link: str | None = Field(default=None, exclude_if=operator.not_)


def resend_invoice(
    wanted: WantedResending,
    *,
    invoice_id: str,
    register: Register,
    objects: Objects,
    mailer: Mailer,
    sender: str | None,
    pages: CustomerPages | None = None,
) -> Resent:
    """Mail a delivered document again with the files that were kept; what was sent again is left alone.

    Raises NotFound where it was not delivered, InvalidInput without a sender, ObjectUnreadable where what was sent is
    gone or another one, ExternalServiceUnavailable where the mail was not taken, and MailRefused where it never will or
    the address is one that fails.
    """
    released = register.released(invoice_id)
    if released is None or register.fact(invoice_id, DELIVERED) is None:
        message = f"invoice {shown(invoice_id)} was not delivered yet"
        raise NotFound(message)
    ordinal = wanted.ordinal
    while (known := register.fact(invoice_id, resent_as(ordinal))) is not None:
        before = Resent.model_validate(known)
        if before.mailed_to == wanted.to:
            return before
        ordinal += 1  # who asked at the same time wanted it sent to another address
    fact = resent_as(ordinal)
    if sender is None:
        message = "nothing is mailed: the stack has no SenderAddress"
        raise InvalidInput(message)
    kept = read_invoice(objects, released.document)
    invoice = kept.model_copy(update={"buyer": kept.buyer.model_copy(update={"billing_email": wanted.to})})
    files = DeliveredFiles(
        read_pdf(released, register=register, objects=objects),
        annex_of(kept, released) if needs_annex(kept) else None,
        read_electronic(released, register=register, objects=objects),
        read_parquet(released, register=register, objects=objects),
    )
    if register.addresses.failure(released.legal_entity, wanted.to) is not None:
        raise MailRefused(FAILS)
    sent = recipients_of(invoice, released, register)
    mail = compose_within_limits(invoice, released, files, MailTerms(sender, sent, fact), register, pages)
    send_mail(mail.message, invoice, sent, register=register, mailer=mailer)
    resent = Resent(number=released.number, mailed_to=wanted.to, copied_to=sent.copies, ordinal=ordinal, link=mail.link)
    while not register.add(invoice_id, resent_as(resent.ordinal), resent):
        resent = resent.model_copy(update={"ordinal": resent.ordinal + 1})  # somebody else was faster meanwhile
    return resent
