"""A complete document under the law of each place, made of one that the demo billed; and what takes an item off it."""

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from billproof.invoicing.model import DocumentRef, Invoice, Released, Seller
from billproof.invoicing.particulars import Particulars
from billproof.masterdata.addresses import Address
from billproof.masterdata.documents import DocumentContact, DocumentForm, ElectronicAddress, RemittanceAccount
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.money import Money, Taxed
from tests.support.world import EUROPE, JANUARY, World, flight

CONTACT = DocumentContact(name="Receivables", email="money@seller.example", phone="+1 555 0100")
DAY = date(2026, 10, 1)
IBAN = "DE89370400440532013000"

SELLERS: dict[str, tuple[str, str, str, RemittanceAccount]] = {
    # list: city, tax number, currency, account to pay to
    "DE": ("Berlin", "DE136695976", "EUR", RemittanceAccount(currency="EUR", holder="Seller", iban=IBAN)),
    "GB": (
        "London",
        "GB980780684",
        "GBP",
        RemittanceAccount(currency="GBP", holder="Seller", iban="GB82WEST12345698765432"),
    ),
    "CH": (
        "Zürich",
        "CHE107787577IVA",
        "CHF",
        RemittanceAccount(currency="CHF", holder="Seller", iban="CH9300762011623852957"),
    ),
    "CA": ("Toronto", "123456782RT0001", "CAD", RemittanceAccount(currency="CAD", holder="Seller", iban=IBAN)),
    "AU": ("Sydney", "83914571673", "AUD", RemittanceAccount(currency="AUD", holder="Seller", iban=IBAN)),
    "US": (
        "Boston",
        "11-1111111",
        "USD",
        RemittanceAccount(currency="USD", holder="Seller", routing_number="021000021", account_number="4401"),
    ),
}


@cache
def billed() -> tuple[Invoice, Released]:
    """A German invoice of a fee and of flights, and its release."""
    world = World()
    world.ingest(flight(number, account="US") for number in range(1, 50))
    world.bill(EUROPE)
    invoice_id = f"{EUROPE}.{JANUARY}.US"
    world.approve_all(EUROPE)
    released = world.register.released(invoice_id)
    assert released is not None
    return world.invoice(invoice_id), released


def complete(country: str) -> Invoice:
    """A document that lacks nothing: a seller of a country taxes a customer there."""
    invoice, _ = billed()
    city, number, currency, account = SELLERS[country]
    address = Address(lines=("1 High Street",), city=city, postal_code="10115", country=country)
    lines = tuple(
        line.model_copy(
            update={
                "amounts": _in(line.amounts, currency),
                "taxable_base": _of(line.taxable_base, currency),
                "tax_by_line": _of(line.tax_by_line, currency),
                "priced": line.priced.model_copy(update={"net": _of(line.priced.net, currency)}),
                "determination": line.determination.model_copy(update={"jurisdiction": country}),
            }
        )
        for line in invoice.lines
    )
    groups = tuple(
        group.model_copy(
            update={
                "jurisdiction": country,
                "amounts": _in(group.amounts, currency),
                "taxable_base": _of(group.taxable_base, currency),
                "tax_by_line": _of(group.tax_by_line, currency),
            }
        )
        for group in invoice.tax_summary
    )
    stated = Particulars(
        pay_to=account,
        contact=CONTACT,
        footer=("Register of companies, 100000",),
        requires_purchase_order=True,
        purchase_orders=("PO-7",),
    )
    return invoice.model_copy(
        update={
            "seller": Seller(id=invoice.seller.id, name="Seller", address=address, tax_numbers={country: number}),
            "buyer": invoice.buyer.model_copy(update={"locale": "en_US"}),
            "issue_date": DAY,
            "due_date": date(2026, 10, 31),
            "currency": currency,
            "lines": lines,
            "tax_summary": groups,
            "totals": _in(invoice.totals, currency),
            "particulars": stated,
        }
    )


def between(invoice: Invoice, seller: str, buyer: str) -> Invoice:
    """The document of a seller and a customer of two countries."""
    seller_address = invoice.seller.address.model_copy(update={"country": seller})
    buyer_address = invoice.buyer.address.model_copy(update={"country": buyer})
    return invoice.model_copy(
        update={
            "seller": invoice.seller.model_copy(update={"address": seller_address}),
            "buyer": invoice.buyer.model_copy(update={"address": buyer_address}),
        }
    )


def electronic(form: DocumentForm) -> Invoice:
    """A German document that lacks nothing of an electronic form."""
    address = ElectronicAddress(scheme="9930", id="DE123456788")
    parties = {"seller_address": address, "buyer_address": address, "buyer_reference": "04011000-12345-06"}
    return stating(complete("DE"), form=form, **parties)


def released_as(invoice: Invoice) -> Released:
    """Its release, under the number of the one that was billed."""
    _, released = billed()
    document = DocumentRef(key=released.document.key, digest=released.document.digest, totals=invoice.totals)
    return released.model_copy(update={"document": document, "issue_date": invoice.issue_date})


def stating(invoice: Invoice, **changes: Any) -> Invoice:
    """The document with other particulars."""
    assert invoice.particulars is not None
    return invoice.model_copy(update={"particulars": invoice.particulars.model_copy(update=changes)})


def taxed(invoice: Invoice, **changes: Any) -> Invoice:
    """The document with another tax."""
    groups = tuple(group.model_copy(update=changes) for group in invoice.tax_summary)
    return invoice.model_copy(update={"tax_summary": groups})


def _nameless(invoice: Invoice) -> Invoice:
    first, *rest = invoice.lines
    nameless = first.model_copy(update={"priced": first.priced.model_copy(update={"description": " "})})
    return invoice.model_copy(update={"lines": (nameless, *rest)})


def _in_dollars(invoice: Invoice) -> Invoice:
    return invoice.model_copy(update={"currency": "USD", "totals": _in(invoice.totals, "USD")})


def _unnumbered(invoice: Invoice) -> Invoice:
    return invoice.model_copy(update={"seller": invoice.seller.model_copy(update={"tax_numbers": {}})})


def _unaddressed(party: str) -> Callable[[Invoice], Invoice]:
    def change(invoice: Invoice) -> Invoice:
        owner = getattr(invoice, party)
        address = owner.address.model_copy(update={"lines": ()})
        return invoice.model_copy(update={party: owner.model_copy(update={"address": address})})

    return change


def _reversed(invoice: Invoice) -> Invoice:
    buyer = invoice.buyer.model_copy(update={"vat_number": None})
    return taxed(invoice, treatment="reverse_charge").model_copy(update={"buyer": buyer})


LACKING: dict[str, Callable[[Invoice], Invoice]] = {
    "seller_name_and_address": _unaddressed("seller"),
    "buyer_name_and_address": _unaddressed("buyer"),
    "seller_tax_number": _unnumbered,
    "buyer_tax_number": _reversed,
    "description": _nameless,
    "tax_by_rate": lambda invoice: invoice.model_copy(update={"tax_summary": ()}),
    "tax_currency": _in_dollars,
    "exemption": lambda invoice: taxed(invoice, treatment="exempt", reason=" "),
    "corrected_document": lambda invoice: invoice.model_copy(update={"kind": "credit_note", "corrects": None}),
    "pay_to": lambda invoice: stating(invoice, pay_to=None),
    "company_details": lambda invoice: stating(invoice, footer=()),
    "contact": lambda invoice: stating(invoice, contact=None),
    "purchase_order": lambda invoice: stating(invoice, purchase_orders=()),
    "mandate": lambda invoice: between(invoice, "IT", "IT"),
    "one_order": lambda invoice: stating(invoice, purchase_orders=("PO-7", "PO-8")),
    "vat_category": lambda invoice: taxed(invoice, jurisdiction="US-TX"),
    "electronic_addresses": lambda invoice: stating(invoice, buyer_address=None),
    "buyer_reference": lambda invoice: stating(invoice, buyer_reference=None, purchase_orders=()),
    "contact_phone": lambda invoice: stating(invoice, contact=CONTACT.model_copy(update={"phone": None})),
}
"""How a document comes to lack each item that it may lack."""


def exchanged(invoice: Invoice, currency: str) -> Invoice:
    """The document with its amounts in the books of another currency, at the rate of one."""
    rate = ExchangeRate.model_validate(
        {"id": f"{invoice.currency}-{currency}", "day": "2026-09-30", "version": 1, "rate": "1", "source": "ECB"}
    )
    lines = tuple(line.model_copy(update={"booked": _in(line.amounts, currency)}) for line in invoice.lines)
    return invoice.model_copy(update={"exchange": rate, "lines": lines, "booked": _in(invoice.totals, currency)})


def _of(amount: Money, currency: str) -> Money:
    return Money.of(amount.amount, currency)


def _in(amounts: Taxed, currency: str) -> Taxed:
    return Taxed.of(_of(amounts.net, currency), _of(amounts.tax, currency))
