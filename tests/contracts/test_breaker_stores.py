"""Where breakers are kept, in memory and in DynamoDB; and what Lambda is told of consumers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from billproof.adapters.aws.breakers import DynamoBreakers, LambdaConsumers
from billproof.breakers import Breakers
from billproof.errors import ExternalServiceUnavailable
from tests.support.breakers import MemoryBreakers

NOON = datetime(2013, 2, 1, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "DynamoDB"])
def breakers(request: pytest.FixtureRequest) -> Breakers:
    return MemoryBreakers() if request.param == "memory" else request.getfixturevalue("dynamo_breakers")


@pytest.fixture
def dynamo_breakers() -> Iterator[DynamoBreakers]:
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="breakers",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        yield DynamoBreakers(client, "breakers")


def test_a_breaker_that_never_tripped_is_not_there(breakers: Breakers) -> None:
    assert breakers.get("sap") is None


def test_when_it_tripped_and_when_it_closed_are_kept_apart(breakers: Breakers) -> None:
    breakers.trip("sap", at=NOON, retry_after=30)
    opened = breakers.get("sap")
    assert opened is not None
    assert (opened.is_open, opened.tripped_at, opened.retry_after, opened.closed_at) == (True, NOON, 30, None)
    breakers.close(opened.closed(NOON + MINUTE))
    closed = breakers.get("sap")
    assert closed is not None
    assert (closed.is_open, closed.closed_at, closed.rest) == (False, NOON + MINUTE, 2 * MINUTE)
    breakers.trip("sap", at=NOON + 3 * MINUTE, retry_after=0)
    again = breakers.get("sap")
    assert again is not None
    assert (again.is_open, again.closed_at, again.rest) == (True, NOON + MINUTE, 2 * MINUTE)
    assert again.rests_until == NOON + 5 * MINUTE
    assert breakers.get("tryton") is None


def test_one_that_tripped_while_it_was_probed_stays_open(breakers: Breakers) -> None:
    breakers.trip("sap", at=NOON, retry_after=0)
    probed = breakers.get("sap")
    breakers.trip("sap", at=NOON + MINUTE, retry_after=0)
    assert probed is not None
    breakers.close(probed.closed(NOON + 2 * MINUTE))
    opened = breakers.get("sap")
    assert opened is not None
    assert (opened.is_open, opened.closed_at) == (True, None)


class Mappings:
    """Lambda, as far as mappings go: it refuses to change one that is changing."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.changes: list[bool] = []

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, str]:  # noqa: N803
        return {"UUID": UUID, "State": self.state}

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> None:  # noqa: N803
        assert UUID == "u"
        self.changes.append(Enabled)


@pytest.mark.parametrize(
    ("state", "on", "is_told", "is_so"),
    [
        ("Enabled", False, True, True),
        ("Disabled", True, True, True),
        ("Enabled", True, False, True),
        ("Disabled", False, False, True),
        ("Enabling", True, False, True),
        ("Disabling", False, False, True),
        ("Enabling", False, False, False),
        ("Disabling", True, False, False),
        ("Updating", True, False, False),
        ("Creating", False, False, False),
    ],
)
def test_a_mapping_is_told_only_what_it_can_be_told(state: str, on: bool, is_told: bool, is_so: bool) -> None:  # noqa: FBT001
    mappings = Mappings(state)
    assert LambdaConsumers(lambda: mappings).switch("u", on=on) is is_so
    assert mappings.changes == ([on] if is_told else [])


@pytest.mark.long
def test_a_lambda_that_does_not_answer_is_said() -> None:
    client = boto3.client("lambda", endpoint_url="http://127.0.0.1:1", region_name="eu-central-1")
    client.meta.events.register("before-send", _no_answer)
    with pytest.raises(ExternalServiceUnavailable):
        LambdaConsumers(lambda: client).switch("00000000-0000-0000-0000-000000000000", on=False)


def _no_answer(**_: Any) -> None:
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
