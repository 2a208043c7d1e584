"""The routes of invoices and credit notes: lists, one document, its PDF, why each amount, and its proof."""

from functools import partial
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.pages import AskedPage, ListPage, cursor_of, page_by_name, place_of_cursor
from billproof.api.routes import Attachment, Route, RouteCall
from billproof.composition import Composition
from billproof.errors import InvalidInput, NotFound
from billproof.ids import shown
from billproof.invoicing.delivery import read_pdf
from billproof.invoicing.delivery_events import DeliveryProblem, delivery_problems
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.listing import (
    InvoiceRow,
    PlaceInMonth,
    documents_after,
    documents_of_account,
    find_release,
    first_of,
    row_of,
)
from billproof.invoicing.model import Invoice, InvoiceStatus, Released
from billproof.model import Model
from billproof.money import Taxed
from billproof.periods import Period
from billproof.pricing.model import Explanation
from billproof.proof.model import Proof


class AskedDocuments(AskedPage):
    """Documents of a legal entity's month, or the released ones of an account."""

    legal_entity: str = ""
    period: str = ""
    account: str = ""
    status: InvoiceStatus | None = None


class NamedDocument(Model):
    """A released document by its number, or by its id."""

    document: AskedText


class ShownDocument(Model):
    """A released document, whole, and what went wrong with its mails."""

    released: Released
    status: InvoiceStatus
    invoice: Invoice
    delivery_problems: tuple[DeliveryProblem, ...]


class ExplainedLine(Model):
    """Why a line comes to its amount, step by step."""

    id: str
    description: str
    amounts: Taxed
    explanation: Explanation


class ExplainedDocument(Model):
    """Why each line of a document comes to its amount."""

    number: str
    lines: tuple[ExplainedLine, ...]


class ShownProof(Model):
    """A proof of a document, and whether it holds."""

    holds: bool
    proof: Proof


class DocumentPage(ListPage[InvoiceRow]):
    """Some documents. A page may hold fewer than were asked for, even none: the last one has no `next`."""


def _list(call: RouteCall[AskedDocuments], ports: Composition, *, are_credits: bool) -> DocumentPage:
    wanted = call.request
    if wanted.account:
        return _of_account(call, ports, are_credits=are_credits)
    if not wanted.legal_entity or not wanted.period:
        message = "name a legal_entity and a period, or an account"
        raise InvalidInput(message)
    entity, period = call.legal_entity(wanted.legal_entity), Period.month(wanted.period).name
    place = place_of_cursor(wanted.cursor, PlaceInMonth())
    taken, are_more = first_of(documents_after(ports.invoices, entity, period, place), wanted.limit)
    rows = (row_of(facts) for _, facts in taken if facts.id.is_credit is are_credits)
    return DocumentPage(
        items=tuple(row for row in rows if wanted.status in {None, row.status}),
        next=cursor_of(taken[-1][0]) if are_more else None,
    )


def _of_account(call: RouteCall[AskedDocuments], ports: Composition, *, are_credits: bool) -> DocumentPage:
    account = call.account(call.request.account, ports)
    rows = (
        row_of(facts)
        for facts in documents_of_account(ports.register, account.legal_entity, account.id)
        if facts.id.is_credit is are_credits and call.request.period in {"", facts.id.period}
    )
    fits = [row for row in rows if call.request.status in {None, row.status}]
    page = page_by_name(fits, lambda row: row.invoice, call.request)
    return DocumentPage(items=page.items, next=page.next)


def _list_invoices(call: RouteCall[AskedDocuments], ports: Composition) -> DocumentPage:
    """List the invoices of a month, held ones too, or the released ones of an account."""
    return _list(call, ports, are_credits=False)


def _list_credit_notes(call: RouteCall[AskedDocuments], ports: Composition) -> DocumentPage:
    """List the credit notes and write-offs of a month, requested ones too, or the released ones of an account."""
    return _list(call, ports, are_credits=True)


def release_of(call: RouteCall[Any], ports: Composition) -> Released:
    """Return the release of a document of a legal entity that the caller may ask about; raises NotFound."""
    name = call.request.document
    entities = (ports.directory.legal_entity(entity) for entity in call.grants)
    released = find_release(name, ports.register, entities)
    if released is None:
        message = f"there is no released document {shown(name)}"
        raise NotFound(message)
    return released


def _show(call: RouteCall[NamedDocument], ports: Composition) -> ShownDocument:
    """Return a released document, whole, and what went wrong with its mails."""
    released = release_of(call, ports)
    facts = ports.register.facts(released.invoice)
    if facts is None:
        message = f"there are no facts of {released.invoice}"
        raise NotFound(message)
    return ShownDocument(
        released=released,
        status=facts.status,
        invoice=read_invoice(ports.objects, released.document),
        delivery_problems=tuple(delivery_problems(facts)),
    )


def _pdf(call: RouteCall[NamedDocument], ports: Composition) -> Attachment:
    """Return the PDF of a released document, as it was sent."""
    released = release_of(call, ports)
    content = read_pdf(released, register=ports.register, objects=ports.objects)
    return Attachment(content_type="application/pdf", file_name=f"{released.number}.pdf", content=content)


def _explain(call: RouteCall[NamedDocument], ports: Composition) -> ExplainedDocument:
    """Say why each line of a released document comes to its amount, step by step."""
    released = release_of(call, ports)
    lines = (
        ExplainedLine(
            id=line.priced.id,
            description=line.priced.description,
            amounts=line.amounts,
            explanation=line.priced.explanation,
        )
        for line in read_invoice(ports.objects, released.document).lines
    )
    return ExplainedDocument(number=released.number, lines=tuple(lines))


def _prove(call: RouteCall[NamedDocument], ports: Composition) -> ShownProof:
    """Compute a released document again from the usage log and the contracts, and compare it bit for bit."""
    from billproof.proof.service import prove_invoice  # it loads DuckDB, which no other route needs

    proof = prove_invoice(release_of(call, ports).invoice, stores=ports.stores())
    return ShownProof(holds=proof.holds, proof=proof)


def _both(path: str, route: Route[Any]) -> dict[str, Route[Any]]:
    return {f"GET /v1/{kind}/{{document}}{path}": route for kind in ("invoices", "credit-notes")}


_read = partial(Route, scope=Scope.OPERATIONS_READ)
ROUTES: dict[str, Route[Any]] = {
    "GET /v1/invoices": _read(AskedDocuments, operation=_list_invoices),
    "GET /v1/credit-notes": _read(AskedDocuments, operation=_list_credit_notes),
    **_both("", _read(NamedDocument, operation=_show)),
    **_both("/pdf", _read(NamedDocument, operation=_pdf)),
    **_both("/proof", _read(NamedDocument, operation=_prove)),
    **_both("/explanation", _read(NamedDocument, operation=_explain)),
}
