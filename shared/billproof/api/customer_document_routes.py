"""The route of documents that are no invoices: statements of account, reminders, receipts and pro forma invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.routes import Attachment, Route, RouteCall
from billproof.composition import Composition
from billproof.model import Model
from billproof.names import Name

if TYPE_CHECKING:
    from billproof.pipeline.customer_documents import CustomerDocumentSources


class NamedCustomerDocument(Model):
    """A document of an account by its name, such as `statement-2013-04-03`."""

    account: Name
    document: AskedText


def sources_of(entity: str, ports: Composition) -> CustomerDocumentSources:
    """Return what documents of a legal entity's customers are made from, and what draws them."""
    from billproof.adapters.typst.account_documents import render_account_document  # what draws is loaded here alone
    from billproof.pipeline.customer_documents import CustomerDocumentSources

    return CustomerDocumentSources(
        entity=ports.directory.legal_entity(entity),
        receivables=ports.cash_sources().receivables(entity),
        book=ports.collection_book,
        disputes=ports.dispute_book,
        previews=ports.preview_sources,
        draw=render_account_document,
        clock=ports.now,
    )


def _pdf(call: RouteCall[NamedCustomerDocument], ports: Composition) -> Attachment:
    """Return the PDF of a statement of account, a receipt or a pro forma invoice, or of a reminder as it was sent."""
    from billproof.pipeline.customer_documents import give_document

    account = call.account(call.request.account, ports)
    given = give_document(call.request.document, account, sources_of(account.legal_entity, ports))
    return Attachment(content_type="application/pdf", file_name=f"{given.name}.pdf", content=given.pdf)


ROUTES: dict[str, Route[Any]] = {
    "GET /v1/accounts/{account}/documents/{document}/pdf": Route(NamedCustomerDocument, Scope.OPERATIONS_READ, _pdf),
}
