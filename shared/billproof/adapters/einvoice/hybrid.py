"""Putting the XML of an electronic invoice into its PDF/A-3: Factur-X 1.0, which is ZUGFeRD, too.

Sources: Factur-X 1.08 (FNFE-MPE, FeRD), section 6; ISO 19005-3. The PDF keeps its tags and says since when it is there:
no clock is read, so the same document always gives the same bytes.
"""

import hashlib
import io
from typing import cast

from lxml import etree
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from billproof.invoicing.model import Released

FILE_NAME = "factur-x.xml"
RELATIONSHIP = "/Alternative"
"""The XML says all that the PDF does (profiles BASIC and above)."""
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SCHEMAS = "{http://www.aiim.org/pdfa/ns/extension/}schemas"
_PROPERTIES = {
    "DocumentFileName": "The name of the embedded XML document",
    "DocumentType": "The type of the hybrid document in capital letters, such as INVOICE",
    "Version": "The version of the standard that the embedded XML document follows",
    "ConformanceLevel": "The profile of the embedded XML document",
}
_VALUES = {
    "DocumentType": "INVOICE",
    "DocumentFileName": FILE_NAME,
    "Version": "1.0",
    "ConformanceLevel": "EN 16931",
}


def put_into(pdf: bytes, xml: bytes, released: Released) -> bytes:
    """Return a PDF/A-3 that holds the XML as its alternative, and says so in its metadata."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    root = writer.root_object
    attached = _attached(writer, xml, f"D:{released.issue_date:%Y%m%d}000000Z")
    names = ArrayObject([TextStringObject(FILE_NAME), attached])
    root[NameObject("/AF")] = ArrayObject([attached])
    root[NameObject("/Names")] = DictionaryObject(
        {NameObject("/EmbeddedFiles"): DictionaryObject({NameObject("/Names"): names})}
    )
    described = DecodedStreamObject()
    described.update({NameObject("/Type"): NameObject("/Metadata"), NameObject("/Subtype"): NameObject("/XML")})
    described.set_data(_described(cast("StreamObject", root["/Metadata"]).get_data()))
    root[NameObject("/Metadata")] = writer._add_object(described)  # noqa: SLF001 - pypdf has no other way to add one
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _attached(writer: PdfWriter, xml: bytes, day: str) -> IndirectObject:
    checksum = hashlib.md5(xml, usedforsecurity=False).digest()  # what PDF wants of an embedded file
    stream = DecodedStreamObject()
    stream.set_data(xml)
    file = stream.flate_encode()
    file.update(
        {
            NameObject("/Type"): NameObject("/EmbeddedFile"),
            NameObject("/Subtype"): NameObject("/text/xml"),
            NameObject("/Params"): DictionaryObject(
                {
                    NameObject("/CheckSum"): ByteStringObject(checksum),
                    NameObject("/ModDate"): TextStringObject(day),
                    NameObject("/Size"): NumberObject(len(xml)),
                }
            ),
        }
    )
    embedded, name = writer._add_object(file), TextStringObject(FILE_NAME)  # noqa: SLF001 - as above
    specification = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Filespec"),
            NameObject("/AFRelationship"): NameObject(RELATIONSHIP),
            NameObject("/Desc"): TextStringObject("Factur-X"),
            NameObject("/F"): name,
            NameObject("/UF"): name,
            NameObject("/EF"): DictionaryObject({NameObject("/F"): embedded, NameObject("/UF"): embedded}),
        }
    )
    return writer._add_object(specification)  # noqa: SLF001 - as above


def _described(xmp: bytes) -> bytes:
    """Say in the PDF's metadata (XMP) that it is Factur-X, and what the properties are that say so."""
    tree = etree.fromstring(xmp)
    rdf = tree.find(f"{{{_RDF}}}RDF")
    bag = tree.find(f".//{_SCHEMAS}/{{{_RDF}}}Bag")
    bag.append(etree.fromstring(_schema()))
    description = etree.SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""}, nsmap={"fx": _FX})
    for name, value in _VALUES.items():
        etree.SubElement(description, f"{{{_FX}}}{name}").text = value
    head, tail = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>', '<?xpacket end="r"?>'
    return f"{head}{etree.tostring(tree, encoding='unicode').strip()}{tail}".encode()


def _schema() -> str:
    properties = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<p:name>{name}</p:name><p:valueType>Text</p:valueType><p:category>external</p:category>"
        f"<p:description>{text}</p:description></rdf:li>"
        for name, text in _PROPERTIES.items()
    )
    return (
        f'<rdf:li xmlns:rdf="{_RDF}" xmlns:s="http://www.aiim.org/pdfa/ns/schema#" '
        'xmlns:p="http://www.aiim.org/pdfa/ns/property#" rdf:parseType="Resource">'
        "<s:schema>Factur-X PDFA Extension Schema</s:schema>"
        f"<s:namespaceURI>{_FX}</s:namespaceURI><s:prefix>fx</s:prefix>"
        f"<s:property><rdf:Seq>{properties}</rdf:Seq></s:property></rdf:li>"
    )
