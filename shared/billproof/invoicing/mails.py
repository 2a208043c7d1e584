"""The mail with a document: who it is to, what it says in the customer's language, and its files or a link to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial

from billproof.invoicing.addresses import Recipients
from billproof.invoicing.annex import annex_name, annex_of, needs_annex
from billproof.invoicing.annex_parquet import PARQUET, needs_parquet, parquet_name, parquet_of
from billproof.invoicing.electronic import ElectronicDocument
from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.invoicing.particulars import Particulars
from billproof.wording.catalogue import mail_text

INVOICE_HEADER = "X-Billproof-Invoice"
"""By which a bounce is brought back to its invoice: SES writes a Message-ID of its own, and returns other headers."""
REMINDER_HEADER = "X-Billproof-Reminder"
"""Of a reminder, beside the first invoice that it is of: that it bounces says nothing of the invoice's own mail."""
MOST_MAIL_BYTES = 10_000_000
"""Bytes of a whole mail, its files in base64, that SES takes through its first API."""


@dataclass(frozen=True, slots=True)
class DeliveredFiles:
    """The files of a delivery: the PDF, the annex of an invoice of many lines, and the electronic form.

    The annex of very many lines is there as Parquet, too.
    """

    pdf: bytes
    annex: bytes | None = None
    electronic: ElectronicDocument | None = None
    parquet: bytes | None = None

    @classmethod
    def of(
        cls, invoice: Invoice, released: Released, pdf: bytes, electronic: ElectronicDocument | None = None
    ) -> "DeliveredFiles":
        """Return the files of a document, with the annex that it needs."""
        annex = annex_of(invoice, released) if needs_annex(invoice) else None
        parquet = parquet_of(annex) if annex is not None and needs_parquet(invoice) else None
        return cls(pdf, annex, electronic, parquet)

    def annexes(self, released: Released) -> Iterator[tuple[str, str, bytes]]:
        """Yield the files of the annex: the name, media type and bytes of each."""
        if self.annex is not None:
            yield annex_name(released), "text/csv", self.annex
        if self.parquet is not None:
            yield parquet_name(released), PARQUET, self.parquet


@dataclass(frozen=True, slots=True)
class MailTerms:
    """From whom and to whom a mail goes, which sending of its document it is, and the address of the customer's page.

    Where the files are too large for a mail they are not attached: `is_linked` says so, and the page has them.
    """

    sender: str
    sent: Recipients
    sending: str = ""
    page: str = ""
    is_linked: bool = False


def compose(invoice: Invoice, released: Released, files: DeliveredFiles, terms: MailTerms) -> bytes:
    """Write the mail: the same sending of an invoice has the same Message-ID, so a repeated one is recognised."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = terms.sender
    mail["To"] = terms.sent.to
    address_answers(mail, invoice.particulars or Particulars(), terms.sent)
    mail[INVOICE_HEADER] = invoice.id
    kind = "credit_note" if invoice.kind is DocumentKind.CREDIT_NOTE else "invoice"
    said = partial(mail_text, invoice.buyer.locale)
    mail["Subject"] = said(f"subject_{kind}", number=released.number, seller=invoice.seller.name)
    names = filter(None, (invoice.id, released.number, terms.sending))
    mail["Message-ID"] = message_id(*names, sender=terms.sender)
    text = _said_of_credit(invoice, released) if kind == "credit_note" else _said_of_invoice(invoice, released)
    page = [said("too_large" if terms.is_linked else "online", page=terms.page)] if terms.page else []
    mail.set_content("\n\n".join([said("dear", name=invoice.buyer.name), text, *page, f"{invoice.seller.name}\n"]))
    for name, media_type, data in () if terms.is_linked else files_of(released, files):
        maintype, _, subtype = media_type.partition("/")
        mail.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    return mail.as_bytes()


def files_of(released: Released, files: DeliveredFiles) -> Sequence[tuple[str, str, bytes]]:
    """Return what a customer is sent: the name, media type and bytes of each file."""
    sent: list[tuple[str, str, bytes]] = []
    electronic = files.electronic
    if electronic is not None:
        sent.append((electronic.name, electronic.media_type, electronic.data))
    if electronic is None or not electronic.has_pdf:
        sent.append((f"{released.number}.pdf", "application/pdf", files.pdf))
    return [*sent, *files.annexes(released)]


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
