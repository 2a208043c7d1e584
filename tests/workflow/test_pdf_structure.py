"""What PDF/A-3a and PDF/UA-1 ask of a file's structure, read back with pypdf: no validator of either runs here."""

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from billproof.adapters.typst.account_documents import render_account_document
from billproof.adapters.typst.pdf import render_invoice
from tests.support.account_documents import documents, in_language, open_world
from tests.support.jurisdictions import complete, released_as

KINDS = ("invoice", "statement", "reminder", "receipt", "pro-forma")


@pytest.fixture(scope="module")
def drawn() -> dict[str, bytes]:
    invoice = in_language(complete("DE"), "de_DE")
    others = documents(open_world(), "de_DE").items()
    pdfs = {name: render_account_document(document) for name, document in others}
    return {"invoice": render_invoice(invoice, released_as(invoice)), **pdfs}


def elements(node: Any) -> Iterator[Any]:
    """Yield the elements of a structure tree, from the top."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, ArrayObject):
        for child in node:
            yield from elements(child)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def root_of(pdf: bytes) -> Any:
    return PdfReader(io.BytesIO(pdf)).root_object


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_says_what_it_conforms_to_its_language_and_its_title(kind: str, drawn: dict[str, bytes]) -> None:
    root = root_of(drawn[kind])
    metadata = root["/Metadata"].get_object().get_data().decode()
    for said in ("<pdfaid:part>3</pdfaid:part>", "<pdfaid:conformance>A</", "<pdfuaid:part>1</pdfuaid:part>"):
        assert said in metadata
    assert str(root["/Lang"]) == "de"
    assert bool(root["/MarkInfo"]["/Marked"])
    assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    (intent,) = root["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    assert "dc:title" in metadata


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_is_tagged_with_one_title_and_headers_of_its_tables(kind: str, drawn: dict[str, bytes]) -> None:
    tags = Counter(str(element["/S"]) for element in elements(root_of(drawn[kind])["/StructTreeRoot"]))
    assert tags["/H1"] == 1
    assert (tags["/Table"] > 0, tags["/TH"] > 0) == (True, True)
    assert tags["/TR"] > tags["/Table"]


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_have_words_in_their_place(kind: str, drawn: dict[str, bytes]) -> None:
    figures = [element for element in elements(root_of(drawn[kind])["/StructTreeRoot"]) if element["/S"] == "/Figure"]
    assert all(str(figure.get("/Alt", "")).strip() for figure in figures)
    assert bool(figures) is (kind in {"invoice", "statement", "reminder"})  # the code to pay


@pytest.mark.parametrize("kind", KINDS)
def test_every_font_is_embedded(kind: str, drawn: dict[str, bytes]) -> None:
    files = []
    pages: Any = PdfReader(io.BytesIO(drawn[kind])).pages
    for page in pages:
        for font in page["/Resources"]["/Font"].values():
            (descendant,) = font.get_object()["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"].get_object()
            files.append({"/FontFile2", "/FontFile3"} & descriptor.keys())
    assert files
    assert all(files)
