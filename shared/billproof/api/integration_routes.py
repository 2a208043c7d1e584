"""The route of counterparts: which do not answer, since when, which queues are not read, and how fresh usage is."""

from enum import StrEnum
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.routes import Route, RouteCall
from billproof.breakers import QUEUES, Breaker
from billproof.composition import Composition
from billproof.model import Model, WrittenFlag
from billproof.periods import instant_text
from billproof.usage.arrivals import Arrivals, arrivals


class IntegrationState(StrEnum):
    """Whether a counterpart answers: nothing is known against it, it is not asked just now, or it is again."""

    ANSWERS = "answers"
    RESTS = "rests"
    ANSWERS_AGAIN = "answers_again"


class Integration(Model):
    """A counterpart, such as an ERP: where its breaker stands, and the queues that are not read while it rests.

    What is known of a breaker is kept for a day: one that has not tripped since has no moments.
    """

    service: str
    state: IntegrationState
    queues: tuple[str, ...]
    tripped_at: str | None
    asked_again_at: str | None
    answered_again_at: str | None


class AskedIntegrations(Model):
    """The counterparts; with `sources` also what came last of each source of usage, which reads the usage log."""

    sources: WrittenFlag = False


class Integrations(Model):
    """The counterparts that queues wait for; and the sources of usage, null where they were not asked for."""

    services: tuple[Integration, ...]
    usage: Arrivals | None = None


def _list_integrations(call: RouteCall[AskedIntegrations], ports: Composition) -> Integrations:
    """List the counterparts that queues wait for, and whether each answers; if wanted, how fresh each source is."""
    return Integrations(
        services=tuple(_integration(service, ports.breakers.get(service)) for service in sorted(QUEUES)),
        usage=_arrivals(call, ports) if call.request.sources else None,
    )


def _arrivals(call: RouteCall[AskedIntegrations], ports: Composition) -> Arrivals:
    """Return how fresh each source is: all of them to who reads of every legal entity, else those that its own declare.

    What no legal entity declares may be of any of them.
    """
    shown = None
    if not ports.access.covers_all(call.grants):
        ours = (entity for entity in ports.directory.legal_entities() if entity.id in call.grants)
        shown = {source for entity in ours for source in entity.usage_sources}
    return arrivals(ports.objects, ports.buckets().every, now=ports.now(), shown=shown)


def _integration(service: str, breaker: Breaker | None) -> Integration:
    state = IntegrationState.ANSWERS
    if breaker is not None:
        state = IntegrationState.RESTS if breaker.is_open else IntegrationState.ANSWERS_AGAIN
    is_resting = breaker is not None and breaker.is_open
    closed_at = breaker.closed_at if breaker is not None and not breaker.is_open else None
    return Integration(
        service=service,
        state=state,
        queues=QUEUES[service],
        tripped_at=instant_text(breaker.tripped_at) if breaker else None,
        asked_again_at=instant_text(breaker.rests_until) if breaker is not None and is_resting else None,
        answered_again_at=instant_text(closed_at) if closed_at else None,
    )


ROUTES: dict[str, Route[Any]] = {
    "GET /v1/integrations": Route(AskedIntegrations, Scope.OPERATIONS_READ, _list_integrations),
}
