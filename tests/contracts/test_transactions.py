"""What DynamoDB says of a write that it did not do, and what becomes of it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from billproof import retrying
from billproof.adapters.aws.dynamodb import DynamoRecords
from billproof.adapters.aws.transactions import ITEM_LIMIT, MAX_ATTEMPTS
from billproof.errors import Contended, ExternalServiceUnavailable, InvalidInput
from billproof.ports import Key, Record, Records

FACT = Record(Key("p", "s"), {"n": 1})


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(boto3.client("dynamodb")) as stubber:
        yield stubber


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(retrying, "sleep", slept.append)
    return slept


def cancelled(stub: Stubber, *reasons: str, times: int = 1) -> None:
    for _ in range(times):
        stub.add_client_error(
            "transact_write_items",
            service_error_code="TransactionCanceledException",
            modeled_fields={"CancellationReasons": [{"Code": reason} for reason in reasons]},
        )


def create_all(stub: Stubber) -> bool:
    return DynamoRecords(stub.client, "t").create_all([FACT])


def test_a_failed_condition_means_that_the_key_is_taken(stub: Stubber, pauses: list[float]) -> None:
    cancelled(stub, "None", "ConditionalCheckFailed", "TransactionConflict")
    assert not create_all(stub)
    assert pauses == []


def test_a_conflict_is_tried_again_after_a_pause(stub: Stubber, pauses: list[float]) -> None:
    cancelled(stub, "TransactionConflict", "None", times=2)
    stub.add_response("transact_write_items", {})
    assert create_all(stub)
    assert len(pauses) == 2


def test_a_conflict_that_does_not_end_is_contended(stub: Stubber, pauses: list[float]) -> None:
    cancelled(stub, "TransactionConflict", times=MAX_ATTEMPTS)
    with pytest.raises(Contended):
        create_all(stub)
    assert len(pauses) == MAX_ATTEMPTS - 1


@pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_throttling_is_no_taken_key_and_is_tried_again(reason: str, stub: Stubber, pauses: list[float]) -> None:
    cancelled(stub, "None", reason, times=MAX_ATTEMPTS)
    with pytest.raises(ExternalServiceUnavailable, match=reason) as raised:
        create_all(stub)
    assert not isinstance(raised.value, Contended)
    assert len(pauses) == MAX_ATTEMPTS - 1


@pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_what_can_never_be_written_is_not_tried_again(reason: str, stub: Stubber, pauses: list[float]) -> None:
    cancelled(stub, reason)
    with pytest.raises(InvalidInput, match=reason):
        create_all(stub)
    assert pauses == []


def test_a_single_write_meets_transactions_too(stub: Stubber, pauses: list[float]) -> None:
    stub.add_client_error("put_item", service_error_code="TransactionConflictException")
    stub.add_client_error("put_item", service_error_code="ConditionalCheckFailedException")
    assert not DynamoRecords(stub.client, "t").create(FACT)
    assert len(pauses) == 1


def test_pauses_grow_and_are_spread() -> None:
    for attempt in range(2, 12):
        longest = min(retrying.FIRST_PAUSE_SECONDS * 2 ** (attempt - 2), retrying.LONGEST_PAUSE_SECONDS)
        drawn = {retrying.pause_seconds(attempt) for _ in range(50)}
        assert 0 <= min(drawn) < max(drawn) <= longest


def test_a_fact_that_is_too_large_is_refused_with_its_key(records: Records) -> None:
    assert records.create(Record(Key("p", "fits"), {"text": "x" * (ITEM_LIMIT - 5_000)}))
    large = Record(Key("p", "large"), {"text": "x" * (ITEM_LIMIT - 20)})
    with pytest.raises(InvalidInput, match="p large has 409,6"):
        records.create(large)
    with pytest.raises(InvalidInput, match="p large has 409,6"):
        records.create_all([FACT, large])
    assert records.get(FACT.key) is None


def test_a_transaction_is_refused_where_all_its_facts_together_are_too_large(records: Records) -> None:
    large: dict[str, Any] = {"text": "x" * 399_000, "list": ["a", {"b": [None, True, -12]}]}
    with pytest.raises(InvalidInput, match="in one transaction"):
        records.create_all([Record(Key("p", str(number)), large) for number in range(11)])
