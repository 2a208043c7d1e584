"""What the API answers: results, problem documents with the right status, and nothing to who is nobody."""

import json
from typing import Any

import pytest

from billproof.errors import Contended
from tests.support.api_events import answer, api_event
from tests.support.invoking import Context, handler
from tests.support.playing import played_once
from tests.support.world import INC, JANUARY, World, flight

CASE = f"{INC}.{JANUARY}.UA.001"
RUN = {"legal_entity": INC, "period": JANUARY}


@pytest.fixture
@played_once
def world() -> World:
    """UA's invoice of 5,000.00 is held: nobody says what a cancelled flight costs."""
    world = World(accounts={"UA"})
    contract = world.directory.contracts("UA")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, type="flight.cancelled")])
    world.bill()
    world.publish_again_by("ana", INC)
    return world


def call(world: World, function: str, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    response = handler(function)(event, Context(), world)
    return response["statusCode"], json.loads(response["body"])


def decision(by: str | None, verdict: str = "approved", reason: str = "told by telephone") -> dict[str, Any]:
    return api_event({"verdict": verdict, "reason": reason}, by, exception=CASE)


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (decision(None), 401, "no_caller"),
        (decision("mallory"), 403, "unknown_person"),
        (decision("Ben"), 403, "unknown_person"),
        (decision("carla"), 403, "own_request"),
        (decision("ben", reason=" "), 422, "no_reason"),
        (decision("ben", verdict="perhaps"), 400, "invalid_input"),
        (decision("ben") | {"pathParameters": {"exception": f"{INC}.{JANUARY}.B6.001"}}, 404, "not_found"),
        (decision("ben") | {"body": "[]"}, 400, "invalid_input"),
        (decision("ben") | {"body": "{"}, 400, "invalid_input"),
        (decision("ben") | {"body": "[" * 100_000}, 400, "invalid_input"),
        (decision("ben") | {"body": "&&&", "isBase64Encoded": True}, 400, "invalid_input"),
        (decision("ben") | {"body": json.dumps({"reason": "x" * 1_000_001})}, 413, "invalid_input"),
        (decision("ben") | {"headers": {"Idempotency-Key": "x" * 201}}, 400, "invalid_input"),
    ],
)
def test_what_is_refused_is_a_problem_document(event: dict[str, Any], status: int, code: str, world: World) -> None:
    found, problem = call(world, "decide_exception", event)
    assert (found, problem["status"], problem["code"]) == (status, status, code)
    assert {"type", "title", "detail", "request_id"} <= problem.keys()
    assert world.exception_store.state(CASE).status == "open"


def test_a_decision_is_answered_and_its_repetition_too(world: World) -> None:
    first = answer(handler("decide_exception")(decision("ben"), Context(), world))
    assert (first["outcome"], first["decision"]["decided_by"]) == ("decided", "ben")
    assert answer(handler("decide_exception")(decision("ben"), Context(), world)) == first
    status, problem = call(world, "decide_exception", decision("ana", "rejected"))
    assert (status, problem["code"], problem["answer"]["decision"]["decided_by"]) == (409, "already_decided", "ben")


@pytest.mark.parametrize("by", ["Ben", "BEN", "mallory", "schedule", "billproof"])
def test_who_is_no_person_of_the_policy_asks_for_nothing(by: str, world: World) -> None:
    credit = {"id": "C-1", "invoice": f"{INC}.{JANUARY}.UA", "reason": "goodwill", "note": "as agreed"}
    for function, body in (("request_run", RUN), ("request_credit", credit), ("sign_off_month", RUN)):
        assert call(world, function, api_event(body, by))[0] == 403
        assert call(world, function, api_event(body, None))[0] == 401
        assert call(world, function, body)[0] == 401  # a plain invocation


def test_a_request_does_not_name_its_requester(world: World) -> None:
    credit = {"id": "C-1", "invoice": f"{INC}.{JANUARY}.UA", "reason": "goodwill", "note": "as agreed"}
    for field in ("requested_by", "caller", "identity"):
        assert call(world, "request_credit", api_event({**credit, field: "ben"}, "ana"))[0] == 400
        assert call(world, "request_run", api_event({**RUN, field: "ben"}, "ana"))[0] == 400


def test_a_run_under_an_idempotency_key_is_started_once(world: World) -> None:
    event = api_event(RUN, "carla", key="k-1")
    first = answer(handler("request_run")(event, Context(), world))
    world.billing_runs.statuses[first["run_id"]] = "FAILED"
    assert answer(handler("request_run")(event, Context(), world)) == first
    other_request = api_event({**RUN, "only_accounts": ["UA"]}, "carla", key="k-1")
    status, problem = call(world, "request_run", other_request)
    assert (status, problem["code"]) == (422, "idempotency_key_reused")
    world.answers.kept.clear()  # after a day: what was written holds for ever
    again = answer(handler("request_run")(event, Context(), world))
    assert (again["run_id"], again["started"]) == (first["run_id"], False)
    world.answers.kept.clear()
    status, problem = call(world, "request_run", other_request)
    assert (status, problem["code"]) == (409, "conflict")
    other = answer(handler("request_run")(api_event(RUN, "ana", key="k-1"), Context(), world))
    assert other["run_id"] != first["run_id"]  # a key is a person's own


def test_a_kept_answer_of_a_person_is_not_for_who_was_taken_out_of_the_policy(world: World) -> None:
    events = [api_event(RUN, by, key="k-1") for by in ("carla", "ana")]
    assert [call(world, "request_run", event)[0] for event in events] == [200, 200]
    policy = world.directory.policy(INC)
    people = tuple(person for person in policy.people if person.id != "carla")
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "people": people}))
    status, problem = call(world, "request_run", events[0])
    assert (status, problem["code"]) == (403, "not_allowed")
    assert call(world, "request_run", events[1])[0] == 200


def test_what_may_be_tried_again_says_so_and_what_is_our_fault_says_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(error: Exception) -> Any:
        def decide(**_: Any) -> Any:
            raise error

        monkeypatch.setattr("functions.decide_exception.app.decide_exception", decide)
        return handler("decide_exception")(decision("ben"), Context(), world)

    response = fail(Contended("others wrote"))
    assert (response["statusCode"], response["headers"]["retry-after"]) == (503, "2")
    response = fail(RuntimeError("ben@skymeter.example"))
    assert (response["statusCode"], json.loads(response["body"])["code"]) == (500, "internal_error")
    assert "ben@" not in response["body"]


LONG = ("x" * 900, "ü" * 900, "x" * 3_000)
"""More bytes than a name has, than a sort key of DynamoDB, and than any of its keys."""


@pytest.mark.parametrize("name", LONG, ids=lambda name: f"{len(name.encode())} bytes")
def test_an_id_that_no_key_can_hold_is_refused_at_once(name: str, world: World) -> None:
    """What is answered with a 5xx is tried again, and would never work."""
    credit = {"id": "C-1", "invoice": f"{INC}.{JANUARY}.{name}", "reason": "goodwill", "note": "as agreed"}
    calls = [
        ("request_run", api_event({**RUN, "only_accounts": [name]}, "carla")),
        ("request_run", api_event({**RUN, "legal_entity": name}, "carla")),
        ("sign_off_month", api_event({**RUN, "legal_entity": name}, "ana")),
        ("request_credit", api_event(credit, "ana")),
        ("request_credit", api_event({**credit, "id": name}, "ana")),
        ("decide_exception", decision("ben") | {"pathParameters": {"exception": f"{INC}.{JANUARY}.{name}.001"}}),
        ("dismiss_event", api_event({"reason": "a test"}, "ana", event=f"2013-01-05.{name}")),
        ("confirm_policy", api_event({}, "ben", legal_entity=name, version="1")),
        ("publish_policy", api_event({"id": name}, "carla", id=name)),
    ]
    statuses = [(function, call(world, function, event)[0]) for function, event in calls]
    assert [answered for answered in statuses if not 400 <= answered[1] < 500] == []
