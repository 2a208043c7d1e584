"""Breakers in DynamoDB, an item each beside the idempotency records, and the consumers of queues in Lambda."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from billproof.adapters.aws.faults import outside
from billproof.breakers import Breaker
from billproof.periods import instant_text, read_instant
from billproof.store_keys import sort_key

KEPT = timedelta(days=1)
IS_SO = {True: {"Enabled", "Enabling"}, False: {"Disabled", "Disabling"}}
CAN_BE = {True: "Disabled", False: "Enabled"}
"""From which state a mapping can be switched: Lambda refuses to change one that is changing."""


class DynamoBreakers:
    """Breakers by the name of their counterpart; when one tripped and when it was closed are written apart."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, service: str) -> Breaker | None:
        """Return a breaker, or None."""
        with outside("dynamodb"):
            item = self._client.get_item(TableName=self._table, Key=_key(service), ConsistentRead=True).get("Item")
        if item is None:
            return None
        closed_at = item.get("closed_at")
        return Breaker(
            service=service,
            tripped_at=read_instant(item["tripped_at"]["S"]),
            retry_after=int(item["retry_after"]["N"]),
            closed_at=read_instant(closed_at["S"]) if closed_at else None,
            rest=timedelta(seconds=int(item["rest"]["N"])) if "rest" in item else Breaker.model_fields["rest"].default,
        )

    def trip(self, service: str, *, at: datetime, retry_after: int) -> None:
        """Write when it tripped."""
        change = "SET tripped_at = :at, retry_after = :retry_after, expiration = :expiration"
        values = {":at": {"S": instant_text(at)}, ":retry_after": {"N": str(retry_after)}, ":expiration": _until(at)}
        with outside("dynamodb"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(service),
                UpdateExpression=change,
                ExpressionAttributeValues=values,
            )

    def close(self, breaker: Breaker) -> None:
        """Write when it was closed; one that tripped since stays open."""
        at = breaker.closed_at or breaker.tripped_at
        values = {
            ":at": {"S": instant_text(at)},
            ":rest": {"N": str(int(breaker.rest.total_seconds()))},
            ":tripped_at": {"S": instant_text(breaker.tripped_at)},
            ":expiration": _until(at),
        }
        with outside("dynamodb"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(breaker.service),
                    UpdateExpression="SET closed_at = :at, rest = :rest, expiration = :expiration",
                    ConditionExpression="tripped_at = :tripped_at",
                    ExpressionAttributeValues=values,
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return


def _key(service: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": sort_key("breaker", service)}}


def _until(at: datetime) -> dict[str, str]:
    return {"N": str(int((at + KEPT).timestamp()))}


class LambdaConsumers:
    """The event source mappings of queues, by their ids."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client

    def switch(self, mapping: str, *, on: bool) -> bool:
        """Switch a mapping on or off, unless it is so, or will be so."""
        with outside("lambda"):
            state = str(self._client().get_event_source_mapping(UUID=mapping)["State"])
            if state == CAN_BE[on]:
                self._client().update_event_source_mapping(UUID=mapping, Enabled=on)
                return True
        return state in IS_SO[on]
