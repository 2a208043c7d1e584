"""One test file a port, run against the memory fake and the adapter on moto."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pytest_socket import enable_socket

from billproof.adapters.aws.dynamodb import DynamoRecords
from billproof.adapters.aws.s3 import S3Objects
from billproof.ports import LinkableRecords, Objects
from tests.support.crm_server import served as served_crm
from tests.support.fakes import MemoryObjects, MemoryRecords
from tests.support.hubspot_server import FakeHubspot
from tests.support.salesforce_server import FakeSalesforce
from tests.support.stripe_server import FakeStripe, served


@pytest.fixture(params=["memory", "moto"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def records(kind: str, request: pytest.FixtureRequest) -> LinkableRecords:
    if kind == "memory":
        return MemoryRecords()
    dynamo: LinkableRecords = request.getfixturevalue("dynamo_records")
    return dynamo


@pytest.fixture
def chain(kind: str, request: pytest.FixtureRequest) -> LinkableRecords:
    """The records of the audit chain, beside those of facts."""
    if kind == "memory":
        return MemoryRecords()
    request.getfixturevalue("dynamo_records")
    return DynamoRecords(_table("audit"), "audit")


@pytest.fixture
def dynamo_records() -> Iterator[LinkableRecords]:
    with mock_aws():
        yield DynamoRecords(_table("records"), "records")


def _table(name: str) -> Any:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "partition", "AttributeType": "S"},
            {"AttributeName": "sort", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "partition", "KeyType": "HASH"},
            {"AttributeName": "sort", "KeyType": "RANGE"},
        ],
    )
    return client


@pytest.fixture(params=["memory", "moto"])
def objects(request: pytest.FixtureRequest) -> Iterator[Objects]:
    if request.param == "memory":
        yield MemoryObjects()
        return
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="objects")
        client.meta.events.register("provide-client-params.s3.ListObjectsV2", _ask_for_a_small_page)
        yield S3Objects(client, "objects")


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    enable_socket()
    with served(FakeStripe()) as server:
        yield server


@pytest.fixture
def salesforce() -> Iterator[FakeSalesforce]:
    enable_socket()
    with served_crm(FakeSalesforce()) as server:
        yield server


@pytest.fixture
def hubspot() -> Iterator[FakeHubspot]:
    enable_socket()
    with served_crm(FakeHubspot()) as server:
        yield server


def _ask_for_a_small_page(params: dict[str, Any], **_: Any) -> None:
    params["MaxKeys"] = 10  # AWS gives 1,000
