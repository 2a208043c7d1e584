"""`billproof webhooks`: what it lists, registers and sends again; a repetition registers nothing new."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof.webhooks.model import EndpointHealth
from billproof.webhooks.signing import secret_of
from billproof_ops import cli_webhooks
from billproof_ops.api import Operation
from tests.support.webhook_world import WorldWithWebhooks, ask
from tests.support.webhooks import KEY, START, URL
from tests.support.world import INC

RELEASED = "billproof.invoice.released.v1"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WorldWithWebhooks:
    world = WorldWithWebhooks()
    target = SimpleNamespace(ports=world)

    def call(_target: Any, operation: Operation, request: dict[str, Any], *, who: str | None) -> Any:
        in_path = {name: value for name, value in request.items() if name == "endpoint"}
        body = {name: value for name, value in request.items() if name != "endpoint"}
        status = 202 if operation is cli_webhooks.REPLAY else 200
        return ask(world, f"POST {operation.path}", body, by=who, status=status, **in_path)

    monkeypatch.setattr("billproof_ops.cli_webhooks.Target", SimpleNamespace(find=lambda: target))
    monkeypatch.setattr("billproof_ops.cli_webhooks.call", call)
    monkeypatch.setattr("billproof_ops.naming.legal_entity", lambda _target, entity: entity or INC)
    return world


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli_webhooks.app, words)
    assert result.exit_code == code, result.output
    return result.output


def test_an_endpoint_is_added_once_listed_and_sent_to_again(world: WorldWithWebhooks) -> None:
    added = [json.loads(run("add", URL, "--type", RELEASED, "--as", "hooks", "--json")) for _ in range(2)]
    assert added[0] == added[1]
    (endpoint,) = world.webhook_endpoints.of_entity(INC)
    assert (added[0]["endpoint"], added[0]["secret"]) == (endpoint.id, secret_of(KEY, endpoint.id, 1))
    assert f"{endpoint.id} {URL} ({RELEASED}): enabled" in run("list").replace("\n", " ")
    at = "2013-02-02T12:00:00.000000Z"
    world.delivery_log.set_health(endpoint.id, EndpointHealth(failing_since=at, disabled_at="2099"))
    (row,) = json.loads(run("list", "--json"))
    assert (row["is_enabled"], row["failing_since"]) == (False, at)
    world.delivery_log.set_health(endpoint.id, EndpointHealth())
    window = ("--from", "2013-01-01T00:00:00Z", "--to", f"{START:%Y}-01-02T00:00:00Z")
    assert f"0 events are sent again to {endpoint.id}" in run("replay", endpoint.id, *window, "--as", "hooks")


def test_a_replay_names_an_event_or_a_window(world: WorldWithWebhooks) -> None:
    run("add", URL, "--as", "hooks")
    (endpoint,) = world.webhook_endpoints.of_entity(INC)
    for words in ((), ("--event", "evt_x", "--from", "a", "--to", "b"), ("--from", "a")):
        assert CliRunner().invoke(cli_webhooks.app, ["replay", endpoint.id, *words]).exit_code != 0
