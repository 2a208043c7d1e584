"""The routes of webhooks: endpoints, their secrets, what was sent to them, and sending it again."""

from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from billproof.access.scopes import Scope
from billproof.api.problems import Problem
from billproof.api.routes import Route, RouteCall
from billproof.approvals.actions import Asker, OperatorAction, OperatorActions
from billproof.composition import Composition
from billproof.event_reading import event_sources
from billproof.events.model import TYPE_NAMES
from billproof.model import Model, Whole
from billproof.periods import SentInstant, instant_text
from billproof.webhooks.model import WebhookAttempt, WebhookEndpoint
from billproof.webhooks.queueing import delivery_of, queue_deliveries
from billproof.webhooks.replaying import event_for, events_between
from billproof.webhooks.signing import secret_of

Text = Annotated[str, Field(min_length=1, max_length=2_000)]
DELIVERIES_A_PAGE = 100


class WantedEndpoint(Model):
    """Where events of a legal entity are to go, and which types: none for all."""

    legal_entity: Text
    url: Text
    types: tuple[Text, ...] = ()

    @field_validator("types")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not TYPE_NAMES.issuperset(value):
            message = "a type is none of those of docs/webhooks.md"
            raise ValueError(message)
        return tuple(sorted(set(value)))


class AskedEndpoints(Model):
    """The endpoints of a legal entity."""

    legal_entity: Text


class NamedEndpoint(Model):
    """An endpoint by its id."""

    endpoint: Text


class WantedSecret(Model):
    """The generation of its secret that an endpoint is to have: the present one, or the next."""

    endpoint: Text
    generation: Annotated[Whole, Field(ge=1)]


class AskedDeliveries(Model):
    """The attempts before an instant, or before a page; without one, the last ones."""

    endpoint: Text
    before: Annotated[str, Field(max_length=200)] = ""


class WantedReplay(Model):
    """One event by its id, or those from an instant until before another one, both with a zone."""

    endpoint: Text
    event: Annotated[str, Field(max_length=200)] = ""
    since: SentInstant | None = None
    until: SentInstant | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "WantedReplay":
        has_window = self.since is not None and self.until is not None
        if has_window == bool(self.event) or (self.event and (self.since or self.until)):
            message = "name an event, or since and until with a time zone"
            raise ValueError(message)
        return self


class EndpointState(Model):
    """An endpoint as it is: since when it takes nothing, and whether it is disabled."""

    id: str
    legal_entity: str
    url: str
    types: tuple[str, ...]
    generation: int
    is_enabled: bool
    failing_since: str | None
    changed_by: str
    changed_at: str


class EndpointWithSecret(Model):
    """An endpoint, and the secret by which its receiver verifies signatures."""

    endpoint: EndpointState
    secret: str


class EndpointList(Model):
    """Endpoints of a legal entity."""

    endpoints: tuple[EndpointState, ...]


class DeliveryPage(Model):
    """Attempts, the last one first; `before` is what to ask for next, null where there are no more."""

    attempts: tuple[WebhookAttempt, ...]
    before: str | None


class QueuedReplay(Model):
    """How many events are sent again."""

    events: int


def _state(endpoint: WebhookEndpoint, ports: Composition) -> EndpointState:
    health = ports.delivery_log.health(endpoint.id)
    fields = endpoint.model_dump(
        include={"id", "legal_entity", "url", "types", "generation", "changed_by", "changed_at"}
    )
    return EndpointState(
        **fields, is_enabled=not health.is_disabled(endpoint), failing_since=health.failing_of(endpoint)
    )


def _with_secret(endpoint: WebhookEndpoint, ports: Composition) -> EndpointWithSecret:
    secret = secret_of(ports.webhook_key(), endpoint.id, endpoint.generation)
    return EndpointWithSecret(endpoint=_state(endpoint, ports), secret=secret)


def _by(call: RouteCall[Any], legal_entity: str) -> str:
    return call.grants[legal_entity].name


def _known(call: RouteCall[Any], ports: Composition) -> WebhookEndpoint:
    return ports.webhook_endpoints.get(sorted(call.grants), call.request.endpoint)


def _register(call: RouteCall[WantedEndpoint], ports: Composition) -> EndpointWithSecret:
    """Register an endpoint, or change which types it wants; the same again changes nothing."""
    entity = call.legal_entity(call.request.legal_entity)
    ports.webhook_reach.checked(call.request.url)
    endpoint = ports.webhook_endpoints.register(
        entity, call.request.url, call.request.types, by=_by(call, entity), now=ports.now()
    )
    return _with_secret(endpoint, ports)


def _list(call: RouteCall[AskedEndpoints], ports: Composition) -> EndpointList:
    """List the endpoints of a legal entity."""
    known = ports.webhook_endpoints.of_entity(call.legal_entity(call.request.legal_entity))
    return EndpointList(endpoints=tuple(_state(endpoint, ports) for endpoint in known))


def _show(call: RouteCall[NamedEndpoint], ports: Composition) -> EndpointState:
    """Show an endpoint."""
    return _state(_known(call, ports), ports)


def _remove(call: RouteCall[NamedEndpoint], ports: Composition) -> EndpointState:
    """Remove an endpoint: nothing is sent to it any more."""
    known = _known(call, ports)
    return _state(ports.webhook_endpoints.remove(known, by=_by(call, known.legal_entity), now=ports.now()), ports)


def _rotate(call: RouteCall[WantedSecret], ports: Composition) -> EndpointWithSecret:
    """Make the next secret of an endpoint; for a day, messages are signed under both."""
    known = _known(call, ports)
    by = _by(call, known.legal_entity)
    return _with_secret(ports.webhook_endpoints.rotate(known, call.request.generation, by=by, now=ports.now()), ports)


def _enable(call: RouteCall[NamedEndpoint], ports: Composition) -> EndpointState:
    """Enable an endpoint that was disabled; what was not sent meanwhile is sent by a replay."""
    known = _known(call, ports)
    return _state(ports.webhook_endpoints.enable(known, by=_by(call, known.legal_entity), now=ports.now()), ports)


def _deliveries(call: RouteCall[AskedDeliveries], ports: Composition) -> DeliveryPage:
    """List the attempts to deliver to an endpoint, the last one first."""
    known = _known(call, ports)
    lines = ports.delivery_log.attempts(known.id, before=call.request.before, limit=DELIVERIES_A_PAGE)
    before = lines[-1].place if len(lines) == DELIVERIES_A_PAGE else None
    return DeliveryPage(attempts=tuple(lines), before=before)


def _replay(call: RouteCall[WantedReplay], ports: Composition) -> QueuedReplay:
    """Send events again to an endpoint: one by its id, or those of a window."""
    known, sources, request = _known(call, ports), event_sources(ports), call.request
    if ports.delivery_log.health(known.id).is_disabled(known):
        raise Problem(HTTPStatus.CONFLICT, "endpoint_disabled", "the endpoint is disabled: enable it first")
    if request.since is not None and request.until is not None:
        events = events_between(known, instant_text(request.since), instant_text(request.until), sources)
    else:
        events = [event_for(known, request.event, sources)]
    now, actions = ports.now(), OperatorActions(ports.decisions, known.legal_entity)
    by = Asker(_by(call, known.legal_entity), call.caller.identity)
    what = request.event or f"events from {request.since} to {request.until}"
    with actions.recorded(OperatorAction.REPLAY_WEBHOOKS, known.id, by=by, before=what, clock=ports.now) as outcome:
        queue_deliveries((delivery_of(event, known, now) for event in events), ports.webhook_deliveries)
        outcome.after = f"{len(events)} events are sent again"
    return QueuedReplay(events=len(events))


# No answer with a secret in it is kept under an Idempotency-Key: those routes are repeatable by themselves.
_ONE = "/v1/webhook-endpoints/{endpoint}"
ROUTES: dict[str, Route[Any]] = {
    "POST /v1/webhook-endpoints": Route(WantedEndpoint, Scope.WEBHOOKS_WRITE, _register, has_secret=True),
    "GET /v1/webhook-endpoints": Route(AskedEndpoints, Scope.WEBHOOKS_READ, _list),
    f"GET {_ONE}": Route(NamedEndpoint, Scope.WEBHOOKS_READ, _show),
    f"DELETE {_ONE}": Route(NamedEndpoint, Scope.WEBHOOKS_WRITE, _remove),
    f"POST {_ONE}/secrets": Route(WantedSecret, Scope.WEBHOOKS_WRITE, _rotate, has_secret=True),
    f"POST {_ONE}/enablings": Route(NamedEndpoint, Scope.WEBHOOKS_WRITE, _enable),
    f"GET {_ONE}/deliveries": Route(AskedDeliveries, Scope.WEBHOOKS_READ, _deliveries),
    f"POST {_ONE}/replays": Route(WantedReplay, Scope.WEBHOOKS_WRITE, _replay, HTTPStatus.ACCEPTED),
}
