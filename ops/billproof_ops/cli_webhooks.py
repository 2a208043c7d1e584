"""`billproof webhooks`: the endpoints of a legal entity, registering one, and sending events again."""

from typing import Annotated, Any

import typer

from billproof_ops import naming
from billproof_ops.api import Operation, call
from billproof_ops.errors import WrongUse
from billproof_ops.model import Shown
from billproof_ops.printing import AsJson, Entity, Who, console, print_json, show, verbs
from billproof_ops.target import Target

app = verbs()

_FUNCTION = "ApiWebhooksName"
REGISTER = Operation(_FUNCTION, "/v1/webhook-endpoints")
REPLAY = Operation(_FUNCTION, "/v1/webhook-endpoints/{endpoint}/replays")


class RegisteredWebhook(Shown):
    """An endpoint that was registered, and its secret."""

    endpoint: str
    url: str
    secret: str


class ReplayedEvents(Shown):
    """How many events are sent again to an endpoint."""

    endpoint: str
    events: int


@app.command("list")
def list_endpoints(*, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """List the endpoints of a legal entity: which events they get, since when one takes nothing."""
    target = Target.find()
    ports = target.ports
    endpoints = ports.webhook_endpoints.of_entity(naming.legal_entity(target, legal_entity))
    rows: list[dict[str, Any]] = []
    for endpoint in endpoints:
        health = ports.delivery_log.health(endpoint.id)
        state = {"is_enabled": not health.is_disabled(endpoint), "failing_since": health.failing_since}
        rows.append(endpoint.model_dump(mode="json", include={"id", "url", "types"}) | state)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        state_text = "enabled" if row["is_enabled"] else "disabled"
        since = f", takes nothing since {row['failing_since']}" if row["failing_since"] else ""
        types = ", ".join(row["types"]) or "all events"
        console.print(f"{row['id']} {row['url']} ({types}): {state_text}{since}", soft_wrap=True)


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where events are to go: https.")],
    *,
    legal_entity: Entity = "",
    types: Annotated[list[str] | None, typer.Option("--type", help="A type of event; all where none is named.")] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Register an endpoint, and print the secret by which its receiver verifies signatures."""
    target = Target.find()
    wanted = {"legal_entity": naming.legal_entity(target, legal_entity), "url": url, "types": types or []}
    answer = call(target, REGISTER, wanted, who=who)
    registered = RegisteredWebhook(endpoint=answer["endpoint"]["id"], url=url, secret=answer["secret"])
    show(registered, as_json=as_json, text=f"{registered.endpoint}: its secret is {registered.secret}")


@app.command()
def replay(
    endpoint: Annotated[str, typer.Argument(help="The endpoint's id.")],
    *,
    event: Annotated[str, typer.Option("--event", help="One event by its id.")] = "",
    since: Annotated[str, typer.Option("--from", help="Events since this moment, with a time zone.")] = "",
    until: Annotated[str, typer.Option("--to", help="Up to this moment, exclusive, with a time zone.")] = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Send one event again to an endpoint, or those of a window."""
    if bool(event) == bool(since and until):
        message = "name an event with --event, or a window with --from and --to"
        raise WrongUse(message)
    wanted = {"event": event} if event else {"since": since, "until": until}
    answer = call(Target.find(), REPLAY, {"endpoint": endpoint, **wanted}, who=who)
    replayed = ReplayedEvents(endpoint=endpoint, events=answer["events"])
    show(replayed, as_json=as_json, text=f"{replayed.events} events are sent again to {endpoint}")
