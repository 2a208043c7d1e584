"""What the command does with incidents: it reads them, and asks the API for the decision of each exception."""

from collections.abc import Iterator

from billproof.api.incident_routes import incident_sources
from billproof.approvals.model import Answer, ExceptionState
from billproof.insights.incidents.model import Incident, MonthIncidents
from billproof.insights.incidents.service import incident_of, incidents_of
from billproof_ops import exceptions
from billproof_ops.target import Target


def of_month(target: Target, legal_entity: str, period: str) -> MonthIncidents:
    """Return the incidents of a month."""
    return incidents_of(legal_entity, period, sources=incident_sources(target.ports))


def named(target: Target, incident: str) -> tuple[Incident, tuple[ExceptionState, ...]]:
    """Return an incident with its exceptions; raises NotFound."""
    return incident_of(incident, sources=incident_sources(target.ports))


def decide(target: Target, incident: str, verdict: str, *, who: str | None, reason: str) -> Iterator[Answer]:
    """Decide each exception of an incident that waits, and yield what came of each; a refusal stops nothing."""
    _, states = named(target, incident)
    for state in states:
        if state.decision is None:
            yield exceptions.decide(target, state.opened.id, verdict, who=who, reason=reason, incident=incident)
