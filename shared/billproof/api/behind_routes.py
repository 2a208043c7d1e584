"""The routes of what is behind a document: what is held as it was drafted, and its events one by one."""

from functools import partial
from itertools import islice
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.invoice_routes import release_of
from billproof.api.operation_routes import NamedException, exception_of
from billproof.api.pages import AskedPage, ListPage, cursor_of, place_of_cursor
from billproof.api.routes import Attachment, Route, RouteCall
from billproof.composition import Composition
from billproof.errors import NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import Invoice
from billproof.model import Model, Whole
from billproof.pipeline.issue_days import today_of


class AskedEvents(AskedPage):
    """The events behind an invoice, by its number or id."""

    document: AskedText


class HeldDocument(Model):
    """A document that is held, as it was drafted: what is released where it is approved."""

    exception: str
    invoice: Invoice


class EventBehind(Model):
    """A copy of an event behind an invoice: whether it counts, is a duplicate or in conflict, and what it corrects."""

    source: str
    id: str
    type: str
    time: str
    verdict: str
    names: str | None


class EventPage(ListPage[EventBehind]):
    """Some events behind an invoice."""


class _PlaceAmongEvents(Model):
    """How many events come before those of a page."""

    before: Whole = 0


def _show_held(call: RouteCall[NamedException], ports: Composition) -> HeldDocument:
    """Return the document that an exception is about, as it was drafted; of a run or a variance there is none."""
    opened = exception_of(call, ports).opened
    document = None
    if opened.kind.is_document:
        facts = ports.register.facts(str(InvoiceId.of_subject(opened.legal_entity, opened.period, opened.subject)))
        if facts is not None:
            held = facts.held
            document = held.document if held else facts.released.document if facts.released else None
    if document is None:
        message = f"exception {opened.id} is about no document"
        raise NotFound(message)
    return HeldDocument(exception=opened.id, invoice=read_invoice(ports.objects, document))


def _draft_pdf(call: RouteCall[NamedException], ports: Composition) -> Attachment:
    """Return the document that an exception is about as a PDF, which says that it is no invoice yet."""
    from billproof.adapters.typst.pdf import render_draft  # what draws is loaded here alone

    invoice = _show_held(call, ports).invoice
    day = today_of(ports.directory.legal_entity(invoice.seller.id), ports.now())
    name = f"draft-{call.request.exception}.pdf"
    return Attachment(content_type="application/pdf", file_name=name, content=render_draft(invoice, day))


def _list_events(call: RouteCall[AskedEvents], ports: Composition) -> EventPage:
    """List every copy of every event that the run of an invoice saw for its account, page by page."""
    from billproof.proof.service import events_behind  # it loads DuckDB, which no other route needs

    released, wanted = release_of(call, ports), call.request
    start = place_of_cursor(wanted.cursor, _PlaceAmongEvents()).before
    events = list(islice(events_behind(released.invoice, stores=ports.stores()), start, start + wanted.limit + 1))
    taken = [EventBehind.model_validate(event, from_attributes=True) for event in events[: wanted.limit]]
    more = len(events) > wanted.limit
    return EventPage(items=tuple(taken), next=cursor_of(_PlaceAmongEvents(before=start + len(taken))) if more else None)


_read = partial(Route, scope=Scope.OPERATIONS_READ)
ROUTES: dict[str, Route[Any]] = {
    "GET /v1/exceptions/{exception}/document": _read(NamedException, operation=_show_held),
    "GET /v1/exceptions/{exception}/pdf": _read(NamedException, operation=_draft_pdf),
    "GET /v1/invoices/{document}/events": _read(AskedEvents, operation=_list_events),
}
