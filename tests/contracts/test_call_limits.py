"""The bucket of a caller's calls in DynamoDB, held to one that is computed by fractions."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from billproof.adapters.aws.limits import DynamoCallLimits

START = datetime(2026, 1, 1, tzinfo=UTC)
BURST, A_SECOND = 5, 4


class Limits:
    """A table, and a clock that a test moves."""

    def __init__(self) -> None:
        self.client = boto3.client("dynamodb")
        self.client.create_table(
            TableName="limits",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        self.now = START
        self.limits = DynamoCallLimits(self.client, "limits", burst=BURST, a_second=A_SECOND, now=lambda: self.now)


@pytest.fixture(scope="module")
def table() -> Iterator[Limits]:
    with mock_aws():
        yield Limits()


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(waits=st.lists(st.integers(0, 1_500), min_size=1, max_size=30), number=st.integers(0))
def test_a_bucket_gives_what_one_of_fractions_gives(waits: list[int], number: int, table: Limits) -> None:
    caller = f"{number}-{waits}"[:200]
    table.client.delete_item(TableName="limits", Key={"id": {"S": f"calls#{caller}"}})
    tokens, table.now = Fraction(BURST), START
    for milliseconds in waits:
        table.now += timedelta(milliseconds=milliseconds)
        tokens = min(Fraction(BURST), tokens + Fraction(milliseconds * A_SECOND, 1000))
        allowance = table.limits.take(caller)
        assert allowance.is_used_up == (tokens < 1)
        if not allowance.is_used_up:
            tokens -= 1
            assert allowance.left == int(tokens)


def test_callers_have_buckets_of_their_own_and_a_forgotten_one_is_full(table: Limits) -> None:
    taken = [table.limits.take("one") for _ in range(BURST + 1)]
    assert [allowance.is_used_up for allowance in taken] == [False] * BURST + [True]
    assert taken[-1].retry_seconds == 1
    assert table.limits.take("another").left == BURST - 1
    item = table.client.get_item(TableName="limits", Key={"id": {"S": "calls#one"}})["Item"]
    assert int(item["expiration"]["N"]) > table.now.timestamp() + BURST / A_SECOND


def test_a_bucket_fills_as_often_as_it_says_where_a_second_is_no_multiple_of_it(table: Limits) -> None:
    limits = DynamoCallLimits(table.client, "limits", burst=1_000, a_second=700, now=lambda: table.now)
    table.now = START
    lefts = [limits.take("odd").left for _ in range(20)]
    assert lefts == list(range(999, 979, -1))
    table.now += timedelta(milliseconds=20)
    assert limits.take("odd").left == 979 + 14


def test_a_bucket_is_remembered_until_it_is_full(table: Limits) -> None:
    limits = DynamoCallLimits(table.client, "limits", burst=10_000, a_second=1, now=lambda: START)
    limits.take("slow")
    item = table.client.get_item(TableName="limits", Key={"id": {"S": "calls#slow"}})["Item"]
    assert int(item["expiration"]["N"]) > START.timestamp() + 10_000


def test_a_clock_that_was_far_ahead_shuts_nobody_out(table: Limits) -> None:
    table.now = START + timedelta(days=1)
    table.limits.take("skewed")
    table.now = START
    allowances = [table.limits.take("skewed") for _ in range(BURST + 1)]
    assert [allowance.is_used_up for allowance in allowances] == [False] * BURST + [True]


class OneWriteAtATime:
    """DynamoDB's client: a conditional write is one step, which the imitation of it does not hold to."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, threading.Lock()
        self.exceptions = client.exceptions

    def update_item(self, **request: Any) -> Any:
        with self._lock:
            return self._client.update_item(**request)


def test_calls_at_once_take_no_more_than_there_is(table: Limits) -> None:
    client = OneWriteAtATime(table.client)
    limits = DynamoCallLimits(client, "limits", burst=BURST, a_second=A_SECOND, now=lambda: START)
    with ThreadPoolExecutor(8) as pool:
        allowances = list(pool.map(lambda _: limits.take("many"), range(40)))
    assert sum(not allowance.is_used_up for allowance in allowances) == BURST
