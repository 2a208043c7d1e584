"""The routes of incidents: what exceptions of a month share. Deciding one is deciding each of its exceptions."""

from functools import partial
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.pages import AskedPage, ListPage, page_by_name
from billproof.api.routes import Route, RouteCall
from billproof.approvals.incident_id import IncidentId
from billproof.approvals.model import ExceptionState
from billproof.composition import Composition
from billproof.errors import NotFound
from billproof.ids import shown
from billproof.insights.incidents.model import Incident
from billproof.insights.incidents.service import IncidentSources, incident_of, incidents_of
from billproof.model import WrittenFlag
from billproof.periods import Period


class AskedIncidents(AskedPage):
    """The incidents of a legal entity's month: those with exceptions that wait, or all."""

    legal_entity: AskedText
    period: AskedText
    all: WrittenFlag = False


class AskedIncident(AskedPage):
    """An incident by its id, and a page of its exceptions."""

    incident: AskedText


class IncidentPage(ListPage[Incident]):
    """Some incidents, the largest first, and how much of the month was looked at.

    `alone` counts the exceptions that are in no incident, `left_out` the accounts that were not looked at, since there
    is a limit; `unreadable` are the objects of the runs that could not be read.
    """

    alone: int
    left_out: int
    unreadable: tuple[str, ...]


class IncidentExceptions(ListPage[ExceptionState]):
    """An incident and some of its exceptions, by subject."""

    incident: Incident


def incident_sources(ports: Composition) -> IncidentSources:
    """Return what incidents are read from."""
    return IncidentSources(
        exception_store=ports.exception_store,
        objects=ports.objects,
        records=ports.runs,
        directory=ports.directory,
        policies=ports.policies,
    )


def _list(call: RouteCall[AskedIncidents], ports: Composition) -> IncidentPage:
    """List the incidents of a month: what several of its exceptions share, since when, and what they come to."""
    wanted, entity = call.request, call.legal_entity(call.request.legal_entity)
    month = incidents_of(entity, Period.month(wanted.period).name, sources=incident_sources(ports))
    kept = [incident for incident in month.incidents if wanted.all or incident.waiting]
    page = page_by_name(kept, lambda incident: incident.id, wanted)
    return IncidentPage(
        items=page.items, next=page.next, alone=month.alone, left_out=month.left_out, unreadable=month.unreadable
    )


def _show(call: RouteCall[AskedIncident], ports: Composition) -> IncidentExceptions:
    """Return an incident and its exceptions, decided ones too."""
    name = call.request.incident
    if IncidentId.parse(name).legal_entity not in call.grants:
        message = f"there is no incident {shown(name)}"
        raise NotFound(message)
    incident, states = incident_of(name, sources=incident_sources(ports))
    page = page_by_name(states, lambda state: state.opened.id, call.request)
    return IncidentExceptions(incident=incident, items=page.items, next=page.next)


_read = partial(Route, scope=Scope.OPERATIONS_READ)
ROUTES: dict[str, Route[Any]] = {
    "GET /v1/incidents": _read(AskedIncidents, operation=_list),
    "GET /v1/incidents/{incident}": _read(AskedIncident, operation=_show),
}
