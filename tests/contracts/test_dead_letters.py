"""Dead letters of SQS, over moto: counted, shown with the error that the log has, and sent back once each."""

import json
from collections.abc import Iterator
from time import time
from typing import Any

import boto3
import pytest
from moto import mock_aws

from billproof.adapters.aws.dead_letters import SqsDeadLetters
from billproof.errors import NotFound
from billproof.letters import DeadQueue, QueuePair

LOG = "/aws/lambda/take"


@pytest.fixture
def sqs() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("sqs")


@pytest.fixture
def pair(sqs: Any) -> QueuePair:
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("work", "dead")]
    return QueuePair(queue=urls[0], dead=urls[1], log=LOG)


@pytest.fixture
def letters(sqs: Any, pair: QueuePair) -> SqsDeadLetters:
    """Twelve letters: more than one call of SQS returns. The log has an error of the first one."""
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=LOG)
    logs.create_log_stream(logGroupName=LOG, logStreamName="one")
    sent = [sqs.send_message(QueueUrl=pair.dead, MessageBody=json.dumps({"n": number})) for number in range(12)]
    first = sent[0]["MessageId"]
    said = [
        {"message_id": first, "error": "no answer yet"},
        {"message_id": first, "error": "the source is not known"},
        {"message_id": "another", "error": f"it names {first}"},
        "no JSON",
    ]
    moment = int(time() * 1000)
    events: list[Any] = [
        {"timestamp": moment + number, "message": json.dumps(line)} for number, line in enumerate(said)
    ]
    logs.put_log_events(logGroupName=LOG, logStreamName="one", logEvents=events)
    return SqsDeadLetters(sqs, logs, {"payments": pair})


def bodies(sqs: Any, url: str) -> list[int]:
    numbers: list[int] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        numbers += [json.loads(message["Body"])["n"] for message in messages]
    return sorted(numbers)


def test_queues_are_counted(letters: SqsDeadLetters) -> None:
    assert letters.queues() == [DeadQueue(queue="payments", waiting=0, dead_letters=12)]


def test_letters_are_shown_with_the_last_error_of_their_own_and_stay_where_they_are(
    letters: SqsDeadLetters, sqs: Any, pair: QueuePair
) -> None:
    shown = letters.letters("payments", most=50)
    errors = {json.loads(letter.body)["n"]: letter.error for letter in shown}
    assert errors == {number: "the source is not known" if number == 0 else "" for number in range(12)}
    assert len(letters.letters("payments", most=3)) == 3
    assert bodies(sqs, pair.dead) == list(range(12))
    assert bodies(sqs, pair.queue) == []


def test_letters_are_shown_though_their_log_cannot_be_read(letters: SqsDeadLetters) -> None:
    boto3.client("logs").delete_log_group(logGroupName=LOG)
    assert {letter.error for letter in letters.letters("payments", most=12)} == {""}


def test_letters_are_sent_back_once_each_and_so_many_as_are_wanted(
    letters: SqsDeadLetters, sqs: Any, pair: QueuePair
) -> None:
    assert letters.send_back("payments", most=5) == 5
    assert len(bodies(sqs, pair.queue)) == 5
    assert letters.queues()[0].dead_letters == 7


def test_a_letter_whose_sending_back_was_cut_short_is_dead_still(
    letters: SqsDeadLetters, sqs: Any, pair: QueuePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between sending a letter and deleting it: it is sent twice, and never lost."""

    def cut_short(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sqs, "delete_message", cut_short)
    with pytest.raises(KeyboardInterrupt):
        letters.send_back("payments", most=1)
    assert len(bodies(sqs, pair.queue)) == 1
    assert letters.queues()[0].dead_letters == 12


def test_a_queue_that_there_is_not_has_no_letters(letters: SqsDeadLetters) -> None:
    for work in (letters.letters, letters.send_back):
        with pytest.raises(NotFound):
            work("nothing", most=1)
