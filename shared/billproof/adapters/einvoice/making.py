"""Making a released document electronic: UBL for Peppol, XRechnung and the norm itself, or Factur-X in its PDF."""

from collections.abc import Callable

from facturx import generate_cii_xml, generate_ubl_xml
from lxml import etree

from billproof.adapters.einvoice.codes import CUSTOMIZATIONS
from billproof.adapters.einvoice.hybrid import put_into
from billproof.adapters.einvoice.rules import NAMESPACES, check_rules
from billproof.adapters.einvoice.terms import Terms, terms_of
from billproof.errors import NotExpressible, RulesBroken
from billproof.invoicing.electronic import HYBRID, ElectronicDocument
from billproof.invoicing.model import Invoice, Released
from billproof.masterdata.documents import DocumentForm

XML = "application/xml"
PDF = "application/pdf"


def make_electronic(invoice: Invoice, released: Released, pdf: bytes) -> ElectronicDocument:
    """Return a released document in the form that its customer takes: the same document always gives the same bytes.

    Raises NotExpressible, which names a term of EN 16931, and RulesBroken, which names the rules.
    """
    form = invoice.particulars.form if invoice.particulars else DocumentForm.PDF
    if form not in CUSTOMIZATIONS:
        message = f"{form.value} is no electronic form"
        raise NotExpressible(message, term="BT-24")
    xml = xml_of(invoice, released, form)
    check_rules(xml, form)
    if form is DocumentForm.FACTUR_X:
        return ElectronicDocument(f"{released.number}{HYBRID}", PDF, put_into(pdf, xml, released))
    return ElectronicDocument(f"{released.number}.xml", XML, xml)


def xml_of(invoice: Invoice, released: Released, form: DocumentForm) -> bytes:
    """Return a document as XML, without checking its rules; its schema is checked as it is written."""
    terms = terms_of(invoice, released, form)
    if form is DocumentForm.FACTUR_X:
        return _written(generate_cii_xml, terms)
    written = _written(generate_ubl_xml, terms)
    tree = etree.fromstring(written, parser=etree.XMLParser(remove_blank_text=True))
    tree.find("cbc:CustomizationID", NAMESPACES).text = CUSTOMIZATIONS[form]
    version = tree.find("cbc:UBLVersionID", NAMESPACES)
    if version is not None:  # UBL-CR-002: EN 16931 has no term for it
        tree.remove(version)
    etree.cleanup_namespaces(tree)
    return bytes(etree.tostring(tree, pretty_print=True, encoding="UTF-8", xml_declaration=True))


def _written(write: Callable[..., bytes], terms: Terms) -> bytes:
    """Write terms as XML that its schema allows; what the writer refuses is no fault of another try's."""
    try:
        return write(terms, level="en16931", check_schematron=False)
    except Exception as error:  # the library raises no class of its own
        message = "the document is not what the schema of its form allows"
        raise RulesBroken(message, rules="XSD", error=str(error)[-300:]) from error
