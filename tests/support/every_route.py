"""Every route of the API, called on one world that has something of everything."""

import json
from typing import Any

from billproof.access.scopes import Client, Scope
from billproof.approvals.policy import Person
from billproof.opening.packing import packed
from billproof_ops import openapi
from billproof_ops.local.people import local_identity
from tests.support.api_events import route_event
from tests.support.events import MemoryPositions, MemorySink, event_ports, published
from tests.support.gateway import routes
from tests.support.invoking import Context, billed_world, handler
from tests.support.playing import played_once
from tests.support.route_examples import DOCUMENT, example
from tests.support.taken_over import opening
from tests.support.ways_in import ways_in
from tests.support.webhooks import webhook_ports
from tests.support.world import EUROPE, INC, World

ALL, EUROPEAN, STRANGER = "all", "european", "mallory"
PERSON, OTHER_PERSON, PERSON_OF_EUROPE = "ana", "ben", "dora"
SIGNED_BY_SENDER = {
    "POST /v1/gateways/{legal_entity}/{gateway}/events": "Stripe signs each event with the secret of its endpoint",
    "URL of ReceiveCrmWebhook": "HubSpot signs each request with the secret of its app",
}
"""Ways in that no authorizer guards, and why: their callers have no credentials of ours."""


OPENED_BY_LINK = {"GET /p/{token}", "GET /p/{token}/{file}", "POST /p/{token}/disputes"}
"""Pages of customers: who calls has a link, whose token opens one document (test_customer_pages.py)."""


UNGUARDED = SIGNED_BY_SENDER.keys() | OPENED_BY_LINK


ROUTES = sorted({way.key for way in ways_in()} - UNGUARDED)


SCOPES = {route.key: route.scope for route in openapi.described()}


OPENING = "POST /v1/openings/{legal_entity}"


FUNCTIONS = {route.key: route.function for route in routes()}


def lacking(scope: str) -> str:
    return f"no-{scope.replace(':', '-')}"


def client(name: str, *scopes: Scope) -> Client:
    return Client(id=name, identities=(local_identity(name),), scopes=scopes)


@played_once
def played() -> World:
    """January of both companies is billed; in each a client may do all, and in one a client lacks each scope."""
    world = billed_world()
    inc, europe = world.directory.policy(INC), world.directory.policy(EUROPE)
    clients = (client(ALL, *Scope), *(client(lacking(one), *(set(Scope) - {one})) for one in Scope))
    dora = Person(
        id=PERSON_OF_EUROPE,
        name="Dora Marques",
        email="dora@skymeter.example",
        role="director",
        identities=(local_identity(PERSON_OF_EUROPE),),
    )
    world.adopt(inc.model_copy(update={"version": inc.version + 1, "clients": clients}))
    more = {"clients": (client(ALL, *Scope), client(EUROPEAN, *Scope)), "people": (*europe.people, dora)}
    world.adopt(europe.model_copy(update={"version": europe.version + 1, **more}))
    return world


def world() -> World:
    """Return a copy of what was played, which a test may change."""
    copy = played()
    copy.call_limits.burst = 1_000_000
    copy.__dict__.update(webhook_ports(copy) | event_ports() | {"hubspot_client_secret": "client"})
    return copy


def fields_of(key: str) -> set[str]:
    """The names of what a body of a route may say."""
    method, path = key.split()
    content = DOCUMENT["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
    return {*content.get("application/json", {}).get("schema", {}).get("properties", {})}


def call(
    world: World, key: str, by: str | None, *, under: str = "", changed: dict[str, Any] | None = None
) -> tuple[int, Any]:
    """Call a route with its examples, some of them changed."""
    in_path, query, body = example(key)
    if isinstance(body, dict):
        known = body.keys() | fields_of(key)
        body = {**body, **{name: value for name, value in (changed or {}).items() if name in known}}
    in_path |= {name: str(value) for name, value in (changed or {}).items() if name in in_path}
    event = route_event(key, by, body=json.dumps(body) if body is not None else "", query=query or None, **in_path)
    if under:
        event["headers"]["idempotency-key"] = under
    response = handler(FUNCTIONS[key])(event, Context(), world)
    is_json = "json" in response["headers"].get("content-type", "")
    return response["statusCode"], json.loads(response["body"]) if is_json else response["body"]


def stored(world: World) -> dict[str, Any]:
    return {name: dict(records.items) for name, records in world.records.items()}


def prepared(world: World, key: str) -> dict[str, Any]:
    """Bring about what the request of a route is about, and return what it names otherwise than the example."""
    version = world.directory.policy(INC).version + 1
    others = {
        "POST /v1/sign-offs": {"period": "2012-06"},  # nothing is open in it
        OPENING: {"step": "propose", "packed": packed(opening()), "digest": ""},
    }
    match key.removeprefix("POST /v1/").split("/"):
        case ["webhook-endpoints", _, "replays"]:
            endpoint = call(world, "POST /v1/webhook-endpoints", ALL)[1]["endpoint"]["id"]
            return {"endpoint": endpoint, "event": told(world)}
        case ["webhook-endpoints", _, _]:
            return {"endpoint": call(world, "POST /v1/webhook-endpoints", ALL)[1]["endpoint"]["id"]}
        case ["exceptions", _, _]:
            return {"exception": call(world, "POST /v1/credit-notes", PERSON)[1]["exception"]}
        case ["accounts", _, "disputes", *_]:
            call(world, "POST /v1/disputes", PERSON)
        case ["policies", *_, "confirmations"]:
            call(world, "POST /v1/policies/{id}/versions", PERSON, changed={"version": version})
            return {"version": str(version)}
        case ["policies", *_]:
            return {"version": version}
    return others.get(key, {})


def told(world: World) -> str:
    """The id of an event of the company."""
    sink = MemorySink()
    published(world, sink, positions=MemoryPositions())
    return next(event.id for event in sink.events if event.legal_entity == INC)


CONFIRMED_BY_ANOTHER = ("decisions", "confirmations")
