"""The files of a customer's page: as they were sent, and every line as CSV, of very many lines as Parquet, too."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from billproof.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from billproof.adapters.pages.document_page import PageFile
    from billproof.composition import Composition
    from billproof.invoicing.model import Released

    Response = dict[str, Any]
    KeptFile = tuple[str, str, str, bytes]

MOST_INLINE_BYTES = 4_000_000
"""Bytes of a file that Lambda can answer with, in base64; a larger one is fetched from where it is kept."""
FETCH_SECONDS = 60
HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "strict-transport-security": "max-age=31536000",
}
"""Headers of every answer of a page: it is kept nowhere, and its address is told to nobody."""


def _pdf(released: Released, ports: Composition) -> KeptFile:
    from billproof.invoicing.delivery import pdf_key, read_pdf

    data = read_pdf(released, register=ports.register, objects=ports.objects)
    return pdf_key(released), f"{released.number}.pdf", "application/pdf", data


def _electronic(released: Released, ports: Composition) -> KeptFile:
    from billproof.invoicing.delivery import electronic_key
    from billproof.invoicing.electronic_delivery import read_electronic

    document = read_electronic(released, register=ports.register, objects=ports.objects)
    if document is None:
        message = "it has no electronic form"
        raise NotFound(message)
    return electronic_key(released, document), document.name, document.media_type, document.data


def _annex(released: Released, ports: Composition) -> KeptFile:
    from billproof.invoicing.annex import annex_name, annex_of
    from billproof.invoicing.delivery import annex_key
    from billproof.invoicing.documents import read_invoice

    data = annex_of(read_invoice(ports.objects, released.document), released)
    return annex_key(released), annex_name(released), "text/csv; charset=utf-8", data


def _parquet(released: Released, ports: Composition) -> KeptFile:
    from billproof.invoicing.annex_parquet import PARQUET, parquet_key, parquet_name
    from billproof.invoicing.kept_annex import read_parquet

    data = read_parquet(released, register=ports.register, objects=ports.objects)
    if data is None:
        message = "its lines are not given as Parquet"
        raise NotFound(message)
    return parquet_key(released), parquet_name(released), PARQUET, data


FILES: dict[str, Callable[[Released, Composition], KeptFile]] = {
    "pdf": _pdf,
    "electronic": _electronic,
    "lines.csv": _annex,
    "lines.parquet": _parquet,
}
"""The files of a document: where each is kept, its name, its media type and its bytes."""


def files_of(released: Released, ports: Composition) -> list[PageFile]:
    """Return the files that a page offers: those that there are."""
    from billproof.adapters.pages.document_page import PageFile
    from billproof.invoicing.delivery import Delivery
    from billproof.invoicing.facts import DELIVERED

    fact = ports.register.fact(released.invoice, DELIVERED)
    files = [PageFile("file_lines", "lines.csv")]
    if fact is not None:
        delivery = Delivery.model_validate(fact)
        if delivery.parquet_key is not None:
            files.append(PageFile("file_parquet", "lines.parquet"))
        key = delivery.electronic_key
        if key is not None:
            files.insert(0, PageFile("file_xml" if key.endswith(".xml") else "file_pdf", "electronic"))
        if key is None or key.endswith(".xml"):
            files.insert(0, PageFile("file_pdf", "pdf"))
    return files


def file_of(name: str, released: Released, ports: Composition) -> Response:
    """Return a file as it was sent; one that is too large for an answer is fetched from where it is kept."""
    key, file_name, media_type, data = FILES[name](released, ports)
    if len(data) > MOST_INLINE_BYTES:
        location = ports.file_links.link(key, file_name=file_name, seconds=FETCH_SECONDS)
        return {"statusCode": HTTPStatus.SEE_OTHER.value, "headers": {**HEADERS, "location": location}, "body": ""}
    disposition = f'attachment; filename="{file_name}"'
    return {
        "statusCode": HTTPStatus.OK.value,
        "headers": {**HEADERS, "content-type": media_type, "content-disposition": disposition},
        "body": base64.b64encode(data).decode(),
        "isBase64Encoded": True,
    }
