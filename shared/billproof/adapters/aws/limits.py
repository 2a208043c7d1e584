"""How often a caller may call: a token bucket a caller, in one item of a DynamoDB table, by one or two writes a call.

The item holds the moment at which the bucket would be full again, `full_at` in microseconds (the generic cell rate
algorithm): a call moves it on by the time that one token takes, and is one too many where it would be further ahead
than the whole bucket takes. A bucket that is full is not there, or lies behind. One that is further ahead than a bucket
can be was written by a clock that was wrong, or for a larger one: it counts as full, so nobody is shut out for long.
"""

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import Any

from billproof.adapters.aws.faults import outside
from billproof.ports import Allowance
from billproof.store_keys import sort_key

_FORGET_SECONDS = 3_600
_SECOND = 1_000_000
_SKEW = 60 * _SECOND
"""How far clocks are apart at most."""
_FULL = "attribute_not_exists(full_at) OR full_at <= :now OR full_at > :impossible"
_STARTED = "full_at > :now AND full_at <= :latest"


class DynamoCallLimits:
    """Buckets of `burst` calls, which fill by `a_second` calls a second."""

    def __init__(self, client: Any, table: str, *, burst: int, a_second: int, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._now = now
        self.burst = burst
        self.a_second = a_second

    def take(self, caller: str) -> Allowance:
        """Count a call of a caller, if it may make one; who writes at the same time is counted, too."""
        now = int(self._now().timestamp() * _SECOND)
        token = _SECOND // self.a_second
        latest = now + (self.burst - 1) * token
        impossible = now + self.burst * token + _SKEW
        full_at = self._write(caller, now, "SET full_at = full_at + :token", _STARTED, token=token, latest=latest)
        if full_at is None:
            full_at = self._write(caller, now, "SET full_at = :start", _FULL, start=now + token, impossible=impossible)
        if full_at is None:  # the bucket is empty, unless another call of the caller was just the first of it
            full_at = self._write(caller, now, "SET full_at = full_at + :token", _STARTED, token=token, latest=latest)
        if full_at is None:
            return Allowance(left=0, retry_seconds=max(1, ceil(token / _SECOND)))
        return Allowance(left=(now + self.burst * token - full_at) // token, retry_seconds=0)

    def _write(self, caller: str, now: int, change: str, condition: str, **numbers: int) -> int | None:
        """Change the caller's item where a condition holds; return when the bucket is full, or None where not."""
        values = {f":{name}": {"N": str(number)} for name, number in {**numbers, "now": now}.items()}
        values[":expiration"] = {"N": str(now // _SECOND + self.burst // self.a_second + _FORGET_SECONDS)}
        with outside("dynamodb"):
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key={"id": {"S": sort_key("calls", caller)}},
                    UpdateExpression=f"{change}, expiration = :expiration",
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ReturnValues="UPDATED_NEW",
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return None
        return int(answer["Attributes"]["full_at"]["N"])
