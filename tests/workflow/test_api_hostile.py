"""What hostile clients send over HTTP: no error of ours, and nothing of other companies."""

import json
from datetime import timedelta
from typing import Any

import pytest

from billproof.access.scopes import Client, Scope
from billproof_ops.local.people import local_identity
from billproof_ops.openapi import FILE as OPENAPI
from tests.support.api_events import api_event, route_event
from tests.support.invoking import Context, handler
from tests.support.world import EUROPE, INC, World, flight

NAME = "attacker"
SEND, SHOW = "POST /v1/usage-events", "GET /v1/accounts/{account}/usage"
PREVIEW = "POST /v1/invoices:preview"
QUOTE = "POST /v1/prices:quote"
PUT_ACCOUNT = "PUT /v1/accounts/{id}/versions/{version}"
MOST_RESPONSE_BYTES = 6_291_556
"""Bytes of the largest answer of a function (Lambda's quotas)."""


def let(world: World, entity: str, *clients: Client) -> None:
    policy = world.directory.policy(entity)
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": clients}))
    world.access._read_at = None


def attacker(*sources: str) -> Client:
    return Client(id=NAME, identities=(local_identity(NAME),), scopes=tuple(Scope), sources=sources)


@pytest.fixture
def world() -> World:
    """The attacker is a client of the US company with every scope; the European company does not know it."""
    world = World(accounts={"UA", "DL"})
    let(world, INC, attacker())
    let(world, EUROPE)
    return world


def call(world: World, function: str, event: Any) -> tuple[int, dict[str, Any]]:
    response = handler(function)(event, Context(), world)
    assert len(json.dumps(response)) < MOST_RESPONSE_BYTES
    return response["statusCode"], json.loads(response["body"])


def send(world: World, body: str, content_type: str = "application/json") -> list[dict[str, Any]]:
    _, document = call(world, "api_usage", route_event(SEND, NAME, body=body, content_type=content_type))
    answers: list[dict[str, Any]] = document["events"]
    return answers


@pytest.mark.parametrize("part", ["headers", "queryStringParameters", "pathParameters", "routeKey", "body"])
@pytest.mark.parametrize("value", ["x", 1, 1.5, True, [[]], {"a": []}, "\ud800"])
def test_an_event_of_any_shape_is_no_error_of_ours(part: str, value: Any, world: World) -> None:
    body = json.dumps(flight(1))
    for function, route in (("api_usage", SEND), ("api_usage", SHOW), ("api_contracts", PREVIEW)):
        assert call(world, function, route_event(route, NAME, body=body) | {part: value})[0] < 500
    assert call(world, "decide_exception", api_event({}, "ben") | {part: value})[0] < 500


@pytest.mark.parametrize("fields", [5, True, ["id"], {"id": 1}])
def test_fields_in_a_body_that_are_no_names_are_no_error_of_ours(fields: Any, world: World) -> None:
    event = route_event("GET /v1/meters", NAME, body=json.dumps({"fields": fields}))
    assert call(world, "api_contracts", event)[0] == 400


@pytest.mark.parametrize("account", ["é" * 1_000, "UA#profile", "\x00", " UA", "\uffff"])
def test_what_can_be_no_name_is_not_looked_up(account: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.directory, "account", lambda name: pytest.fail(f"looked up {name!r}"))
    assert call(world, "api_usage", route_event(SHOW, NAME, account=account))[0] == 404


@pytest.mark.parametrize("period", ["0001-01", "0001-12", "9999-12", "2013-00"])
def test_a_month_at_the_ends_of_time_is_no_month(period: str, world: World) -> None:
    body = json.dumps({"account": "UA", "period": period})
    for function, route in (("api_usage", SHOW), ("api_contracts", PREVIEW)):
        status, problem = call(world, function, route_event(route, NAME, body=body))
        assert (status, problem["code"]) == (422, "invalid_period")


def test_a_month_far_ahead_is_no_month_to_look_at(world: World) -> None:
    """Each month of a contract until then would be worked out: the last of them take seconds, and have no year."""
    changed = [world.directory.contracts("UA")[0].model_dump(mode="json")]
    asked = (
        (SHOW, {"account": "UA"}),
        (PREVIEW, {"account": "UA"}),
        ("POST /v1/simulations", {"legal_entity": INC, "changes": changed}),
    )
    for route, body in asked:
        function = "api_usage" if route == SHOW else "api_contracts"
        for period in ("2024-01", "9990-01", "9998-12"):
            event = route_event(route, NAME, body=json.dumps({**body, "period": period}))
            status, problem = call(world, function, event)
            assert (status, problem["code"]) == (422, "invalid_period"), (route, period, problem)
    assert (
        call(
            world, "api_contracts", route_event(PREVIEW, NAME, body=json.dumps({"account": "UA", "period": "2023-12"}))
        )[0]
        == 200
    )


def quoted(world: World, **changes: Any) -> tuple[int, dict[str, Any]]:
    """Ask for the price that the OpenAPI document has for an example, which is taxed."""
    document = json.loads(OPENAPI.read_text())["paths"]["/v1/prices:quote"]["post"]
    example = document["requestBody"]["content"]["application/json"]["example"]
    assert example["tax"]
    return call(world, "api_contracts", route_event(QUOTE, NAME, body=json.dumps(example | changes)))


def test_a_price_whose_tax_makes_it_too_large_is_an_error_of_who_asks(world: World) -> None:
    status, problem = quoted(world, price={"model": "flat", "amount": "9" * 23})
    assert (status, problem["code"]) == (422, "invalid_input")


def test_a_price_is_quoted_for_the_last_month_that_there_is(world: World) -> None:
    assert quoted(world, period="9998-12")[0] == 200


def put_account(world: World, name: str, parent: str) -> tuple[int, dict[str, Any]]:
    known = world.directory.account("UA")
    assert known is not None
    fields = known.model_dump(mode="json", exclude={"kind", "id", "version"}) | {"parent": parent}
    return call(world, "api_contracts", route_event(PUT_ACCOUNT, NAME, body=json.dumps(fields), id=name, version="1"))


def test_no_account_becomes_a_child_of_another_company(world: World) -> None:
    assert world.directory.account("DL").legal_entity == EUROPE  # type: ignore[union-attr]
    (status, foreign), (_, nobody) = put_account(world, "EVIL", "DL"), put_account(world, "EVIL", "nobody")
    assert status == 404
    assert nobody["detail"].replace("nobody", "DL") == foreign["detail"]
    assert world.directory.children("DL") == []


def test_a_child_of_a_child_has_no_invoice_to_preview(world: World) -> None:
    assert put_account(world, "KID", "UA")[0] == 200
    assert put_account(world, "GRANDKID", "KID")[0] == 422
    kid = world.directory.account("KID")
    assert kid is not None
    world.directory.add(kid.model_copy(update={"id": "GRANDKID", "parent": "KID"}))  # as it was when KID came later
    body = json.dumps({"account": "GRANDKID", "period": "2013-01"})
    assert call(world, "api_contracts", route_event(PREVIEW, NAME, body=body))[0] == 404


def control_total(source: str) -> str:
    changes = {"type": "billproof.control-total", "subject": "flights_handled", "source": source}
    return json.dumps(flight(1) | changes | {"time": "2013-01-05T17:00:00Z", "data": {"count": "1"}})


def test_a_client_of_one_company_states_nothing_of_the_sources_of_another(world: World) -> None:
    (answer,) = send(world, control_total("europe/operations"))
    assert answer["code"] == "source_not_allowed"
    let(world, INC, attacker("us/operations"))
    assert send(world, control_total("us/operations"))[0]["state"] == "accepted"
    assert send(world, control_total("europe/operations"))[0]["code"] == "source_not_allowed"
    let(world, INC, attacker())
    let(world, EUROPE, attacker())
    assert send(world, control_total("europe/operations"))[0]["state"] == "accepted"


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "[openid billproof/usage:read]"},
        {"scope": "[billproof/usage:read]"},
        {"scp": "billproof/usage:read"},
        {"scp": "[billproof/usage:read, openid]", "scope": "openid"},
    ],
)
def test_a_token_is_limited_however_its_issuer_writes_scopes(claims: dict[str, str], world: World) -> None:
    identity = {"issuer": "https://idp", "subject": "m"}
    let(world, INC, Client.model_validate({"id": "m", "identities": [identity], "scopes": list(Scope)}))
    event = route_event(SEND, NAME, body=json.dumps(flight(1)))
    event["requestContext"]["authorizer"] = {"jwt": {"claims": {"iss": "https://idp", "sub": "m"} | claims}}
    assert call(world, "api_usage", event)[0] == 403
    assert world.usage_events.bodies == []


def test_a_token_that_only_reads_decides_nothing(world: World) -> None:
    event = api_event({"verdict": "approved", "reason": "looks right"}, "ben", exception=f"{INC}.2013-01.UA.001")
    identity = local_identity("ben")
    claims = {"iss": identity.issuer, "sub": identity.subject}
    event["requestContext"]["authorizer"] = {"jwt": {"claims": claims}}
    assert call(world, "decide_exception", event)[0] == 404
    claims["scope"] = "billproof/usage:read"
    status, problem = call(world, "decide_exception", event)
    assert (status, problem["code"]) == (403, "not_allowed")


def test_an_event_with_half_a_surrogate_pair_is_refused_where_nobody_reads_it(world: World) -> None:
    body = json.dumps([flight(1) | {"unread": "\ud800"}, flight(2)], ensure_ascii=False)
    assert [answer["code"] for answer in send(world, body)] == ["unparsable_json", None]
    assert json.loads(world.usage_events.bodies[0]) == [flight(2)]


def test_what_sqs_takes_in_no_message_is_escaped(world: World) -> None:
    event = flight(1, data={"note": "\uffff\ufffe"})
    send(world, json.dumps(event, ensure_ascii=False))
    (body,) = world.usage_events.bodies
    assert not set("\uffff\ufffe") & set(body)
    assert json.loads(body) == [event]
    too_long = flight(2, data={"note": "\uffff" * 15_000})
    assert send(world, json.dumps(too_long, ensure_ascii=False))[0]["code"] == "event_too_large"


def test_an_answer_is_not_many_times_as_long_as_what_was_sent(world: World) -> None:
    events = [flight(number) | {"subject": "\x7f" * 60_000} for number in range(15)]
    answers = send(world, json.dumps(events, ensure_ascii=False))
    assert {answer["code"] for answer in answers} == {"unknown_account"}
    assert max(len(answer["detail"]) for answer in answers) <= 203


def test_an_account_that_there_is_not_is_not_looked_up_for_each_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for the call as a whole, and once for its first event."""
    lookups: list[str] = []
    monkeypatch.setattr(world.reference_data, "legal_entity_of", lookups.append)
    send(world, json.dumps([flight(number, account="nobody") for number in range(50)]))
    assert lookups == ["nobody", "nobody"]


def test_what_is_accepted_is_not_too_old_once_it_is_queued(world: World) -> None:
    oldest = world.now() - world.settings.most_age
    times = [oldest + timedelta(seconds=seconds) for seconds in (10, 120)]
    events = [flight(number) | {"time": f"{time:%Y-%m-%dT%H:%M:%S}Z"} for number, time in enumerate(times)]
    assert [answer["code"] for answer in send(world, json.dumps(events))] == ["time_too_old", None]
    world.moment += timedelta(seconds=30)
    assert world.ingest(json.loads(world.usage_events.bodies[0])).accepted == 1
