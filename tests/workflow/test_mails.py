"""The mails of invoices and credit notes: in each language, with copies, answered by the contact of the documents."""

from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from billproof.invoicing.addresses import Recipients
from billproof.invoicing.delivery import mail_and_note
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.mails import DeliveredFiles, MailTerms, compose
from billproof.invoicing.model import Invoice
from billproof.wording.catalogue import LANGUAGES, mail_text
from tests.support.account_documents import in_language
from tests.support.fakes import MemoryMailer
from tests.support.jurisdictions import CONTACT, complete, released_as, stating
from tests.support.world import World

SENDER = "billing@skymeter.example"
COPIES = ("controlling@ua.example", "boss@ua.example")


def terms_of(invoice: Invoice) -> MailTerms:
    copies = invoice.particulars.copies_to if invoice.particulars else ()
    return MailTerms(SENDER, Recipients(to=invoice.buyer.billing_email, copies=copies))


def mail_of(invoice: Invoice) -> EmailMessage:
    sent = compose(invoice, released_as(invoice), DeliveredFiles(b"%PDF"), terms_of(invoice))
    mail = message_from_bytes(sent, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


def body_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_is_in_the_customers_language(language: str) -> None:
    invoice = in_language(complete("DE"), language)
    mail = mail_of(invoice)
    number = released_as(invoice).number
    assert mail["Subject"] == mail_text(language, "subject_invoice", number=number, seller="Seller")
    due = mail_text(language, "due", due="2026-10-31")
    values = {"number": number, "period": "2013-01", "amount": "5764.48 EUR", "due": due}
    dear = mail_text(language, "dear", name=invoice.buyer.name)
    assert body_of(mail) == f"{dear}\n\n{mail_text(language, 'invoice', **values)}\n\nSeller\n"
    assert "{" not in body_of(mail)


def test_a_mail_of_an_invoice_in_german_to_the_letter() -> None:
    """What the catalogue says is what is sent: this one text is written out here."""
    invoice = in_language(complete("DE"), "de_AT")
    assert body_of(mail_of(invoice)) == (
        f"Guten Tag US Airways Inc.,\n\nanbei erhalten Sie die Rechnung {released_as(invoice).number} für 2013-01: "
        "5764.48 EUR, fällig am 2026-10-31.\n\nSeller\n"
    )


def test_copies_go_to_whom_the_customer_names_and_answers_to_the_contact() -> None:
    world, mailer = World(), MemoryMailer()
    world.bill()
    invoice = stating(world.invoice("skymeter-inc.2013-01.UA"), copies_to=COPIES, contact=CONTACT)
    released = world.register.released(invoice.id)
    assert released is not None
    files = DeliveredFiles(b"%PDF")
    delivery = mail_and_note(
        invoice,
        released,
        files,
        archived_until=date(2020, 12, 31),
        register=world.register,
        mailer=mailer,
        sender=SENDER,
    )
    ((to, sent),) = mailer.sent
    mail = message_from_bytes(sent, policy=SMTP)
    assert (to, mailer.copies) == (invoice.buyer.billing_email, [COPIES])
    assert (mail["Cc"], mail["Reply-To"]) == (", ".join(COPIES), CONTACT.email)
    assert (delivery.mailed_to, delivery.copied_to) == (to, COPIES)
    fact = world.register.fact(invoice.id, DELIVERED)
    assert fact is not None
    assert fact["copied_to"] == list(COPIES)


def test_who_names_nobody_gets_one_mail_and_no_header() -> None:
    invoice = stating(complete("DE"), contact=None)
    mail = mail_of(invoice)
    assert (mail["Cc"], mail["Reply-To"]) == (None, None)
