"""The ports of events and webhooks: fakes and adapters do the same, what a bus did not take it gets again."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from billproof.adapters.aws.events import MAX_ATTEMPTS, DynamoPositions, EventBus
from billproof.adapters.aws.webhooks import DelayedSqsQueue, DynamoDeliveryLog
from billproof.errors import ExternalServiceUnavailable
from billproof.events.ports import Positions
from billproof.webhooks.model import DeliveryOutcome, EndpointHealth, WebhookAttempt
from billproof.webhooks.ports import DeliveryLog
from tests.support.events import MemoryPositions
from tests.support.webhooks import START, MemoryDeliveryLog, event

TABLE = "events"


@pytest.fixture
def table() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb")
        names = ("partition", "sort")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[
                {"AttributeName": "partition", "KeyType": "HASH"},
                {"AttributeName": "sort", "KeyType": "RANGE"},
            ],
        )
        yield client


@pytest.fixture
def positions(kind: str, table: Any) -> Positions:
    return MemoryPositions() if kind == "memory" else DynamoPositions(table, TABLE, lambda: START)


@pytest.fixture
def log(kind: str, table: Any) -> DeliveryLog:
    return MemoryDeliveryLog() if kind == "memory" else DynamoDeliveryLog(table, TABLE, lambda: START)


def test_a_position_only_grows(positions: Positions) -> None:
    assert positions.get("sky/3") is None
    for to, kept in [(7, 7), (5, 7), (7, 7), (12, 12)]:
        positions.advance("sky/3", to)
        assert positions.get("sky/3") == kept
    assert positions.get("sky/4") is None


def test_the_first_place_is_kept(positions: Positions) -> None:
    assert positions.first("ab12") is None
    assert [positions.keep_first("ab12", place) for place in ("evt_a", "evt_b", "evt_a")] == ["evt_a"] * 3
    assert (positions.first("ab12"), positions.first("ab13")) == ("evt_a", None)


def attempt(minute: int, number: int = 1) -> WebhookAttempt:
    at = f"2013-02-02T12:{minute:02d}:00.000000Z"
    return WebhookAttempt(at=at, event="evt_sky_0_1_0_0", type="t", attempt=number, outcome=DeliveryOutcome.FAILED)


def test_attempts_are_listed_the_last_one_first_page_by_page(log: DeliveryLog) -> None:
    for minute in (1, 3, 2):
        log.add("whe_1", attempt(minute))
    log.add("whe_2", attempt(9))
    first = log.attempts("whe_1", before="", limit=2)
    assert first == [attempt(3), attempt(2)]
    assert log.attempts("whe_1", before=first[-1].at, limit=2) == [attempt(1)]
    assert log.attempts("whe_3", before="", limit=2) == []


def test_two_attempts_of_one_instant_are_both_kept(log: DeliveryLog) -> None:
    log.add("whe_1", attempt(1, 1))
    log.add("whe_1", attempt(1, 2))
    assert len(log.attempts("whe_1", before="", limit=9)) == 2
    (last,) = log.attempts("whe_1", before="", limit=1)
    assert log.attempts("whe_1", before=last.place, limit=9) == [attempt(1, 1)]


def test_the_health_of_an_endpoint_is_the_last_that_was_kept(log: DeliveryLog) -> None:
    assert log.health("whe_1") == EndpointHealth()
    failing = EndpointHealth(failing_since="2013-02-02T12:00:00Z")
    for health in (failing, EndpointHealth()):
        log.set_health("whe_1", health)
        assert log.health("whe_1") == health


def test_an_attempt_is_kept_for_thirty_days(table: Any) -> None:
    DynamoDeliveryLog(table, TABLE, lambda: START).add("whe_1", attempt(1))
    (item,) = table.scan(TableName=TABLE)["Items"]
    assert int(item["expiration"]["N"]) == int(START.timestamp()) + 30 * 86_400


class PartialBus:
    """A client whose calls take every other entry; after so many calls, all."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.taken: list[str] = []
        self.sizes: list[int] = []
        self.entries: list[dict[str, Any]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - as botocore has it
        self.sizes.append(len(Entries))
        self.entries += Entries
        self.calls -= 1
        results: list[dict[str, Any]] = []
        for number, entry in enumerate(Entries):
            refused = self.calls >= 0 and number % 2 == 0
            results.append({"ErrorCode": "ThrottlingException"} if refused else {"EventId": "1"})
            if not refused:
                self.taken.append(entry["Detail"])
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}


def test_what_a_bus_does_not_take_is_sent_again_and_nothing_twice() -> None:
    client = PartialBus(calls=3)
    events = [event(number) for number in range(25)]
    EventBus(client, "bus").publish(events)
    assert sorted(client.taken) == sorted(each.model_dump_json() for each in events)
    assert max(client.sizes) == 10


def test_a_bus_that_never_takes_one_is_an_outage() -> None:
    client = PartialBus(calls=1_000)
    with pytest.raises(ExternalServiceUnavailable) as raised:
        EventBus(client, "bus").publish([event()])
    assert (raised.value.details["code"], len(client.sizes)) == ("ThrottlingException", MAX_ATTEMPTS)


def test_an_entry_is_what_rules_match() -> None:
    client = PartialBus(calls=0)
    EventBus(client, "bus").publish([event()])
    (detail,) = client.taken
    assert json.loads(detail) == event().model_dump(mode="json")
    (entry,) = client.entries
    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == ("billproof", event().type, "bus")


def test_a_delivery_is_held_back() -> None:
    with mock_aws():
        queue = boto3.client("sqs")
        url = queue.create_queue(QueueName="q")["QueueUrl"]
        DelayedSqsQueue(queue, url).send_later("later", 900)
        assert "Messages" not in queue.receive_message(QueueUrl=url)
        counts = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
        assert counts["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"
