"""Webhooks of the world in memory: its queue with a clock, the log, and one delivery after the other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from billproof.events.model import OutboundEvent
from billproof.webhooks.delivering import DeliveryPorts, DeliveryResult, deliver
from billproof.webhooks.endpoints import EndpointBook
from billproof.webhooks.model import EndpointHealth, WebhookAttempt, WebhookDelivery
from billproof.webhooks.ports import SendResult, WebhookSender
from billproof.webhooks.reaching import Reach
from tests.support.fakes import MemoryQueue, MemoryRecords
from tests.support.world import World

KEY = "the key of the stack"
ENTITY = "skymeter-inc"
URL = "https://hooks.example/billproof"
START = datetime(2013, 2, 2, 12, tzinfo=UTC)


class MemoryDelayedQueue:
    """A queue that holds messages back, by a clock that a test sets."""

    def __init__(self) -> None:
        self.now = START
        self.waiting: list[tuple[datetime, str]] = []
        self.longest = 0

    def send(self, bodies: Iterable[str]) -> None:
        self.waiting += [(self.now, body) for body in bodies]

    def send_later(self, body: str, seconds: int) -> None:
        self.longest = max(self.longest, seconds)
        self.waiting.append((self.now + timedelta(seconds=seconds), body))

    def take(self) -> WebhookDelivery:
        """Take the message that is delivered next, when it is."""
        self.waiting.sort(key=lambda message: message[0])
        at, body = self.waiting.pop(0)
        self.now = max(self.now, at)
        return WebhookDelivery.model_validate_json(body)


class MemoryDeliveryLog:
    """The log of attempts, and how endpoints are, in memory."""

    def __init__(self) -> None:
        self.lines: dict[str, list[WebhookAttempt]] = {}
        self.healths: dict[str, EndpointHealth] = {}

    def add(self, endpoint: str, attempt: WebhookAttempt) -> None:
        self.lines.setdefault(endpoint, []).append(attempt)

    def attempts(self, endpoint: str, *, before: str, limit: int) -> list[WebhookAttempt]:
        lines = sorted(self.lines.get(endpoint, []), key=lambda line: line.place, reverse=True)
        return [line for line in lines if not before or line.place < before][:limit]

    def health(self, endpoint: str) -> EndpointHealth:
        return self.healths.get(endpoint, EndpointHealth())

    def set_health(self, endpoint: str, health: EndpointHealth) -> None:
        self.healths[endpoint] = health


class ScriptedSender:
    """Answers with the given statuses, one after the other, then with the last one for ever; None is no answer."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses = list(statuses)
        self.sent: list[tuple[str, Mapping[str, str], bytes]] = []

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> SendResult:
        self.sent.append((url, headers, body))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return SendResult(status, "" if status else "time_out")


def webhook_ports(world: World) -> dict[str, Any]:
    """What a world in memory needs beside its own for the routes of webhooks, by the names of the ports."""
    return {
        "contracts": world.records["contracts"],
        "invoices": world.records["invoices"],
        "exception_facts": world.records["exceptions"],
        "decisions": world.records["decisions"],
        "payments": world.records["payments"],
        "webhook_endpoints": EndpointBook(world.records["decisions"]),
        "webhook_deliveries": MemoryDelayedQueue(),
        "delivery_log": MemoryDeliveryLog(),
        "webhook_reach": Reach(),
        "webhook_key": lambda: KEY,
    }


@dataclass
class Hooks:
    """What delivers, in memory."""

    sender: WebhookSender
    book: EndpointBook = field(default_factory=lambda: EndpointBook(MemoryRecords()))
    log: MemoryDeliveryLog = field(default_factory=MemoryDeliveryLog)
    queue: MemoryDelayedQueue = field(default_factory=MemoryDelayedQueue)
    dead: MemoryQueue = field(default_factory=MemoryQueue)

    @property
    def ports(self) -> DeliveryPorts:
        return DeliveryPorts(self.book, self.sender, self.log, self.queue, self.dead, lambda: KEY)

    def deliver_next(self) -> DeliveryResult:
        return deliver(self.queue.take(), self.ports, self.queue.now)

    def drain(self) -> list[DeliveryResult]:
        """Deliver until nothing is left."""
        results = []
        while self.queue.waiting:
            results.append(self.deliver_next())
        return results


def event(number: int = 1, kind: str = "billproof.invoice.released.v1", entity: str = ENTITY) -> OutboundEvent:
    return OutboundEvent(
        id=f"evt_{entity}_0_{number}_0_0",
        source=f"/legal-entities/{entity}",
        type=kind,
        subject="UA",
        time="2013-02-02T12:00:00.000000Z",
        dataschema=f"urn:billproof:schema:{kind}",
        partitionkey=f"{entity}/0",
        sequence=f"{number:012d}",
        data={"legal_entity": entity, "account": "UA"},
    )
