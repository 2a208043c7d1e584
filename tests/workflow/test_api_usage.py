"""Usage over HTTP: an answer for each event, nothing of other companies, and never more than a caller may send."""

import json
from typing import Any

import pytest

from billproof.access.scopes import Client, Scope
from billproof.errors import ExternalServiceUnavailable
from billproof_ops.local.people import local_identity
from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.world import EUROPE, INC, JANUARY, World, flight

SEND, CHECK = "POST /v1/usage-events", "POST /v1/usage-events:dry-run"
FIND, SHOW = "GET /v1/usage-events", "GET /v1/accounts/{account}/usage"
METERING = "metering"
SOURCE = flight(1)["source"]


def client(*scopes: Scope, name: str = METERING, sources: tuple[str, ...] = ()) -> Client:
    return Client(id=name, identities=(local_identity(name),), scopes=scopes, sources=sources)


@pytest.fixture
def world() -> World:
    """The US company lets `metering` send and ask; the European one knows nothing of it."""
    world = World(accounts={"UA", "WN", "DL"})
    let(world, client(Scope.USAGE_WRITE, Scope.USAGE_READ))
    let(world, entity=EUROPE)
    return world


def let(world: World, *clients: Client, entity: str = INC) -> None:
    policy = world.directory.policy(entity)
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": clients}))
    world.access._read_at = None


def call(world: World, event: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
    response = handler("api_usage")(event, Context(), world)
    return response["statusCode"], json.loads(response["body"]), response["headers"]


def send(world: World, *events: Any, by: str | None = METERING, route: str = SEND, **more: Any) -> dict[str, Any]:
    status, document, _ = call(world, route_event(route, by, body=json.dumps(list(events)), **more))
    assert status == (202 if route == SEND else 200), document
    return document


def find(world: World, event: dict[str, Any], **more: str) -> tuple[int, dict[str, Any]]:
    query = {"account": event["subject"], "source": event["source"], "id": event["id"], "time": event["time"]}
    status, document, _ = call(world, route_event(FIND, METERING, query=query | more))
    return status, document


def test_every_event_is_answered_in_its_place_and_the_good_ones_are_queued(world: World) -> None:
    no_zone = flight(2) | {"time": "2013-01-05T10:00:00"}
    receipt = send(world, flight(1), no_zone, flight(3) | {"type": "nothing.known"}, 7, flight(4))
    assert (receipt["accepted"], receipt["refused"]) == (2, 3)
    states = [(answer["state"], answer["code"], answer["field"]) for answer in receipt["events"]]
    assert states == [
        ("accepted", None, None),
        ("refused", "time_without_zone", "time"),
        ("refused", "unknown_meter", "type"),
        ("refused", "not_a_cloudevent", None),
        ("accepted", None, None),
    ]
    assert [answer["id"] for answer in receipt["events"]] == [f"{flight(n)['id']}" for n in (1, 2, 3)] + [
        None,
        flight(4)["id"],
    ]
    (body,) = world.usage_events.bodies
    assert json.loads(body) == [flight(1), flight(4)]


def test_a_dry_run_answers_the_same_and_queues_nothing(world: World) -> None:
    assert send(world, flight(1), flight(2) | {"time": "no"}, route=CHECK)["refused"] == 1
    assert world.usage_events.bodies == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/cloudevents+json", json.dumps(flight(1))),
        ("application/cloudevents-batch+json; charset=utf-8", json.dumps([flight(1)])),
        ("application/x-ndjson", f"{json.dumps(flight(1))}\n\n"),
        ("Application/JSON", json.dumps(flight(1))),
    ],
)
def test_events_come_one_by_one_in_arrays_and_in_lines(content_type: str, body: str, world: World) -> None:
    status, document, _ = call(world, route_event(SEND, METERING, body=body, content_type=content_type))
    assert (status, document["accepted"]) == (202, 1)


def test_lines_that_make_events_only_together_are_refused_one_by_one(world: World) -> None:
    first, second = json.dumps(flight(1)), json.dumps(flight(2))
    cut = first.index('"type"')
    lines = f"{first[: cut - 2]}\n{first[cut:]},{second}"
    event = route_event(SEND, METERING, body=lines, content_type="application/x-ndjson")
    status, document, _ = call(world, event)
    assert (status, [answer["code"] for answer in document["events"]]) == (422, ["unparsable_json", "not_a_cloudevent"])
    assert world.usage_events.bodies == []


@pytest.mark.parametrize("bad", ['{"id": "\\ud83d"}', '{"id": NaN}', '{"id": "a\nb"}'])
def test_an_event_that_is_no_json_is_answered_in_its_place_of_an_array(bad: str, world: World) -> None:
    body = f"[{json.dumps(flight(1))}, {bad}, {json.dumps(flight(2))}]"
    status, document, _ = call(world, route_event(SEND, METERING, body=body))
    codes = [answer["code"] for answer in document["events"]]
    assert (status, codes) == (202, [None, "unparsable_json", None])
    (queued,) = world.usage_events.bodies
    assert json.loads(queued) == [flight(1), flight(2)]


@pytest.mark.parametrize("of", ["one by one", "together"])
def test_events_are_answered_alike_whether_they_are_looked_at_together(of: str, world: World) -> None:
    """One event that is not plain lets all of a body be looked at one by one."""
    odd = [flight(9) | {"data": {**flight(9)["data"], "distance": 7}}] if of == "one by one" else []
    receipt = send(world, flight(1), flight(2) | {"source": "another"}, *odd)
    accepted = [(answer["index"], answer["source"], answer["id"], answer["state"]) for answer in receipt["events"][:2]]
    assert accepted == [(0, SOURCE, flight(1)["id"], "accepted"), (1, "another", flight(2)["id"], "accepted")]


def test_a_line_may_hold_what_others_take_for_a_line_end(world: World) -> None:
    event = json.dumps(flight(1) | {"id": "a\u2028b\x85c"}, ensure_ascii=False)
    _, document, _ = call(world, route_event(SEND, METERING, body=event, content_type="application/x-ndjson"))
    assert document["accepted"] == 1


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (route_event(SEND, None, body="[]"), 401, "no_caller"),
        (route_event(SEND, "mallory", body="[]"), 403, "not_allowed"),
        (route_event(SEND, "ben", body="[]"), 403, "not_allowed"),
        (route_event(SEND, METERING, body="[]"), 422, "invalid_input"),
        (route_event(SEND, METERING, body="{"), 422, "nothing_accepted"),
        (route_event(SEND, METERING, body=json.dumps(flight(1) | {"time": "no"})), 422, "nothing_accepted"),
        (route_event(SEND, METERING, body=json.dumps([1] * 1_001)), 422, "invalid_input"),
        (route_event(SEND, METERING, body="x", content_type="text/csv"), 415, "unsupported_media_type"),
        (route_event(SEND, METERING, body="é" * 500_001), 413, "invalid_input"),
        (route_event("PUT /v1/usage-events", METERING), 404, "no_such_route"),
        (route_event(FIND, METERING, query={"account": "UA"}), 400, "invalid_input"),
        (route_event(SHOW, METERING, account="nobody"), 404, "not_found"),
    ],
)
def test_what_is_refused_is_a_problem_document(event: dict[str, Any], status: int, code: str, world: World) -> None:
    answered, problem, headers = call(world, event)
    assert (answered, problem["code"]) == (status, code), problem
    assert headers["content-type"] == "application/problem+json"
    assert world.usage_events.bodies == []


def test_an_account_of_a_company_that_does_not_know_the_caller_is_no_account(world: World) -> None:
    foreign = flight(1, account="DL")
    assert world.directory.account("DL").legal_entity == EUROPE  # type: ignore[union-attr]
    receipt = send(world, foreign, flight(2))
    assert [answer["code"] for answer in receipt["events"]] == ["unknown_account", None]
    nobody = send(world, flight(1, account="nobody"), flight(2))["events"][0]
    assert nobody["detail"].replace("nobody", "DL") == receipt["events"][0]["detail"]
    assert find(world, foreign)[0] == 404
    status, _, _ = call(world, route_event(SHOW, METERING, account="DL"))
    assert status == 404


def test_a_client_sends_events_of_its_own_sources_only(world: World) -> None:
    let(world, client(Scope.USAGE_WRITE, sources=("another-source",)))
    total = {**flight(2), "type": "billproof.control-total", "subject": "flights_handled"}
    total |= {"time": "2013-01-05T17:00:00Z", "data": {"count": "1"}}
    answers = send(world, flight(1), total, flight(3) | {"source": "another-source"})["events"]
    assert [answer["code"] for answer in answers] == ["source_not_allowed", "source_not_allowed", None]


def test_a_token_is_limited_to_the_scopes_that_it_names(world: World) -> None:
    let(world, Client(id="m", identities=({"issuer": "https://idp", "subject": "m"},), scopes=tuple(Scope)))
    statuses = []
    for scope in ("billproof/usage:read", "billproof/usage:write openid", "openid", ""):
        event = route_event(SEND, METERING, body=json.dumps(flight(1)))
        claims = {"iss": "https://idp", "sub": "m"} | ({"scope": scope} if scope else {})
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims}}
        statuses.append(call(world, event)[0])
    assert statuses == [403, 202, 202, 202]


def test_people_of_the_policy_ask_and_send_nothing(world: World) -> None:
    status, document, _ = call(world, route_event(SHOW, "ben", query={"period": JANUARY}, account="UA"))
    assert (status, document["account"]) == (200, "UA")


def test_who_calls_too_often_is_told_when_to_come_back(world: World) -> None:
    world.call_limits.burst = 2
    statuses = [call(world, route_event(SHOW, METERING, account="UA")) for _ in range(3)]
    assert [status for status, _, _ in statuses] == [200, 200, 429]
    assert statuses[0][2]["ratelimit"] == '"calls";r=1;t=0'
    assert statuses[2][2]["retry-after"] == "1"
    assert statuses[2][1]["code"] == "too_many_calls"
    assert call(world, route_event(SHOW, "ben", account="UA"))[0] == 200


def test_a_queue_that_does_not_answer_is_said_and_everything_can_be_sent_again(world: World) -> None:
    class Away:
        bodies: tuple[str, ...] = ()

        def send(self, bodies: Any) -> None:
            raise ExternalServiceUnavailable("away")

    queue, world.usage_events = world.usage_events, Away()  # type: ignore[assignment]
    status, problem, headers = call(world, route_event(SEND, METERING, body=json.dumps(flight(1))))
    assert (status, problem["code"], headers["retry-after"]) == (503, "external_service_unavailable", "2")
    world.usage_events = queue
    assert send(world, flight(1))["accepted"] == 1


def test_an_event_is_found_on_its_way_to_an_invoice(world: World) -> None:
    event = flight(1)
    assert find(world, event)[1]["state"] == "not_here"
    world.ingest([event, event, flight(2) | {"time": "2013-01-05T99:00:00Z"}])
    status, place = find(world, event)
    assert (status, place["state"], len(place["copies"]), place["invoices"]) == (200, "log", 2, [])
    world.bill()
    (billed,) = find(world, event)[1]["invoices"]
    assert billed["invoice"] == f"{INC}.{JANUARY}.UA"
    assert billed["number"]
    assert billed["lines"]
    assert find(world, event, id="another")[1]["state"] == "not_here"
    assert find(world, event, time="yesterday")[0] == 422
    for time in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        status, place = find(world, event, time=time)
        assert (status, place.get("state")) in {(200, "not_here"), (422, None)}


def test_a_refused_event_is_found_with_its_reason(world: World) -> None:
    event = flight(3) | {"type": "nothing.known"}
    world.ingest([event])
    _, place = find(world, event)
    assert (place["state"], place["refused"][0]["reason"], place["refused"][0]["dismissed"]) == (
        "refused",
        "unknown_meter",
        False,
    )


def test_an_event_that_was_refused_for_its_time_is_found_by_the_right_one(world: World) -> None:
    world.ingest([flight(3) | {"time": "yesterday"}])
    assert find(world, flight(3))[1]["refused"][0]["reason"] == "time_unreadable"


def test_running_usage_is_what_was_ingested(world: World) -> None:
    world.ingest([flight(n) for n in range(1, 4)])
    _, usage, _ = call(world, route_event(SHOW, METERING, query={"period": JANUARY}, account="UA"))
    assert usage["counts"]["metered"] == 3


def test_a_client_without_the_scope_asks_for_nothing(world: World) -> None:
    let(world, client(Scope.USAGE_WRITE))
    assert call(world, route_event(SHOW, METERING, account="UA"))[0] == 403
    with pytest.raises(ValueError, match="two people or clients"):
        type(world.directory.policy(INC)).model_validate(
            world.directory.policy(INC).model_dump(mode="json")
            | {"clients": [client(Scope.USAGE_READ, name="ben").model_dump(mode="json")]},
            context={"published": True},
        )
