"""The routes of refused usage events: a month's list, and one of them as it came."""

from functools import partial
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.pages import AskedPage, ListPage, page_by_name
from billproof.api.routes import Route, RouteCall
from billproof.composition import Composition
from billproof.errors import NotFound
from billproof.model import Model, WrittenFlag
from billproof.periods import Period
from billproof.pipeline.refused_lists import RefusedDetails, RefusedRow, refused_details, refused_rows


class AskedRefused(AskedPage):
    """The refused events of a legal entity's month: those that wait for a person, or all."""

    legal_entity: AskedText
    period: AskedText
    all: WrittenFlag = False


class NamedRefused(Model):
    """A refused event by its id."""

    event: AskedText


class RefusedPage(ListPage[RefusedRow]):
    """Some refused events, and the objects of the quarantine that no longer read: their events are in no page."""

    unreadable: tuple[str, ...]


def _list_refused(call: RouteCall[AskedRefused], ports: Composition) -> RefusedPage:
    """List the refused events of a month that wait for a person, or all of them, each with what became of it."""
    wanted, entity = call.request, call.legal_entity(call.request.legal_entity)
    refused = refused_rows(
        entity,
        Period.month(wanted.period).name,
        directory=ports.directory,
        objects=ports.objects,
        buckets=ports.buckets(),
        all_of_them=wanted.all,
    )
    page = page_by_name(refused.rows, lambda row: row.id, wanted)
    return RefusedPage(items=page.items, next=page.next, unreadable=refused.unreadable)


def _show_refused(call: RouteCall[NamedRefused], ports: Composition) -> RefusedDetails:
    """Return a refused event as it came, what is wrong with it, and what became of it."""
    name = call.request.event
    details = refused_details(name, directory=ports.directory, objects=ports.objects, buckets=ports.buckets())
    if details.legal_entity not in call.grants:
        message = f"there is no refused event {name}"
        raise NotFound(message)
    return details


_read = partial(Route, scope=Scope.OPERATIONS_READ)
ROUTES: dict[str, Route[Any]] = {
    "GET /v1/refused-events": _read(AskedRefused, operation=_list_refused),
    "GET /v1/refused-events/{event}": _read(NamedRefused, operation=_show_refused),
}
