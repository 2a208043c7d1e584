"""What a document has to say, law by law: a table of places and items, each with its source.

For each item of each list: a complete document says it, on paper too; and one that lacks it is held.
"""

import io
from functools import cache

import pytest
from pypdf import PdfReader

from billproof.adapters.typst.pdf import render_invoice
from billproof.findings import Severity
from billproof.invoicing.model import DocumentKind, Invoice
from billproof.invoicing.required_items import (
    EVERYWHERE,
    RequiredItem,
    lists_for,
    missing_item_findings,
    missing_items,
    required_items,
)
from billproof.masterdata.documents import DocumentForm
from tests.support.jurisdictions import LACKING, SELLERS, complete, electronic, exchanged, released_as, stating, taxed

ROWS = required_items().items
SELLER_OF = {"EU": "DE", EVERYWHERE: "US"}
"""Whose document shows a list; of the others it is their own country's."""

SAID = {
    "number": "SKY-EU-2013-000003",
    "issue_date": "Issue date Oct 1, 2026",
    "supply_dates": "Service period Jan 1, 2013 – Jan 31, 2013",
    "seller_name_and_address": "1 High Street · 10115",
    "buyer_name_and_address": "US Airways Inc. The Squaire 12",
    "description": "Flights handled",
    "unit_price": "0.90",
    "terms_of_payment": "Payable within 30 days of the issue date, by Oct 31, 2026, without deduction.",
    "contact": "Questions about this document: Receivables, money@seller.example, +1 555 0100",
    "purchase_order": "Purchase order PO-7",
    "company_details": "Register of companies, 100000",
    "tax_invoice": "Tax invoice",
    "reverse_charge": "Reverse charge: the recipient accounts for the VAT (article 196, Directive 2006/112/EC).",
}
"""What stands on paper for an item."""


@cache
def paper(country: str) -> str:
    return text_of(complete(country))


@cache
def reverse_charged() -> str:
    return text_of(taxed(complete("DE"), treatment="reverse_charge"))


def text_of(invoice: Invoice) -> str:
    pages = PdfReader(io.BytesIO(render_invoice(invoice, released_as(invoice)))).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages).replace("\xa0", " ").replace("\u202f", " ")


def document_of(row: RequiredItem) -> Invoice:
    forms = {"electronic": DocumentForm.UBL, "peppol": DocumentForm.PEPPOL, "xrechnung": DocumentForm.XRECHNUNG}
    return electronic(forms[row.list]) if row.list in forms else complete(country_of(row))


def country_of(row: RequiredItem) -> str:
    return SELLER_OF.get(row.list, row.list)


@pytest.mark.parametrize("country", SELLERS)
def test_a_complete_document_lacks_nothing(country: str) -> None:
    assert list(missing_items(complete(country))) == []


@pytest.mark.parametrize("form", list(DocumentForm)[1:])
def test_a_complete_document_lacks_nothing_of_its_electronic_form(form: DocumentForm) -> None:
    assert list(missing_items(electronic(form))) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.list}-{row.item}")
def test_every_item_of_every_list_is_on_paper_or_holds_the_document(row: RequiredItem) -> None:
    said = SAID.get(row.item)
    if said is not None:
        reversed_charge = row.item == "reverse_charge"
        assert said in (reverse_charged() if reversed_charge else paper(country_of(row))), said
    lacking = LACKING.get(row.item)
    assert said or lacking, "an item that nothing shows and nothing holds"
    if lacking is not None:
        missing = [required for required, _ in missing_items(lacking(document_of(row)))]
        assert row in missing


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.list}-{row.item}")
def test_every_item_names_its_source(row: RequiredItem) -> None:
    assert row.source.startswith("practice") or any(sign.isdigit() for sign in row.source) or "customer" in row.source


@pytest.mark.parametrize(
    ("country", "said"),
    [
        ("DE", ("VAT number DE136695976", "VAT 19 % (DE) on €4,844.10", "€920.38", "IBAN DE89 3704 0044 0532 0130 00")),
        ("GB", ("VAT number GB980780684", "VAT 19 % (GB) on £4,844.10", "IBAN GB82 WEST 1234 5698 7654 32")),
        ("CH", ("CHE107787577IVA", "VAT 19 % (CH) on CHF4,844.10", "IBAN CH93 0076 2011 6238 5295 7")),
        ("CA", ("GST/HST 123456782RT0001", "GST 19 % (CA) on CA$4,844.10")),
        ("AU", ("ABN 83914571673", "GST 19 % (AU) on A$4,844.10")),
        ("US", ("US 11-1111111", "Sales tax 19 % (US) on $4,844.10", "ABA routing number 021000021")),
    ],
)
def test_numbers_tax_by_rate_and_accounts_stand_as_the_law_wants_them(country: str, said: tuple[str, ...]) -> None:
    for text in said:
        assert text in paper(country), text


def test_reverse_charge_is_said_in_the_customers_language_with_its_number() -> None:
    invoice = taxed(complete("DE"), treatment="reverse_charge")
    buyer = invoice.buyer.model_copy(update={"locale": "fr_FR"})
    found = text_of(invoice.model_copy(update={"buyer": buyer}))
    assert "Autoliquidation: la TVA est due par le preneur" in found
    assert "N° TVA DE123456788" in found


def test_reasons_for_those_who_check_are_not_for_customers() -> None:
    invoice = taxed(complete("US"), treatment="not_taxable", reason="Chicago lease tax is separate and local")
    found = text_of(invoice)
    assert "This service is not taxable in United States on $4,844.10" in found
    assert "Chicago" not in found


def test_an_exemption_names_its_certificate() -> None:
    invoice = taxed(complete("US"), treatment="exempt", reason="resale; and more, certificate TX-77")
    assert "Exempt from tax, certificate TX-77 on $4,844.10" in text_of(invoice)


def test_tax_is_said_in_the_currency_of_the_law() -> None:
    """GBP 920.38 of tax at one to one: the same figure, in the currency of the books."""
    invoice = exchanged(complete("GB"), "EUR")
    assert "VAT 19 % in EUR: €920.38" in text_of(invoice)


def test_a_tax_in_a_currency_that_the_country_does_not_take_holds_the_document() -> None:
    zloty = complete("DE")
    groups = tuple(group.model_copy(update={"jurisdiction": "PL"}) for group in zloty.tax_summary)
    numbers = {"DE": "DE136695976", "PL": "PL8567346215"}
    polish = zloty.model_copy(
        update={"tax_summary": groups, "seller": zloty.seller.model_copy(update={"tax_numbers": numbers})}
    )
    assert {said for _, said in missing_items(polish)} == {"the tax of PL in PLN: it is stated in EUR"}
    assert list(missing_items(exchanged(polish, "PLN"))) == []
    assert list(missing_items(stating(polish, one_stop_shop=("PL",)))) == []


def test_the_lists_are_those_of_the_seller_and_of_where_it_is_taxed() -> None:
    assert lists_for(complete("US")) == ["US", EVERYWHERE]
    assert lists_for(complete("DE")) == ["EU", "DE", EVERYWHERE]
    groups = tuple(group.model_copy(update={"jurisdiction": "CA-BC"}) for group in complete("US").tax_summary)
    assert lists_for(complete("US").model_copy(update={"tax_summary": groups})) == ["CA", "US", EVERYWHERE]


def test_what_is_missing_holds_the_document_once_for_each_item() -> None:
    bare = stating(complete("DE"), pay_to=None, contact=None)
    findings = list(missing_item_findings(bare))
    assert [(finding.code, finding.path, finding.severity) for finding in findings] == [
        ("document_item_missing", "pay_to", Severity.BLOCKING),
        ("document_item_missing", "contact", Severity.BLOCKING),
    ]


def test_what_is_charged_by_itself_names_no_account_and_nothing_is_paid_twice() -> None:
    invoice = stating(complete("DE"), pay_to=None, is_charged=True)
    assert list(missing_items(invoice)) == []
    found = text_of(stating(complete("DE"), is_charged=True))
    assert "charged to the payment method that you saved" in found
    assert "IBAN" not in found


def test_a_credit_note_has_no_due_date_and_no_account() -> None:
    credit = complete("DE").model_copy(
        update={"kind": DocumentKind.CREDIT_NOTE, "corrects": "SKY-EU-2013-000001", "notes": ("goodwill: an outage",)}
    )
    found = text_of(credit)
    assert list(missing_items(credit)) == []
    assert "Corrects invoice SKY-EU-2013-000001 Reason Goodwill: an outage" in found
    for word in ("Due", "due", "Pay to", "IBAN", "Payable"):
        assert word not in found, word
