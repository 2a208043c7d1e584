"""What every route of the API does alike: answers kept under a key, ids carried through, routes that will go."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.access.scopes import Client, Scope
from billproof.api import pricing_routes, serving
from billproof.api.contract_routes import ROUTES as CONTRACT_ROUTES
from billproof.api.pricing_routes import ROUTES as PRICING_ROUTES
from billproof.api.routes import Deprecation
from billproof_ops.local.people import local_identity
from tests.support.api_events import api_event, route_event
from tests.support.invoking import Context, handler
from tests.support.world import EUROPE, INC, JANUARY, World


@pytest.fixture(scope="module")
def world() -> World:
    world = World(accounts={"UA", "WN", "DL"})
    world.bill()
    return world


def call(world: World, event: dict[str, Any], function: str) -> tuple[int, Any, dict[str, str]]:
    response = handler(function)(event, Context(), world)
    return response["statusCode"], json.loads(response["body"]), response["headers"]


SIMULATION = "POST /v1/simulations"


def simulation(world: World, *changes: Any, **more: str) -> dict[str, Any]:
    body = {"legal_entity": INC, "period": JANUARY, "changes": [change.model_dump(mode="json") for change in changes]}
    return route_event(SIMULATION, "ana", body=json.dumps(body | more))


def test_a_month_is_simulated_and_nothing_of_it_is_kept(world: World) -> None:
    contract = world.directory.contracts("UA")[0]
    newer = contract.model_copy(update={"version": contract.version + 1, "charges": contract.charges[:1]})
    before = {name: dict(records.memory.items) for name, records in world.records.items()}
    status, simulated, _ = call(world, simulation(world, newer), "api_contracts")
    assert status == 200, simulated
    assert [change["account"] for change in simulated["changes"]] == ["UA"]
    assert {name: records.memory.items for name, records in world.records.items()} == before
    foreign = world.directory.contracts("DL")[0]
    assert call(world, simulation(world, foreign), "api_contracts")[0] == 422
    shared = world.directory.legal_entity(INC)
    assert call(world, simulation(world, shared), "api_contracts")[0] == 422
    assert call(world, simulation(world), "api_contracts")[0] == 400


def test_a_contract_is_simulated_however_many_accounts_there_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The company bills two accounts, UA and WN; what a changed account concerns is compared for one at most."""
    monkeypatch.setattr(pricing_routes, "MOST_SIMULATED", 1)
    contract = world.directory.contracts("UA")[0]
    newer = contract.model_copy(update={"version": contract.version + 1, "charges": contract.charges[:1]})
    status, simulated, _ = call(world, simulation(world, newer), "api_contracts")
    assert (status, simulated["accounts"]) == (200, 1), simulated
    account = world.directory.account("WN")
    assert account is not None
    status, problem, _ = call(world, simulation(world, account), "api_contracts")
    assert (status, "more than 1 accounts" in problem["detail"]) == (422, True), problem


def test_an_answer_is_kept_under_its_key_for_its_caller_and_its_route(world: World) -> None:
    quote = {"account": "UA", "period": JANUARY}
    event = route_event("POST /v1/invoices:preview", "ana", body=json.dumps(quote))
    event["headers"]["Idempotency-Key"] = "k-1"
    first = call(world, event, "api_contracts")
    assert first[0] == 200
    assert call(world, event, "api_contracts")[:2] == first[:2]
    event["body"] = json.dumps(quote | {"account": "WN"})
    assert call(world, event, "api_contracts")[0] == 422
    event["requestContext"]["authorizer"]["iam"]["userArn"] = local_identity("ben").subject
    assert call(world, event, "api_contracts")[0] == 200  # a key is a caller's own
    assert call(world, api_event({"legal_entity": INC, "period": JANUARY}, "ana", key="k-1"), "request_run")[0] == 200


def kept_preview(account: str, key: str) -> dict[str, Any]:
    body = json.dumps({"account": account, "period": JANUARY})
    event = route_event("POST /v1/invoices:preview", "crm", body=body)
    event["headers"]["Idempotency-Key"] = key
    return event


@pytest.fixture
def world_of_a_client() -> World:
    """The CRM may ask about accounts of both companies."""
    world = World(accounts={"UA", "DL"})
    for entity in (INC, EUROPE):
        let(world, entity, Scope.CONTRACTS_READ)
    return world


def let(world: World, entity: str, *scopes: Scope) -> None:
    policy = world.directory.policy(entity)
    clients = (Client(id="crm", identities=(local_identity("crm"),), scopes=scopes),) if scopes else ()
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": clients}))
    world.access._read_at = None


def test_a_kept_answer_is_for_who_may_still_ask(world_of_a_client: World) -> None:
    world = world_of_a_client
    events = [kept_preview("UA", "k-1"), kept_preview("DL", "k-2")]
    assert [call(world, event, "api_contracts")[0] for event in events] == [200, 200]
    let(world, INC)
    assert [call(world, event, "api_contracts")[0] for event in events] == [404, 200]


def test_what_is_kept_is_no_larger_than_can_be_kept(world_of_a_client: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of_a_client
    answer = call(world, kept_preview("UA", ""), "api_contracts")[1]
    monkeypatch.setattr(serving, "MOST_KEPT_BYTES", len(json.dumps(answer)) + 1)  # its quotes are escaped where it lies
    assert call(world, kept_preview("UA", "k-1"), "api_contracts")[:2] == (200, answer)
    assert [kept for _, kept in world.answers.kept.values()] == [{"body": None}]
    assert call(world, kept_preview("UA", "k-1"), "api_contracts")[:2] == (200, answer)


def test_a_call_carries_its_ids_through(world: World) -> None:
    event = route_event("GET /v1/meters", "ana")
    event["headers"]["X-Correlation-Id"] = "order-7:a"
    headers = call(world, event, "api_contracts")[2]
    assert (headers["x-request-id"], headers["x-correlation-id"]) == ("request", "order-7:a")
    event["headers"]["X-Correlation-Id"] = "ben@skymeter.example\nlevel=ERROR"
    assert "x-correlation-id" not in call(world, event, "api_contracts")[2]
    assert call(world, route_event("GET /v1/meters", None), "api_contracts")[2]["x-request-id"] == "request"


def test_a_route_that_will_go_says_when(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    going = Deprecation(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))
    route = replace(CONTRACT_ROUTES["GET /v1/meters"], deprecation=going)
    monkeypatch.setitem(CONTRACT_ROUTES, "GET /v1/meters", route)
    headers = call(world, route_event("GET /v1/meters", "ana"), "api_contracts")[2]
    assert headers["deprecation"] == "@1796083200"  # 2026-12-01T00:00:00Z
    assert headers["sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"


def test_an_answer_that_is_too_large_to_be_kept_is_worked_out_once_a_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it writes is written by its own facts once; but no call does its work twice."""
    monkeypatch.setattr(serving, "MOST_KEPT_BYTES", 10)
    times: list[str] = []

    def work(call: Any, _ports: Any) -> Any:
        times.append(call.request.account)
        return call.request

    route = replace(PRICING_ROUTES["POST /v1/invoices:preview"], operation=work)
    monkeypatch.setitem(PRICING_ROUTES, "POST /v1/invoices:preview", route)
    event = route_event("POST /v1/invoices:preview", "ana", body=json.dumps({"account": "UA", "period": JANUARY}))
    event["headers"]["Idempotency-Key"] = "large"
    assert call(world, event, "api_contracts")[:2] == (200, {"account": "UA", "period": JANUARY})
    assert times == ["UA"]
    assert call(world, event, "api_contracts")[0] == 200
    assert times == ["UA", "UA"]
