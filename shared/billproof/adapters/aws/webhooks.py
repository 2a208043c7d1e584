"""The log of deliveries in the events table, and a queue that delivers later."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from billproof.adapters.aws.faults import outside
from billproof.adapters.aws.sqs import SqsQueue
from billproof.store_keys import partition_name
from billproof.webhooks.model import EndpointHealth, WebhookAttempt

KEPT = timedelta(days=30)
"""For how long an attempt is kept."""
_ATTEMPTS, _HEALTH = "attempts", "health"


class DelayedSqsQueue(SqsQueue):
    """A queue that can hold a message back."""

    def send_later(self, body: str, seconds: int) -> None:
        """Send a message that is delivered so many seconds later."""
        with outside("sqs"):
            self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=seconds)


class DynamoDeliveryLog:
    """Attempts and the health of endpoints, as JSON in items of the events table."""

    def __init__(self, client: Any, table: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._now = now

    def add(self, endpoint: str, attempt: WebhookAttempt) -> None:
        """Keep an attempt for some weeks."""
        key = _key(partition_name(_ATTEMPTS, endpoint), attempt.place)
        expiration = int((self._now() + KEPT).timestamp())
        self._put({**key, "json": {"S": attempt.model_dump_json()}, "expiration": {"N": str(expiration)}})

    def attempts(self, endpoint: str, *, before: str, limit: int) -> list[WebhookAttempt]:
        """Return attempts before a place or an instant, the last one first."""
        with outside("dynamodb"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#partition = :partition AND #sort < :before",
                ExpressionAttributeNames={"#partition": "partition", "#sort": "sort"},
                ExpressionAttributeValues={
                    ":partition": {"S": partition_name(_ATTEMPTS, endpoint)},
                    ":before": {"S": before or "~"},
                },
                ScanIndexForward=False,
                Limit=limit,
            )
        return [WebhookAttempt.model_validate_json(item["json"]["S"]) for item in answer["Items"]]

    def health(self, endpoint: str) -> EndpointHealth:
        """Return how an endpoint is."""
        with outside("dynamodb"):
            answer = self._client.get_item(TableName=self._table, Key=_key(_HEALTH, endpoint), ConsistentRead=True)
        return EndpointHealth.model_validate_json(answer["Item"]["json"]["S"]) if "Item" in answer else EndpointHealth()

    def set_health(self, endpoint: str, health: EndpointHealth) -> None:
        """Keep how an endpoint is."""
        self._put({**_key(_HEALTH, endpoint), "json": {"S": health.model_dump_json()}})

    def _put(self, item: dict[str, Any]) -> None:
        with outside("dynamodb"):
            self._client.put_item(TableName=self._table, Item=item)


def _key(partition: str, sort: str) -> dict[str, Any]:
    return {"partition": {"S": partition}, "sort": {"S": sort}}
