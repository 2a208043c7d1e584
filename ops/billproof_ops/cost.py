"""The cost meter: every AWS call counted by service and operation, and priced. It hooks botocore: any endpoint will do.

    with CostMeter() as meter: ...
    meter.dollars()

Prices are those of us-east-1 in PRICES, with their source and date. What the provider does without a call of ours
(Lambda's invocations, its polling of queues, transitions of workflows) is added by `note`.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from types import TracebackType
from typing import Any, Self

from billproof.adapters.aws.clients import client, session

CHUNK = 64 * 1024
"""SQS bills a request for every 64 KB of payload."""
READ_UNIT, WRITE_UNIT = 4 * 1024, 1024
_BEFORE, _AFTER, _TABLE = "billproof-cost-before", "billproof-cost-after", "billproof-cost-table"
PRICES: dict[str, Any] = json.loads(
    resources.files("billproof_ops").joinpath("prices.json").read_text(encoding="utf-8")
)


@dataclass
class CostMeter:
    """Counts calls and the units that they are billed by; those of DynamoDB by table, too."""

    calls: Counter[str] = field(default_factory=Counter)
    units: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    of_tables: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def __enter__(self) -> Self:
        events = session().get_component("event_emitter")
        events.register("before-call", self._before, unique_id=_BEFORE)
        events.register("after-call", self._after, unique_id=_AFTER)
        client.cache_clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        events = session().get_component("event_emitter")
        events.unregister("before-call", self._before, unique_id=_BEFORE)
        events.unregister("after-call", self._after, unique_id=_AFTER)
        client.cache_clear()

    def note(self, unit: str, number: float, *, call: str | None = None) -> None:
        """Add what the provider does by itself."""
        self.units[unit] += number
        if call:
            self.calls[call] += math.ceil(number)

    def clear(self) -> None:
        """Forget what was counted so far."""
        self.calls.clear()
        self.units.clear()
        self.of_tables.clear()

    def dollars(self) -> float:
        """Price everything. A measure of cost, not money that anybody is billed: so it may be a float."""
        return _priced(self.units)

    def dollars_of_table(self, table: str) -> float:
        """Price what a table of DynamoDB was asked."""
        return _priced(self.of_tables[table])

    def _note_table(self, unit: str, table: str, number: int) -> None:
        self.units[unit] += number
        self.of_tables[table][unit] += number

    def _before(self, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        self.calls[f"{service} {operation}"] += 1
        body = params.get("body") or b""
        size = len(body) if isinstance(body, (bytes, str)) else 0
        match service, operation:
            case "s3", ("GetObject" | "HeadObject"):
                self.units["s3 get"] += 1
            case "s3", _:
                self.units["s3 put or list"] += 1
            case "dynamodb", ("PutItem" | "UpdateItem" | "DeleteItem"):
                self._note_table("dynamodb write", json.loads(body)["TableName"], max(math.ceil(size / WRITE_UNIT), 1))
            case "dynamodb", "TransactWriteItems":
                for item in json.loads(body)["TransactItems"]:
                    units = 2 * max(math.ceil(len(json.dumps(item)) / WRITE_UNIT), 1)
                    self._note_table("dynamodb write", next(iter(item.values()))["TableName"], units)
            case "dynamodb", ("GetItem" | "Query"):
                context[_TABLE] = json.loads(body)["TableName"]
            case "sqs", _:
                self.units["sqs request"] += max(math.ceil(size / CHUNK), 1)
            case _:
                pass

    def _after(self, model: Any, parsed: Any, context: dict[str, Any], **_: Any) -> None:
        if model.service_model.service_name == "dynamodb" and model.name in {"GetItem", "Query"}:
            size = len(json.dumps(parsed, default=str))
            self._note_table("dynamodb read", context[_TABLE], max(math.ceil(size / READ_UNIT), 1))


def _priced(units: Mapping[str, float]) -> float:
    per_unit: dict[str, float] = PRICES["per_unit"]
    return float(sum(number * per_unit[unit] for unit, number in units.items()))
