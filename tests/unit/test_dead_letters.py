"""The dead-letter verbs on moto's SQS."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from billproof.adapters.aws.clients import client
from billproof.audit.index import index_of
from billproof.audit.telling import AuditEvent, LifeStory
from billproof.audit.walking import all_chains
from billproof.errors import NotFound
from billproof_ops import dead_letters, failures
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.target import Target
from tests.support.memory_stores import MemoryStores

QUEUE = "erp-postings"
NOW = datetime(2013, 2, 2, tzinfo=UTC)


def cannot_move(**_: Any) -> Any:
    """Answer as an emulator does that has no StartMessageMoveTask; moto raises NotImplementedError."""
    raise ClientError({"Error": {"Code": "InvalidAction", "Message": "no such action"}}, "StartMessageMoveTask")


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    client.cache_clear()
    with mock_aws():
        monkeypatch.setattr(client("sqs"), "start_message_move_task", cannot_move)
        sqs, outputs = client("sqs"), {}
        for name, output in failures.WORK_QUEUES.items():
            dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
            outputs[output] = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
        for name, output in dead_letters.DEAD_ONLY.items():
            outputs[output] = sqs.create_queue(QueueName=name)["QueueUrl"]
        stack: Any = SimpleNamespace(outputs=outputs, ports=MemoryStores(moment=NOW, buckets=1, batch_size=1))
        yield stack
    client.cache_clear()


def fill(target: Target, number: int) -> None:
    dead = dead_letters.pair_of(target, QUEUE).dead
    for each in range(number):
        client("sqs").send_message(QueueUrl=dead, MessageBody=f"letter {each:02d}")


def depth(target: Target) -> tuple[int, int]:
    found = next(each for each in dead_letters.depths(target) if each.queue == QUEUE)
    return found.waiting, found.dead_letters


def test_every_letter_goes_back_once(target: Target) -> None:
    fill(target, 23)
    done = dead_letters.redrive(target, QUEUE, per_second=1000, dry_run=False)
    assert (done.before, done.matched, done.sent_back, done.after) == (23, 23, 23, 0)
    assert depth(target) == (23, 0)
    again = dead_letters.redrive(target, QUEUE, dry_run=False)
    assert (again.before, again.sent_back) == (0, 0)


def test_a_dry_run_moves_nothing_and_leaves_the_letters_visible(target: Target) -> None:
    fill(target, 12)
    done = dead_letters.redrive(target, QUEUE, contains="letter 0", dry_run=True)
    assert (done.matched, done.sent_back, done.after) == (10, 0, 12)
    assert len(dead_letters.peek(target, QUEUE, limit=100)) == 12
    assert depth(target) == (0, 12)


def test_only_what_matches_goes_back_and_no_more_than_asked(target: Target) -> None:
    fill(target, 12)
    done = dead_letters.redrive(target, QUEUE, contains="letter 1", per_second=1000, dry_run=False)
    assert (done.sent_back, done.after) == (2, 10)
    done = dead_letters.redrive(target, QUEUE, limit=3, per_second=1000, dry_run=False)
    assert (done.sent_back, done.after) == (3, 7)
    assert depth(target) == (5, 7)


def test_peeking_shows_the_letters_and_leaves_them(target: Target) -> None:
    fill(target, 5)
    for _ in range(2):
        found = dead_letters.peek(target, QUEUE, limit=2, contains="letter")
        assert len(found) == 2
        assert all(letter.body.startswith("letter") and letter.sent_at > "2020" for letter in found)
    assert depth(target) == (0, 5)


def test_a_queue_that_is_none_is_wrong_use(target: Target) -> None:
    with pytest.raises(WrongUse, match="usage-events"):
        dead_letters.peek(target, "nothing", limit=1)


def test_a_failed_call_of_a_scheduled_function_is_called_again(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[dict[str, Any]] = []

    class Functions:
        def invoke(self, **call: Any) -> None:
            called.append(call)

    record = {
        "requestContext": {
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:stack-RecognizeRevenue-1:$LATEST",
            "condition": "RetriesExhausted",
        },
        "requestPayload": {"month": "2013-01"},
        "responsePayload": {"errorMessage": "no answer"},
    }
    queue = dead_letters.pair_of(target, dead_letters.SCHEDULED_CALLS).dead
    client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(record))
    real = client
    monkeypatch.setattr(dead_letters, "client", lambda name: Functions() if name == "lambda" else real(name))
    assert dead_letters.redrive(target, dead_letters.SCHEDULED_CALLS, dry_run=True).matched == 1
    assert called == []
    done = dead_letters.redrive(target, dead_letters.SCHEDULED_CALLS, dry_run=False)
    assert (done.sent_back, done.after) == (1, 0)
    (call,) = called
    assert call["FunctionName"] == "arn:aws:lambda:us-east-1:123456789012:function:stack-RecognizeRevenue-1"
    assert (call["InvocationType"], json.loads(call["Payload"])) == ("Event", {"month": "2013-01"})


def test_who_sends_letters_back_is_recorded_with_what_was_there_and_what_came_of_it(target: Target) -> None:
    fill(target, 3)
    dead_letters.redrive(target, QUEUE, dry_run=True)
    with pytest.raises(NotFound):
        told(target)
    dead_letters.redrive(target, QUEUE, per_second=1000, dry_run=False)
    asked, done = told(target)
    arn = client("sts").get_caller_identity()["Arn"]
    assert (asked.by, asked.what) == (arn, f"{arn} asks for redrive_letters; before it: 3 dead letters")
    assert (done.by, done.what) == (arn, "redrive_letters is done: 3 sent back, 0 left")
    assert done.before == asked.place
    dead_letters.redrive(target, QUEUE, dry_run=False)
    assert len(told(target)) == 2  # there was nothing to send


def told(target: Target) -> list[AuditEvent]:
    """Return what `audit show` says of the queue."""
    return LifeStory(index_of(all_chains(target.ports.chain)), target.ports.facts).of(QUEUE)


def test_a_discarded_letter_is_kept_with_who_removed_it_and_why(target: Target) -> None:
    fill(target, 3)
    stores: Any = target.ports
    (letter,) = dead_letters.peek(target, QUEUE, limit=9, contains="letter 00")
    done = dead_letters.discard(target, QUEUE, letter.message_id, who=None, reason="a test message")
    assert {each.body for each in dead_letters.peek(target, QUEUE, limit=9)} == {"letter 01", "letter 02"}
    kept = json.loads(stores.objects.get(f"discarded/{QUEUE}/{letter.message_id}.json"))
    assert (kept["body"], kept["reason"], kept["discarded_by"]) == ("letter 00", "a test message", done.discarded_by)
    with pytest.raises(OpsError, match="no dead letter"):
        dead_letters.discard(target, QUEUE, letter.message_id, who=None, reason="a test message")
    with pytest.raises(WrongUse, match="reason"):
        dead_letters.discard(target, QUEUE, "x", who=None, reason=" ")
    assert depth(target) == (0, 2)


def test_sqs_moves_all_letters_by_itself_where_it_can(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(target, 7)
    started: list[dict[str, Any]] = []
    answers = iter([{"Status": "RUNNING"}, {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 7}])
    monkeypatch.setattr(client("sqs"), "start_message_move_task", lambda **terms: started.append(terms))
    monkeypatch.setattr(client("sqs"), "list_message_move_tasks", lambda **_: {"Results": [next(answers)]})
    done = dead_letters.redrive(target, QUEUE, per_second=1000, dry_run=False)
    assert (done.before, done.sent_back) == (7, 7)
    (terms,) = started
    assert terms["MaxNumberOfMessagesPerSecond"] == 500
    assert terms["SourceArn"].endswith(f"{QUEUE}-dead")
    assert terms["DestinationArn"].endswith(QUEUE)
    assert dead_letters.redrive(target, QUEUE, limit=2, per_second=1000, dry_run=False).sent_back == 2
    assert len(started) == 1


def test_a_move_that_stops_is_said(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(target, 1)
    failed = {"Results": [{"Status": "FAILED", "FailureReason": "KmsAccessDenied"}]}
    monkeypatch.setattr(client("sqs"), "start_message_move_task", lambda **_: None)
    monkeypatch.setattr(client("sqs"), "list_message_move_tasks", lambda **_: failed)
    with pytest.raises(OpsError, match="KmsAccessDenied"):
        dead_letters.redrive(target, QUEUE, dry_run=False)


def test_what_a_schedule_could_not_deliver_is_shown_with_its_error_and_not_sent_again(target: Target) -> None:
    said = {"ERROR_CODE": "AWS.StepFunctions.AccessDenied", "ERROR_MESSAGE": "not authorized", "TARGET_ARN": "arn:x"}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in said.items()}
    dead = dead_letters.pair_of(target, dead_letters.SCHEDULES).dead
    client("sqs").send_message(QueueUrl=dead, MessageBody="{}", MessageAttributes=attributes)
    (letter,) = dead_letters.peek(target, dead_letters.SCHEDULES, limit=9)
    assert letter.failure is not None
    failure = (letter.failure.error, letter.failure.function)
    assert failure == ("AWS.StepFunctions.AccessDenied: not authorized", "arn:x")
    with pytest.raises(WrongUse, match="schedule-dead-letters"):
        dead_letters.redrive(target, dead_letters.SCHEDULES, dry_run=False)
