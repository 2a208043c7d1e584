"""The cost meter: what a stage calls, computes, logs and stores, in the units that AWS bills.

    with CostMeter() as meter:
        with meter.stage("ingest_usage", memory=1769): ...
    meter.units["ingest_usage"]

It hooks botocore, so requests have their real sizes. What the provider does without a call of ours (Lambda's polling of
queues, transitions of workflows) is added by `note`. The CPU of moto, which answers in the same process, is taken off.
"""

import json
import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from moto.core.botocore_stubber import BotocoreStubber

from billproof.adapters.aws.clients import client, session
from billproof.handlers import logger
from billproof_ops.costs.prices import Kept, Prices, cost_of

CHUNK = 64 * 1024
"""SQS bills a request for every 64 KB of payload."""
READ_UNIT, WRITE_UNIT = 4 * 1024, 1024
ITEM_OVERHEAD = 100
"""Bytes that DynamoDB adds to each item where it bills storage; it adds none where it bills reads and writes."""
WAITS = {"s3": 0.025, "dynamodb": 0.005, "sqs": 0.010}
"""Seconds that a call waits for its answer. Assumed, not measured on AWS: all calls one after the other."""
PLATFORM_LOG_BYTES = 400
"""Lambda's own lines of a call: START, END, and REPORT with its trace. Counted in AWS's examples of them."""
VCPU_MEGABYTES = 1769
"""Memory that comes with one vCPU; a second of CPU here is taken for one there."""
LOG_DAYS = 90
"""How long the template keeps logs by default."""
PASSING = "idempotency"
"""The table whose items are removed after days: they count as written, and not as kept."""
_BEFORE, _AFTER, _TABLE = "billproof-cost-before", "billproof-cost-after", "billproof-cost-table"

type Units = Mapping[str, float]


def dollars(units: Units, *, days: int = 400) -> float:
    """Price units, with their storage for so many days. A measure, and not money that anybody is billed: a float."""
    exact = {unit: Decimal(str(number)) for unit, number in units.items()}
    costs = cost_of(exact, Prices.read(), days={Kept.DATA: days, Kept.LOGS: LOG_DAYS})
    return float(sum(costs.values()))


def _counts() -> defaultdict[str, float]:
    return defaultdict(float)


@dataclass
class CostMeter:
    """Counts calls, and by stage the units that they are billed by; those of DynamoDB by table, too."""

    calls: Counter[str] = field(default_factory=Counter)
    units: defaultdict[str, defaultdict[str, float]] = field(default_factory=lambda: defaultdict(_counts))
    of_tables: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _stage: str = ""
    _waited: float = 0.0
    _answering: float = 0.0

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

    def note(self, stage: str, unit: str, number: float, *, call: str | None = None) -> None:
        """Add what the provider does by itself."""
        self.units[stage][unit] += number
        if call:
            self.calls[call] += math.ceil(number)

    @contextmanager
    def stage(self, name: str, *, memory: int) -> Iterator[None]:
        """Count one call of the function of a stage, which has so much memory, in megabytes."""
        self._stage, self._waited, self._answering = name, 0.0, 0.0
        self.note(name, "lambda request", 1, call="lambda Invoke")
        self.note(name, "xray trace", 1)
        lines, before = StringIO(), time.process_time()
        with _logged_to(lines), self._answers():
            yield
        cpu = time.process_time() - before - self._answering
        seconds = cpu / min(memory / VCPU_MEGABYTES, 1) + self._waited
        self.note(name, "cpu second", cpu)
        self.note(name, "lambda GB-second", seconds * memory / 1024)
        self.note(name, "log byte", len(lines.getvalue().encode()) + PLATFORM_LOG_BYTES)
        self._stage = ""

    @contextmanager
    def _answers(self) -> Iterator[None]:
        answer = BotocoreStubber.__call__

        def timed(stubber: BotocoreStubber, *arguments: Any, **named: Any) -> Any:
            before = time.thread_time()
            try:
                return answer(stubber, *arguments, **named)
            finally:
                self._answering += time.thread_time() - before

        with patch.object(BotocoreStubber, "__call__", timed):
            yield

    def clear(self) -> None:
        """Forget what was counted so far."""
        self.calls.clear()
        self.units.clear()
        self.of_tables.clear()

    def dollars_of_table(self, table: str) -> float:
        """Price what a table of DynamoDB was asked."""
        return dollars(self.of_tables[table])

    def _note_item(self, table: str, item: Any, *, times: int = 1) -> None:
        """Count an item that is written; a transaction writes it twice."""
        size = item_bytes(item)
        self._note_table("dynamodb write", table, times * max(math.ceil(size / WRITE_UNIT), 1))
        if table != PASSING:
            self.note(self._stage, "dynamodb byte", size + ITEM_OVERHEAD)

    def _note_table(self, unit: str, table: str, number: int) -> None:
        self.note(self._stage, unit, number)
        self.of_tables[table][unit] += number

    def _before(self, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        self.calls[f"{service} {operation}"] += 1
        self._waited += WAITS.get(service, 0.0)
        body = params.get("body") or b""
        size = len(body) if isinstance(body, (bytes, str)) else body.seek(0, 2) or body.tell()
        if not isinstance(body, (bytes, str)):
            body.seek(0)
        match service, operation:
            case "s3", ("GetObject" | "HeadObject"):
                self.note(self._stage, "s3 get", 1)
            case "s3", _:
                self.note(self._stage, "s3 put or list", 1)
                self.note(self._stage, "s3 byte", size)
            case "dynamodb", _:
                context[_TABLE] = self._asked(operation, json.loads(body))
            case "events", "PutEvents":
                entries = json.loads(body)["Entries"]
                chunks = (math.ceil(len(entry["Detail"]) / CHUNK) for entry in entries)
                self.note(self._stage, "bus event", sum(chunks))
            case "sqs", _:
                self.note(self._stage, "sqs request", max(math.ceil(size / CHUNK), 1))
            case _:
                pass

    def _asked(self, operation: str, request: dict[str, Any]) -> str:
        """Count what a request to DynamoDB writes; return the table that it asks."""
        if operation == "TransactWriteItems":
            for item in request["TransactItems"]:
                put = item["Put"]
                self._note_item(put["TableName"], put["Item"], times=2)
            return ""
        table: str = request.get("TableName", "")
        if operation == "PutItem":
            self._note_item(table, request["Item"])
        elif operation in {"UpdateItem", "DeleteItem"}:
            self._note_item(table, {**request["Key"], **request.get("ExpressionAttributeValues", {})})
        return table

    def _after(self, model: Any, parsed: Any, context: dict[str, Any], **_: Any) -> None:
        if model.service_model.service_name == "dynamodb" and model.name in {"GetItem", "Query"}:
            items = parsed.get("Items") or [parsed.get("Item") or {}]
            size = sum(map(item_bytes, items))
            self._note_table("dynamodb read", context[_TABLE], max(math.ceil(size / READ_UNIT), 1))


@contextmanager
def _logged_to(lines: StringIO) -> Iterator[None]:
    """Keep what a function prints and logs, at the level that the template sets."""
    handler, level = logger.registered_handler, logger.log_level
    stream = handler.stream if hasattr(handler, "stream") else sys.stdout
    logger.setLevel("INFO")
    handler.stream = lines  # type: ignore[attr-defined]  # powertools' handler is of a stream
    try:
        with redirect_stdout(lines):
            yield
    finally:
        handler.stream = stream  # type: ignore[attr-defined]
        logger.setLevel(level)


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return the size of an item as DynamoDB counts it: names and values, and what lists and maps add."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return math.ceil(len(value.strip("-0.").replace(".", "")) / 2) + 1
        case "BOOL" | "NULL":
            return 1
        case "B":
            return len(value) * 3 // 4
        case "L":
            return 3 + sum(1 + _value_bytes(part) for part in value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(part) for name, part in value.items())
        case _:
            message = f"an item's value of type {kind} is not measured"
            raise AssertionError(message)
