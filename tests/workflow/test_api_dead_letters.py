"""Dead letters over the API: who sees them, what of them is masked, and that they are sent back and not lost."""

import json
from typing import Any

import pytest

from billproof.letters import MASK, masked
from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.playing import played_once
from tests.support.world import INC, World

REDRIVE = "POST /v1/dead-letters/{queue}/redrives"
RECEIPT = {
    "kind": "receipt",
    "receipt": {
        "legal_entity": INC,
        "amount": {"amount": "2105.00", "currency": "USD"},
        "payer": {"name": "Airlines Clearing House", "account": "US12 3456"},
        "remittance": "for Mr Smith",
    },
}


@pytest.fixture
@played_once
def world() -> World:
    """Three messages of the payments' queue are dead."""
    world = World(accounts={"UA"})
    world.call_limits.burst = 1_000_000
    return world


@pytest.fixture(autouse=True)
def dead(world: World) -> list[tuple[str, str]]:
    world.dead_letters.dead["payment-events"] = [(json.dumps(RECEIPT), "there is no such source")] * 3
    return world.dead_letters.dead["payment-events"]


def call(world: World, route: str, by: str, body: dict[str, Any] | None = None, queue: str = "") -> tuple[int, Any]:
    in_path: dict[str, Any] = {"queue": queue} if queue else {}
    event = route_event(route, by, body=json.dumps(body) if body is not None else "", **in_path)
    response = handler("redrive_letters")(event, Context(), world)
    return response["statusCode"], json.loads(response["body"])


def test_each_queue_says_how_many_are_dead(world: World) -> None:
    status, queues = call(world, "GET /v1/dead-letters", "ana")
    assert (status, queues["queues"]) == (
        200,
        [
            {"queue": "payment-events", "waiting": 0, "dead_letters": 3},
            {"queue": "usage-events", "waiting": 0, "dead_letters": 0},
        ],
    )


def test_a_dry_run_shows_what_failed_and_why_and_nothing_of_a_person_or_an_amount(
    world: World, dead: list[tuple[str, str]]
) -> None:
    status, shown = call(world, REDRIVE, "ana", {"dry_run": True, "limit": 2}, queue="payment-events")
    assert (status, shown["sent_back"], shown["left"], len(shown["letters"])) == (200, 0, 3, 2)
    letter = shown["letters"][0]
    assert letter["error"] == "there is no such source"
    assert json.loads(letter["content"]) == {
        "kind": "receipt",
        "receipt": {
            "legal_entity": INC,
            "amount": {"amount": MASK, "currency": "USD"},
            "payer": {"name": MASK, "account": MASK},
            "remittance": MASK,
        },
    }
    assert len(dead) == 3
    assert world.dead_letters.sent == []


def test_letters_are_sent_back_as_they_came_and_so_many_as_were_asked_for(world: World) -> None:
    status, done = call(world, REDRIVE, "ana", {"dry_run": False, "limit": 2}, queue="payment-events")
    assert (status, done["sent_back"], done["left"], done["letters"]) == (200, 2, 1, [])
    assert [(queue, json.loads(body)) for queue, body in world.dead_letters.sent] == [("payment-events", RECEIPT)] * 2
    assert call(world, REDRIVE, "ana", {"dry_run": False}, queue="payment-events")[1]["sent_back"] == 1
    assert call(world, REDRIVE, "ana", {"dry_run": False}, queue="payment-events")[1]["sent_back"] == 0


@pytest.mark.parametrize("body", [{}, {"dry_run": True, "limit": 51}, {"dry_run": True, "limit": 0}, {"dry_run": "?"}])
def test_a_request_that_does_not_say_what_is_to_be_done_does_nothing(body: dict[str, Any], world: World) -> None:
    assert call(world, REDRIVE, "ana", body, queue="payment-events")[0] == 400
    assert world.dead_letters.sent == []


def test_who_is_a_person_of_one_company_only_neither_sees_nor_sends_anything(world: World) -> None:
    policy = world.directory.policy(INC)
    without_ana = tuple(person for person in policy.people if person.id != "ana")
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "people": without_ana}))
    for by in ("ana", "mallory"):
        assert call(world, "GET /v1/dead-letters", by)[0] == 403
        assert call(world, REDRIVE, by, {"dry_run": True}, queue="payment-events")[0] == 403
        assert call(world, REDRIVE, by, {"dry_run": False}, queue="payment-events")[0] == 403
    assert world.dead_letters.sent == []
    assert call(world, REDRIVE, "ben", {"dry_run": True}, queue="nothing")[0] == 404


@pytest.mark.parametrize("body", ["not JSON of Mr Smith", "[" * 100_000, "", "NaN of Mr Smith"])
def test_what_is_no_json_is_masked_whole(body: str) -> None:
    assert masked(body).startswith(MASK)
    assert "Smith" not in masked(body)


@pytest.mark.parametrize("value", ["Mr Smith", 1.5, 12, ["Mr Smith", {"name": "Mr Smith"}], {"deep": [["Mr Smith"]]}])
def test_of_a_value_that_may_say_anything_nothing_is_shown(value: Any) -> None:
    shown = masked(json.dumps({"whatever": value, "kind": "receipt", "flag": True, "none": None}))
    assert "Smith" not in shown
    assert "1" not in shown
    assert json.loads(shown)["kind"] == "receipt"
    assert json.loads(shown)["flag"] is True


def test_a_field_of_ours_that_says_what_no_name_of_ours_is_like_is_masked() -> None:
    shown = masked(json.dumps({"kind": "for Mr Smith", "run": ["Smith"], "period": {"x": "Smith"}, "number": "a@b.c"}))
    assert json.loads(shown) == {"kind": MASK, "run": [MASK], "period": {"x": MASK}, "number": MASK}


@pytest.mark.parametrize("name", ["mr.smith@example.com", "Mr Smith", "DE89 3704", "4111111111111111", "Zoë Smith"])
def test_what_is_no_name_of_a_field_is_masked(name: str) -> None:
    shown = json.loads(masked(json.dumps({"kind": "receipt", "by_person": {name: 1}})))
    assert shown == {"kind": "receipt", "by_person": {MASK: MASK}}
