"""`billproof quarantine`: what is refused is listed, dismissed by a person, and sent again."""

import json
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof_ops import api, cli, quarantine
from billproof_ops.target import Target
from tests.support.api_events import api_event
from tests.support.invoking import Context, handler
from tests.support.late_usage import JAN
from tests.support.world import INC, World, flight

MONTH = ("-e", INC, "-p", JAN)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One event is of an account that nobody knows; return what is sent to the queue from then on."""
    world = World()
    world.publish(
        world.directory.legal_entity(INC).model_copy(update={"version": 9, "usage_sources": ("test/operations",)})
    )
    world.ingest([flight(1), flight(2, account="UAA")])
    bodies: list[str] = []
    queue = SimpleNamespace(send_message=lambda **message: bodies.append(message["MessageBody"]))
    monkeypatch.setattr(quarantine, "client", lambda _: queue)
    monkeypatch.setattr(api, "call", partial(call, world))
    outputs = {"UsageEventsQueueUrl": "https://sqs.example/usage"}
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world, outputs=outputs))
    return bodies


def call(world: World, _: Target, operation: api.Operation, request: dict[str, str], *, who: str) -> Any:
    """Answer as the API does."""
    assert operation is api.DISMISS
    event = api_event({"reason": request["reason"]}, who, event=request["event"])
    response = handler("dismiss_event")(event, Context(), world)
    document = json.loads(response["body"])
    if response["statusCode"] != 200:
        raise api.RefusedCall(response["statusCode"], document)
    return document


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(cli.app, ["quarantine", *words], env={"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    return answer.exit_code, f"{answer.output}{answer.exception or ''}"


def listed(*words: str) -> list[dict[str, Any]]:
    code, said = run("list", *MONTH, *words, "--json")
    assert code == 0, said
    rows: list[dict[str, Any]] = json.loads(said)
    return rows


@pytest.mark.usefixtures("sent")
def test_what_is_dismissed_is_said_by_whom_and_why_and_a_second_decision_changes_nothing() -> None:
    (row,) = listed()
    assert (row["state"], row["reason"]) == ("open", "unknown_account")
    dismissal = ("dismiss", row["id"], "--as", "ben", "--reason", "a test of the source")
    assert run(*dismissal)[0] == run(*dismissal[:3], "ana", "--reason", "I would say so too")[0] == 0
    assert listed() == []
    (row,) = listed("--all")
    assert (row["state"], "ben" in row["said"], "a test of the source" in row["said"]) == ("dismissed", True, True)


@pytest.mark.usefixtures("sent")
def test_a_refused_event_is_shown_as_it_came_with_what_is_wrong_and_what_became_of_it() -> None:
    (row,) = listed()
    code, said = run("show", row["id"], "--json")
    shown = json.loads(said)
    assert (code, shown["state"], json.loads(shown["raw"])) == (0, "open", flight(2, account="UAA"))
    assert (shown["legal_entity"], shown["period"], "UAA" in shown["why"]) == (INC, JAN, True)
    assert run("dismiss", row["id"], "--as", "ben", "--reason", "a test of the source")[0] == 0
    code, said = run("show", row["id"])
    assert (code, f"{row['id']} dismissed ben: a test of the source" in said) == (0, True)
    assert f"unknown_account: {shown['why']}" in said
    assert run("show", "2013-01-05.0123456789abcdef")[0] != 0


@pytest.mark.usefixtures("sent")
def test_a_dismissal_has_a_reason_and_an_event() -> None:
    (row,) = listed()
    assert run("dismiss", row["id"], "--as", "ben", "--reason", " ")[0] != 0
    assert run("dismiss", "2013-01-05.0123456789abcdef", "--as", "ben", "--reason", "no such event")[0] != 0
    assert [row["state"] for row in listed()] == ["open"]


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("name", ["mallory", "Ben", "schedule"])
def test_who_is_no_person_of_the_legal_entity_dismisses_nothing(name: str) -> None:
    (row,) = listed()
    code, said = run("dismiss", row["id"], "--as", name, "--reason", "it is mine")
    assert (code != 0, "has no person with this identity" in said) == (True, True), said
    assert [row["state"] for row in listed()] == ["open"]


def test_what_is_sent_again_goes_as_it_came_each_time(sent: list[str]) -> None:
    (row,) = listed()
    assert run("resend", row["id"], "--as", "ana")[0] == run("resend", row["id"], "--as", "ana")[0] == 0
    assert [json.loads(body) for body in sent] == [flight(2, account="UAA")] * 2
