"""One document of each kind to a customer, in a language: 30.00 a month, of which a part was paid."""

from datetime import date

from billproof.invoicing.model import Invoice
from billproof.invoicing.parties import Parties, parties_of
from billproof.masterdata.documents import DocumentContact, EntityDocuments, RemittanceAccount
from billproof.receivables.account_documents import (
    AccountDocument,
    ProFormaDocument,
    ReceiptDocument,
    ReminderDocument,
    StatementDocument,
)
from billproof.receivables.reminders import RemindedDocument
from billproof.receivables.statement import state_account
from tests.support.cash import eur, euro_world, number_of, receipt, receivables_of, take
from tests.support.world import INC, World

JAN, FEB = "2013-01", "2013-02"
DAY = date(2013, 4, 3)
STATED = EntityDocuments(
    pay_to=(
        RemittanceAccount(currency="EUR", holder="Skymeter Inc.", iban="DE89370400440532013000", bic="COBADEFFXXX"),
    ),
    contact=DocumentContact(name="Receivables", email="money@seller.example", phone="+1 555 0100"),
    footer=("Register of companies, 100000",),
)


NAME = "United Air Lines Inc."


def parties(world: World, locale: str, *, name: str = NAME) -> Parties:
    account = world.directory.account("UA")
    assert account is not None
    entity = world.directory.legal_entity(INC).model_copy(update={"documents": STATED})
    return parties_of(entity, account.model_copy(update={"locale": locale, "name": name}), DAY)


def open_world() -> World:
    """Two invoices of 30.00 EUR, and a receipt that paid 12.34 of the first."""
    world = euro_world(JAN, FEB)
    take(world, receipt(eur("12.34"), remittance=number_of(world, JAN)))
    return world


def statement_document(world: World, locale: str, *, name: str = NAME) -> StatementDocument:
    stated = state_account("UA", receivables_of(world), world.dispute_book, on=DAY, only_open=False)
    return StatementDocument(parties(world, locale, name=name), stated)


def reminder_document(world: World, locale: str, *, level: int = 2, name: str = NAME) -> ReminderDocument:
    first = RemindedDocument(
        invoice=f"{INC}.{JAN}.UA",
        number=number_of(world, JAN),
        due=date(2013, 3, 3),
        open=eur("17.66"),
        days_overdue=31,
        level=level,
    )
    second = first.model_copy(
        update={"number": number_of(world, FEB), "due": date(2013, 4, 2), "open": eur(30), "days_overdue": 1}
    )
    text = "Please pay these invoices within a week, or write to us why you do not."
    return ReminderDocument(parties(world, locale, name=name), (first, second), text, levels=3)


def receipt_document(world: World, locale: str, *, name: str = NAME) -> ReceiptDocument:
    (state, *_) = (one for one in world.cash_book.received(INC) if one.receipt.amount == eur("12.34"))
    return ReceiptDocument(parties(world, locale, name=name), state)


def pro_forma_document(world: World, locale: str, *, name: str = NAME) -> ProFormaDocument:
    said = parties(world, locale, name=name)
    invoice = world.invoice(f"{INC}.{JAN}.UA").model_copy(update={"buyer": said.buyer, "seller": said.seller})
    return ProFormaDocument(said, invoice)


def documents(world: World, locale: str, *, name: str = NAME) -> dict[str, AccountDocument]:
    return {
        "statement": statement_document(world, locale, name=name),
        "reminder": reminder_document(world, locale, name=name),
        "receipt": receipt_document(world, locale, name=name),
        "pro-forma": pro_forma_document(world, locale, name=name),
    }


def long_statement(world: World, locale: str, rows: int) -> StatementDocument:
    """A statement of so many invoices, the numbers and amounts of which are long."""
    document = statement_document(world, locale)
    (stated,) = document.statement.currencies
    one = stated.documents[0]
    many = tuple(
        one.model_copy(update={"number": f"SKY-US-2013-{place:06}", "gross": eur("1234567.89"), "open": eur("1.25")})
        for place in range(1, rows + 1)
    )
    currency = stated.model_copy(update={"documents": many})
    statement = document.statement.model_copy(update={"currencies": (currency,)})
    return StatementDocument(document.parties, statement)


def in_language(invoice: Invoice, locale: str) -> Invoice:
    return invoice.model_copy(update={"buyer": invoice.buyer.model_copy(update={"locale": locale})})
