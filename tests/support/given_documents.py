"""Documents that a customer is given on the 20th of February, and what their pages say."""

import io
from datetime import UTC, datetime
from typing import Any

from pypdf import PdfReader

from billproof.adapters.typst.account_documents import render_account_document
from billproof.pipeline.customer_documents import CustomerDocumentSources, GivenDocument, give_document
from tests.support.cash import receivables_of
from tests.support.world import INC, World

FEBRUARY_20 = datetime(2013, 2, 20, 17, tzinfo=UTC)


def pages_of(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def plain(text: str) -> str:
    return text.replace("\xa0", " ").replace("\u202f", " ")


def sources(world: World, **changes: Any) -> CustomerDocumentSources:
    fields: dict[str, Any] = {
        "entity": world.directory.legal_entity(INC),
        "receivables": receivables_of(world),
        "book": world.collection_book,
        "disputes": world.dispute_book,
        "previews": world.preview_sources,
        "draw": render_account_document,
        "clock": lambda: FEBRUARY_20,
        **changes,
    }
    return CustomerDocumentSources(**fields)


def give(world: World, name: str, **changes: Any) -> GivenDocument:
    known = world.directory.account("UA")
    assert known is not None
    return give_document(name, known, sources(world, **changes))


def kept(world: World) -> list[str]:
    return list(world.objects.keys("account-documents/"))
