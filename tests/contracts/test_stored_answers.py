"""Answers under an Idempotency-Key: in memory and by powertools in DynamoDB, whoever asks, as often as they ask."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from moto import mock_aws

from billproof.adapters.aws.answers import DynamoAnswers
from billproof.errors import Contended, ExternalServiceUnavailable, KeyReused
from billproof.ports import StoredAnswers
from tests.support.fakes import MemoryAnswers
from tests.support.invoking import Context


@pytest.fixture
def dynamo() -> Iterator[DynamoAnswers]:
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="answers",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        yield DynamoAnswers(client, "answers")


@pytest.fixture(params=["memory", "moto"])
def answers(request: pytest.FixtureRequest) -> StoredAnswers:
    found: StoredAnswers = MemoryAnswers() if request.param == "memory" else request.getfixturevalue("dynamo")
    return found


class Work:
    def __init__(self) -> None:
        self.times = 0
        self.raises: Exception | None = None

    def __call__(self) -> dict[str, Any]:
        self.times += 1
        if self.raises is not None:
            raise self.raises
        return {"body": f"answer {self.times}"}


def ask(answers: StoredAnswers, work: Any, key: str = "k", payload: str = "a") -> dict[str, Any]:
    return answers.once(key=key, payload=payload, work=work, context=Context())


def test_the_same_call_is_answered_as_it_was(answers: StoredAnswers) -> None:
    work = Work()
    assert [ask(answers, work) for _ in range(3)] == [{"body": "answer 1"}] * 3
    assert ask(answers, work, key="another") == {"body": "answer 2"}


def test_another_request_under_the_key_is_refused(answers: StoredAnswers) -> None:
    work = Work()
    ask(answers, work)
    with pytest.raises(KeyReused):
        ask(answers, work, payload="b")
    assert work.times == 1


def test_a_call_that_raised_is_done_again(answers: StoredAnswers) -> None:
    work = Work()
    work.raises = ExternalServiceUnavailable("DynamoDB is away")
    with pytest.raises(ExternalServiceUnavailable):
        ask(answers, work)
    work.raises = None
    assert ask(answers, work, payload="b") == {"body": "answer 2"}  # nothing was answered, so another may be asked


def test_while_a_call_is_under_way_the_same_one_waits(dynamo: DynamoAnswers) -> None:
    began, goes_on = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        began.set()
        goes_on.wait()
        return {"body": "slow"}

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, dynamo, slow)
        began.wait()
        with pytest.raises(Contended):
            ask(dynamo, Work())
        goes_on.set()
        assert first.result() == {"body": "slow"}
    assert ask(dynamo, Work()) == {"body": "slow"}


def test_where_answers_cannot_be_kept_the_caller_is_asked_to_try_again(dynamo: DynamoAnswers) -> None:
    boto3.client("dynamodb").delete_table(TableName="answers")
    with pytest.raises(ExternalServiceUnavailable):
        ask(dynamo, Work())
