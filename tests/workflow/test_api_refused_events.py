"""The quarantine over the API: what a month's list says, one event as it came, sending it again, and whose it is."""

import json
from typing import Any

import pytest

from billproof.approvals import resending
from tests.support.api_events import api_event, route_event
from tests.support.invoking import Context, handler
from tests.support.playing import played_once
from tests.support.world import EUROPE, INC, JANUARY, World, flight

MONTH = {"legal_entity": INC, "period": JANUARY}


@pytest.fixture
@played_once
def world() -> World:
    """Two events of UA are refused: one is of a negative distance, one of an account that nobody knows."""
    world = World(accounts={"UA"})
    ours = world.directory.legal_entity(INC).model_copy(update={"version": 9, "usage_sources": ("test/operations",)})
    world.publish(ours)
    world.ingest([flight(1), flight(2, data={"distance": "-1"}), flight(3, account="UAA")])
    world.call_limits.burst = 1_000_000
    return world


def call(world: World, route: str, by: str, query: dict[str, str] | None = None, **in_path: str) -> tuple[int, Any]:
    name = "dismiss_event" if route.startswith("POST") else "api_operations"
    response = handler(name)(route_event(route, by, query=query, **in_path), Context(), world)
    return response["statusCode"], json.loads(response["body"])


def listed(world: World, **query: str) -> list[dict[str, Any]]:
    status, page = call(world, "GET /v1/refused-events", "ana", {**MONTH, **query})
    assert status == 200, page
    rows: list[dict[str, Any]] = page["items"]
    return rows


def resend(world: World, event: str, by: str = "ana") -> tuple[int, Any]:
    return call(world, "POST /v1/refused-events/{event}/resendings", by, event=event)


def test_a_month_lists_what_waits_with_its_reason_and_place_page_by_page(world: World) -> None:
    rows = {row["reason"]: row for row in listed(world)}
    assert rows.keys() == {"unknown_account", "quantity_negative"}
    assert (rows["quantity_negative"]["kind"], rows["quantity_negative"]["place"]) == ("account", "UA")
    assert (rows["unknown_account"]["kind"], rows["unknown_account"]["place"]) == ("source", "test/operations")
    _, first = call(world, "GET /v1/refused-events", "ana", {**MONTH, "limit": "1"})
    _, last = call(world, "GET /v1/refused-events", "ana", {**MONTH, "limit": "1", "cursor": first["next"]})
    assert {row["id"] for row in (*first["items"], *last["items"])} == {row["id"] for row in listed(world)}
    assert (last["next"], last["unreadable"]) == (None, [])


def test_one_is_shown_as_it_came_with_what_is_wrong_and_not_to_who_has_no_part_in_it(world: World) -> None:
    (row,) = (row for row in listed(world) if row["reason"] == "unknown_account")
    status, shown = call(world, "GET /v1/refused-events/{event}", "ana", event=row["id"])
    assert (status, json.loads(shown["raw"])) == (200, flight(3, account="UAA"))
    assert (shown["legal_entity"], shown["period"], "UAA" in shown["why"]) == (INC, JANUARY, True)
    assert call(world, "GET /v1/refused-events/{event}", "mallory", event=row["id"])[0] == 403
    assert call(world, "GET /v1/refused-events", "ana", {**MONTH, "legal_entity": "nobody"})[0] == 404
    policy = world.directory.policy(INC)
    without_ana = tuple(person for person in policy.people if person.id != "ana")
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "people": without_ana}))
    world.access._read_at = None
    assert call(world, "GET /v1/refused-events/{event}", "ana", event=row["id"])[0] == 404  # she is of EUROPE still
    assert call(world, "GET /v1/refused-events", "ana", {**MONTH, "legal_entity": EUROPE}) == (
        200,
        {"items": [], "next": None, "unreadable": []},
    )


def test_what_is_sent_again_is_the_message_as_it_came_and_counts_once_its_cause_is_gone(world: World) -> None:
    (row,) = (row for row in listed(world) if row["reason"] == "unknown_account")
    status, sent = resend(world, row["id"])
    assert (status, sent) == (200, {"id": row["id"], "resent_by": "ana"})
    assert [json.loads(body) for body in world.usage_events.bodies] == [flight(3, account="UAA")]
    assert resend(world, row["id"])[0] == 200  # its answer was lost: an event counts once all the same
    assert len(world.usage_events.bodies) == 2
    assert {one["state"] for one in listed(world)} == {"open"}
    account = world.directory.account("UA")
    assert account is not None
    world.publish(account.model_copy(update={"id": "UAA"}))
    world.ingest([json.loads(body) for body in world.usage_events.bodies])
    states = {one["reason"]: one["state"] for one in listed(world, all="true")}
    assert states == {"unknown_account": "resent", "quantity_negative": "open"}


@pytest.mark.parametrize("by", ["mallory", "carla-the-client"])
def test_nobody_but_a_person_of_the_policy_sends_anything_again(by: str, world: World) -> None:
    (row, _) = listed(world)
    assert resend(world, row["id"], by)[0] == 403
    assert resend(world, "2013-01-05.0123456789abcdef")[0] == 404
    assert world.usage_events.bodies == []


def test_an_event_that_no_queue_takes_is_refused_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resending, "MOST_BYTES", 20)
    (row, _) = listed(world)
    status, problem = resend(world, row["id"])
    assert (status, problem["code"], "in parts" in problem["detail"]) == (409, "conflict", True)
    assert world.usage_events.bodies == []


def test_what_is_dismissed_leaves_the_list_of_what_waits_and_says_by_whom(world: World) -> None:
    (row, other) = listed(world)
    body = api_event({"reason": "a test of the source"}, "ben", event=row["id"])
    assert handler("dismiss_event")(body, Context(), world)["statusCode"] == 200
    assert [one["id"] for one in listed(world)] == [other["id"]]
    (known,) = (one for one in listed(world, all="true") if one["id"] == row["id"])
    assert (known["state"], known["said"]) == ("dismissed", "ben: a test of the source")
