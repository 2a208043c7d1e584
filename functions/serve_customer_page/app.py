"""The pages of customers: a document, its files, and what the customer disputes of it."""

from typing import Any

from billproof.api.customer_pages import serve_page
from billproof.composition import Composition, composition
from billproof.handlers import instrumented


@instrumented
def handler(event: dict[str, Any], _context: Any, ports: Composition | None = None) -> dict[str, Any]:
    """Answer one call of whoever has the link to a page."""
    return serve_page(event, ports or composition())
