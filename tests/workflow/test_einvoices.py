"""Electronic invoices: every one of the demo's kinds keeps the norm's own rules, and a broken one names its rules.

The rules of EN 16931 are CEN's, not ours. Figures are those of the documents, by hand where a test states them.
"""

import dataclasses
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from pypdf import PdfReader

from billproof.adapters.einvoice.making import make_electronic, xml_of
from billproof.adapters.einvoice.rules import NAMESPACES, broken_rules, check_rules
from billproof.adapters.typst.pdf import render_invoice
from billproof.errors import NotExpressible, RulesBroken
from billproof.invoicing.model import Invoice, Released
from billproof.masterdata.documents import DocumentForm
from billproof.money import Money, Taxed
from tests.support.broken_documents import with_text, without
from tests.support.jurisdictions import electronic, exchanged, released_as, stating, taxed
from tests.support.world import EUROPE, JANUARY, World, flight


@pytest.fixture(scope="module")
def world() -> World:
    """Three customers in the EU: one taxed, two who account for the tax themselves; and a credit note."""
    world = World()
    world.ingest(flight(number, account="US") for number in range(1, 50))
    world.ingest([flight(1, account="DL", data={"air_time": "500100"}), flight(1, account="AA")])
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    lines = [{"line": "implementation:2013-01", "amount": "100"}]
    world.credit_and_approve(f"{EUROPE}.{JANUARY}.US", reason="goodwill", note="an outage", lines=lines)
    return world


def document(world: World, account: str) -> tuple[Invoice, Released]:
    document_id = f"{EUROPE}.{JANUARY}.{account}"
    released = world.register.released(document_id)
    assert released is not None
    return world.invoice(document_id), released


def text(xml: bytes, path: str) -> str:
    return str(etree.fromstring(xml).xpath(f"string({path})", namespaces=NAMESPACES))


@pytest.mark.parametrize("account", ["US", "DL", "AA", "US~01"])
@pytest.mark.parametrize("form", [DocumentForm.UBL, DocumentForm.FACTUR_X])
def test_every_document_of_the_demo_keeps_the_rules_of_the_norm(world: World, account: str, form: DocumentForm) -> None:
    invoice, released = document(world, account)
    assert broken_rules(xml_of(invoice, released, form), form) == {}


@pytest.mark.parametrize(
    ("account", "form"), [("DL", "peppol"), ("AA", "factur_x"), ("US", "xrechnung"), ("US~01", "xrechnung")]
)
def test_each_customer_gets_the_form_that_it_takes(world: World, account: str, form: str) -> None:
    invoice, released = document(world, account)
    assert invoice.particulars is not None
    assert invoice.particulars.form == form
    made = make_electronic(invoice, released, render_invoice(invoice, released))
    assert make_electronic(invoice, released, render_invoice(invoice, released)) == made


def test_a_german_xrechnung_says_what_the_invoice_says(world: World) -> None:
    """49 flights at 0.90 and 4,800: 4,844.10 net, 19 % of it 920.38, together 5,764.48."""
    xml = xml_of(*document(world, "US"), DocumentForm.XRECHNUNG)
    said = {
        "/*/cbc:ID": "SKY-EU-2013-000003",
        "/*/cbc:BuyerReference": "04011000-1234512345-06",
        "/*/cac:OrderReference/cbc:ID": "4500012345",
        "/*/cac:ContractDocumentReference/cbc:ID": "RV-2013-07",
        "/*/cac:PaymentMeans/cbc:PaymentMeansCode": "58",
        "/*/cac:PaymentMeans/cbc:PaymentID": "RF16SKYEU2013000003",
        "/*/cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID": "DE89370400440532013000",
        "/*/cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID": "S",
        "/*/cac:TaxTotal/cbc:TaxAmount": "920.38",
        "/*/cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount": "4844.10",
        "/*/cac:LegalMonetaryTotal/cbc:PayableAmount": "5764.48",
        "/*/cac:InvoiceLine[2]/cbc:InvoicedQuantity": "49",
        "/*/cac:InvoiceLine[2]/cac:Price/cbc:PriceAmount": "0.9",
        "/*/cac:InvoiceLine[2]/cbc:LineExtensionAmount": "44.10",
    }
    assert {path: text(xml, path) for path in said} == said


def test_a_credit_note_states_what_it_takes_back_as_positive_amounts(world: World) -> None:
    """100 net and 19 % of it: 119.00, of the invoice that it names."""
    xml = xml_of(*document(world, "US~01"), DocumentForm.XRECHNUNG)
    assert etree.fromstring(xml).tag.endswith("}CreditNote")
    said = {
        "/*/cbc:CreditNoteTypeCode": "381",
        "/*/cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID": "SKY-EU-2013-000003",
        "/*/cbc:Note": "goodwill: an outage",
        "/*/cac:LegalMonetaryTotal/cbc:PayableAmount": "119.00",
        "/*/cac:CreditNoteLine/cbc:LineExtensionAmount": "100.00",
        "/*/cbc:DueDate": "",
    }
    assert {path: text(xml, path) for path in said} == said


def test_reverse_charge_is_a_category_with_its_reason_in_the_customers_language(world: World) -> None:
    xml = xml_of(*document(world, "DL"), DocumentForm.PEPPOL)
    category = "/*/cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"
    assert text(xml, f"{category}/cbc:ID") == "AE"
    assert text(xml, f"{category}/cbc:TaxExemptionReasonCode") == "VATEX-EU-AE"
    assert text(xml, f"{category}/cbc:TaxExemptionReason") == "Btw verlegd"


def test_a_quantity_above_an_allowance_has_its_unit_and_its_price(world: World) -> None:
    """500,100 minutes, of which 500,000 are included: 100 at 0.004 are 0.40."""
    xml = xml_of(*document(world, "DL"), DocumentForm.PEPPOL)
    assert text(xml, "/*/cac:InvoiceLine[3]/cbc:LineExtensionAmount") == "0.40"
    assert text(xml, "/*/cac:InvoiceLine[3]/cbc:InvoicedQuantity") == "100"
    assert text(xml, "/*/cac:InvoiceLine[3]/cbc:InvoicedQuantity/@unitCode") == "MIN"


_SELLER = "/*/cac:AccountingSupplierParty/cac:Party"
_CONTACT = f"{_SELLER}/cac:Contact"


@pytest.mark.parametrize(
    ("form", "breaks", "rule"),
    [
        # CEN's own
        ("ubl", with_text("/*/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", "1.00"), "BR-CO-15"),
        ("ubl", with_text("/*/cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "1.00"), "BR-CO-10"),
        ("ubl", without(f"{_SELLER}/cac:PartyTaxScheme"), "BR-S-02"),
        ("ubl", with_text("/*/cbc:DocumentCurrencyCode", "XXY"), "BR-CL-04"),
        ("ubl", with_text("//cac:Price/cbc:PriceAmount", "-1"), "BR-27"),
        ("ubl", without("/*/cbc:ID"), "BR-02"),
        # Peppol's
        ("peppol", without("/*/cbc:ProfileID"), "PEPPOL-EN16931-R001"),
        ("peppol", without("/*/cbc:BuyerReference | /*/cac:OrderReference"), "PEPPOL-EN16931-R003"),
        ("peppol", with_text("/*/cbc:CustomizationID", "urn:cen.eu:en16931:2017"), "PEPPOL-EN16931-R004"),
        ("peppol", with_text("/*/cac:PaymentTerms/cbc:Note", ""), "PEPPOL-EN16931-R008"),
        ("peppol", without("/*/cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"), "PEPPOL-EN16931-R010"),
        ("peppol", without(f"{_SELLER}/cbc:EndpointID"), "PEPPOL-EN16931-R020"),
        ("peppol", with_text("/*/cbc:InvoiceTypeCode", "326"), "PEPPOL-EN16931-P0100"),
        ("peppol", with_text("/*/cac:InvoicePeriod/cbc:StartDate", "2013-01-02"), "PEPPOL-EN16931-R110"),
        ("peppol", with_text("/*/cac:InvoicePeriod/cbc:EndDate", "2013-01-02"), "PEPPOL-EN16931-R111"),
        ("peppol", with_text("//cac:Price/cbc:PriceAmount", "7"), "PEPPOL-EN16931-R120"),
        ("peppol", with_text("/*/cac:PaymentMeans/cbc:PaymentMeansCode", "59"), "PEPPOL-EN16931-R061"),
        # XRechnung's
        ("xrechnung", without("/*/cac:PaymentMeans"), "BR-DE-1"),
        ("xrechnung", without(_CONTACT), "BR-DE-2"),
        ("xrechnung", without(f"{_SELLER}/cac:PostalAddress/cbc:CityName"), "BR-DE-3"),
        ("xrechnung", without(f"{_SELLER}/cac:PostalAddress/cbc:PostalZone"), "BR-DE-4"),
        ("xrechnung", without(f"{_CONTACT}/cbc:Name"), "BR-DE-5"),
        ("xrechnung", without(f"{_CONTACT}/cbc:Telephone"), "BR-DE-6"),
        ("xrechnung", without(f"{_CONTACT}/cbc:ElectronicMail"), "BR-DE-7"),
        ("xrechnung", without("/*/cac:AccountingCustomerParty//cbc:CityName"), "BR-DE-8"),
        ("xrechnung", without("/*/cac:AccountingCustomerParty//cbc:PostalZone"), "BR-DE-9"),
        ("xrechnung", without("/*/cbc:BuyerReference"), "BR-DE-15"),
        ("xrechnung", without(f"{_SELLER}/cac:PartyTaxScheme"), "BR-DE-16"),
        ("xrechnung", with_text("/*/cbc:InvoiceTypeCode", "326"), "BR-DE-17"),
        ("xrechnung", with_text("/*/cbc:CustomizationID", "urn:cen.eu:en16931:2017"), "BR-DE-21"),
        ("xrechnung", without("/*/cac:PaymentMeans/cac:PayeeFinancialAccount"), "BR-DE-23-a"),
        ("xrechnung", with_text(f"{_CONTACT}/cbc:Telephone", "call us"), "BR-DE-27"),
        ("xrechnung", with_text(f"{_CONTACT}/cbc:ElectronicMail", "nobody"), "BR-DE-28"),
    ],
)
def test_a_broken_document_names_the_rule_that_it_breaks(
    world: World, form: str, breaks: Callable[[bytes], bytes], rule: str
) -> None:
    xml = xml_of(*document(world, "US"), DocumentForm(form))
    assert broken_rules(xml, DocumentForm(form)) == {}
    with pytest.raises(RulesBroken) as caught:
        check_rules(breaks(xml), DocumentForm(form))
    assert rule in caught.value.details["rules"].split()


def test_a_factur_x_is_a_pdf_that_holds_its_xml_and_says_so(world: World) -> None:
    invoice, released = document(world, "AA")
    pdf = render_invoice(invoice, released)
    made = make_electronic(invoice, released, pdf)
    reader = PdfReader(io.BytesIO(made.data))
    root: Any = reader.trailer["/Root"]
    (attached,) = reader.attachments["factur-x.xml"]
    assert attached == xml_of(invoice, released, DocumentForm.FACTUR_X)
    assert root["/AF"][0].get_object()["/AFRelationship"] == "/Alternative"
    assert root["/MarkInfo"]["/Marked"]
    described = root["/Metadata"].get_data().decode()
    for said in ("<pdfaid:part>3</pdfaid:part>", "<pdfuaid:part>1</pdfuaid:part>"):
        assert said in described
    assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in described
    assert "Factur-X PDFA Extension Schema" in described
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert [page.extract_text() for page in reader.pages] == pages


def _euro(net: str, tax: str) -> Taxed:
    return Taxed.of(Money.of(Decimal(net), "EUR"), Money.of(Decimal(tax), "EUR"))


@pytest.mark.parametrize(
    ("change", "term"),
    [
        (lambda invoice: stating(invoice, purchase_orders=("PO-7", "PO-8")), "BT-13"),
        (lambda invoice: stating(invoice, contract_numbers=("A", "B")), "BT-12"),
        (lambda invoice: taxed(invoice, jurisdiction="US-TX"), "BT-118"),
        (lambda invoice: taxed(invoice, treatment="no_nexus"), "BT-118"),
        (lambda invoice: taxed(invoice, taxable_base=Money.of(Decimal(1), "EUR")), "BT-116"),
        (lambda invoice: invoice.model_copy(update={"currency": "KWD"}), "BT-131"),
        (lambda invoice: stating(invoice, form=DocumentForm.PDF), "BT-24"),
    ],
)
def test_what_a_form_has_no_term_for_names_the_term(change: Callable[[Invoice], Invoice], term: str) -> None:
    invoice = change(electronic(DocumentForm.UBL))
    with pytest.raises(NotExpressible) as caught:
        make_electronic(invoice, released_as(invoice), b"")
    assert caught.value.details["term"] == term


def test_tax_in_the_currency_of_the_books_stands_beside_that_of_the_document() -> None:
    invoice = exchanged(electronic(DocumentForm.UBL), "PLN")
    xml = xml_of(invoice, released_as(invoice), DocumentForm.UBL)
    assert text(xml, "/*/cbc:TaxCurrencyCode") == "PLN"
    assert text(xml, "/*/cac:TaxTotal[2]/cbc:TaxAmount[@currencyID = 'PLN']") == "920.38"
    assert broken_rules(xml, DocumentForm.UBL) == {}


def test_a_line_below_zero_is_minus_one_at_a_positive_price() -> None:
    """A discount of 100 on 4,844.10: 4,744.10, with 19 % of it 901.38 (901.379)."""
    invoice = electronic(DocumentForm.UBL)
    first, second = invoice.lines
    discount = second.model_copy(
        update={
            "amounts": _euro("-100", "-19"),
            "priced": second.priced.model_copy(update={"kind": "discount", "description": "Discount", "meter": None}),
        }
    )
    (group,) = invoice.tax_summary
    totals = _euro("4744.10", "901.38")
    changed = invoice.model_copy(
        update={
            "lines": (first, second, discount),
            "totals": totals,
            "tax_summary": (group.model_copy(update={"amounts": totals, "taxable_base": totals.net}),),
        }
    )
    xml = xml_of(changed, released_as(changed), DocumentForm.UBL)
    assert text(xml, "/*/cac:InvoiceLine[3]/cbc:InvoicedQuantity") == "-1"
    assert text(xml, "/*/cac:InvoiceLine[3]/cac:Price/cbc:PriceAmount") == "100.00"
    assert broken_rules(xml, DocumentForm.UBL) == {}


def test_what_is_outside_the_scope_states_no_vat_number() -> None:
    invoice = taxed(electronic(DocumentForm.UBL), treatment="outside_scope", percent="0", amounts=_euro("4844.10", "0"))
    lines = tuple(
        line.model_copy(
            update={
                "amounts": Taxed.of(line.amounts.net, Money.zero("EUR")),
                "determination": line.determination.model_copy(
                    update={"treatment": "outside_scope", "percent": Decimal(0), "jurisdiction": "US"}
                ),
            }
        )
        for line in invoice.lines
    )
    stated = stating(invoice, company_number="HRB 1").model_copy(
        update={"lines": lines, "totals": _euro("4844.10", "0")}
    )
    xml = xml_of(stated, released_as(stated), DocumentForm.UBL)
    assert text(xml, "/*/cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID") == "O"
    assert broken_rules(xml, DocumentForm.UBL) == {}


def test_a_part_that_a_balance_paid_is_no_longer_due(world: World) -> None:
    """The invoice comes to 5,764.48; the release says that 64.48 of it were drawn."""
    invoice, released = document(world, "US")

    class Drawn(Released):
        @property
        def receivable(self) -> Any:
            whole = super().receivable
            return dataclasses.replace(whole, amount=whole.amount - Money.of(Decimal("64.48"), "EUR"))

    drawn = Drawn.model_validate(released.model_dump())
    xml = xml_of(invoice, drawn, DocumentForm.UBL)
    assert text(xml, "/*/cac:LegalMonetaryTotal/cbc:PrepaidAmount") == "64.48"
    assert text(xml, "/*/cac:LegalMonetaryTotal/cbc:PayableAmount") == "5700.00"
    assert broken_rules(xml, DocumentForm.UBL) == {}
