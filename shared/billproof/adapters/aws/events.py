"""An event bus of EventBridge, and how far the chains were read."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from billproof.adapters.aws.faults import outside
from billproof.cutting import cut
from billproof.errors import ExternalServiceUnavailable
from billproof.events.model import OutboundEvent
from billproof.retrying import attempts
from billproof.store_keys import partition_name

ENTRIES_PER_CALL = 10
BYTES_PER_CALL = 250_000
"""Of the 256 KB that a call may have; an entry counts its detail, its type and its source."""
MAX_ATTEMPTS = 5
"""How often what was not taken is sent again within one call."""
KEPT = timedelta(days=30)
"""For how long it is known where an object was told first: longer than any message that is tried again may lie."""
SOURCE = "billproof"
"""The source of every entry: rules match it and the type, and what is in the detail."""


class EventBus:
    """One bus. The detail of an entry is the whole CloudEvent."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[OutboundEvent]) -> None:
        """Put all events; what is not taken is sent again, and ExternalServiceUnavailable raised where it still is not.

        Events that were taken before come again with the next call: each has its id.
        """
        entries = [self._entry(event) for event in events]
        for chunk in cut(entries, most=ENTRIES_PER_CALL, size_of=_size_of, most_size=BYTES_PER_CALL):
            left, code = chunk, ""
            for _ in attempts(MAX_ATTEMPTS):
                with outside("events"):
                    answer = self._client.put_events(Entries=left)
                results = list(zip(left, answer["Entries"], strict=True))
                left = [entry for entry, result in results if result.get("ErrorCode")]
                if not left:
                    break
                code = next(str(result["ErrorCode"]) for _, result in results if result.get("ErrorCode"))
            else:
                message = f"{len(left)} of {len(chunk)} events were not taken"
                raise ExternalServiceUnavailable(message, service="events", code=code)

    def _entry(self, event: OutboundEvent) -> dict[str, Any]:
        return {
            "Time": datetime.fromisoformat(event.time),
            "Source": SOURCE,
            "DetailType": event.type,
            "Detail": event.model_dump_json(),
            "EventBusName": self._name,
        }


def _size_of(entry: dict[str, Any]) -> int:
    return len(entry["Detail"].encode()) + len(entry["DetailType"]) + len(entry["Source"]) + 14


class DynamoPositions:
    """Numbers that only grow, and the first places of objects, each an item of the events table."""

    def __init__(self, client: Any, table: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._now = now

    def get(self, name: str) -> int | None:
        """Return the number under a name, or None where there never was one."""
        with outside("dynamodb"):
            answer = self._client.get_item(TableName=self._table, Key=_key(name), ConsistentRead=True)
        return int(answer["Item"]["number"]["N"]) if "Item" in answer else None

    def advance(self, name: str, to: int) -> None:
        """Keep a number under a name, unless there is a higher one."""
        with outside("dynamodb"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={**_key(name), "number": {"N": str(to)}},
                    ConditionExpression="attribute_not_exists(#number) OR #number < :number",
                    ExpressionAttributeNames={"#number": "number"},
                    ExpressionAttributeValues={":number": {"N": str(to)}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return

    def keep_first(self, name: str, place: str) -> str:
        """Keep a place under a name for some weeks, unless there is one; return the one that is kept."""
        expiration = {"N": str(int((self._now() + KEPT).timestamp()))}
        with outside("dynamodb"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={**_first(name), "place": {"S": place}, "expiration": expiration},
                    ConditionExpression="attribute_not_exists(#sort)",
                    ExpressionAttributeNames={"#sort": "sort"},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return self.first(name) or place
        return place

    def first(self, name: str) -> str | None:
        """Return the place that is kept under a name, or None."""
        with outside("dynamodb"):
            answer = self._client.get_item(TableName=self._table, Key=_first(name), ConsistentRead=True)
        return str(answer["Item"]["place"]["S"]) if "Item" in answer else None


def _key(name: str) -> dict[str, Any]:
    return {"partition": {"S": "positions"}, "sort": {"S": name}}


def _first(name: str) -> dict[str, Any]:
    return {"partition": {"S": partition_name("told", name[:2])}, "sort": {"S": name}}
