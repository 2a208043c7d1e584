"""Master data that a CRM publishes and reads over HTTP."""

import json
from typing import Any

from billproof.access.scopes import Client, Scope
from billproof_ops.local.people import local_identity
from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.world import World

CRM = "crm"
VERSIONS = "PUT /v1/{kind}/{{id}}/versions/{{version}}"


def let(world: World, entity: str, *scopes: Scope) -> None:
    """Let the CRM be a client of a legal entity with these scopes only, or no client of it."""
    policy = world.directory.policy(entity)
    clients = (Client(id=CRM, identities=(local_identity(CRM),), scopes=scopes),) if scopes else ()
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": clients}))
    world.access._read_at = None


def responded(
    world: World,
    route: str,
    body: Any = None,
    *,
    query: dict[str, str] | None = None,
    if_match: str = "",
    in_path: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Call a route as the CRM, and return the response as API Gateway takes it."""
    names: dict[str, Any] = {**(in_path or {})}
    text = "" if body is None else json.dumps(body)
    event = route_event(route, CRM, body=text, query=query, **names)
    if if_match:
        event["headers"]["If-Match"] = if_match
    response: dict[str, Any] = handler("api_contracts")(event, Context(), world)
    return response


def call(world: World, route: str, body: Any = None, **in_path: str) -> tuple[int, dict[str, Any]]:
    """Call a route as the CRM, and return the status and the document."""
    response = responded(world, route, body, in_path=in_path)
    return response["statusCode"], json.loads(response["body"])


def put(world: World, kind: str, document: Any, **changes: Any) -> tuple[int, dict[str, Any]]:
    """Publish a version of a kind, with changes, and return the status and the document."""
    stated = document if isinstance(document, dict) else document.model_dump(mode="json")
    fields = {**stated, **changes}
    name, version = fields.pop("id"), fields.pop("version")
    del fields["kind"]
    return call(world, VERSIONS.format(kind=kind), fields, id=name, version=str(version))
