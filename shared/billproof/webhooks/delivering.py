"""Sending one delivery, and what follows where it fails.

    due | send | log | later
               ^ died here: the queue delivers the message again, and the endpoint gets the event twice, by one id

A message is delivered later by the queue's delay of at most 15 minutes: one that is due after that goes around. So no
message waits in flight, of which a queue has 120,000, and an endpoint that is dead stops no other one.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from billproof.errors import NotFound
from billproof.model import Model
from billproof.periods import instant_text
from billproof.ports import Queue
from billproof.webhooks.endpoints import EndpointBook
from billproof.webhooks.model import (
    DEAD_AFTER,
    DeliveryOutcome,
    EndpointHealth,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    next_due,
)
from billproof.webhooks.ports import DelayedQueue, DeliveryLog, SendResult, WebhookSender
from billproof.webhooks.signing import headers_of, secret_of

LONGEST_DELAY = 900
"""Seconds that SQS holds a message back at most."""


class DeliveryPorts(NamedTuple):
    """What a delivery needs."""

    book: EndpointBook
    sender: WebhookSender
    log: DeliveryLog
    queue: DelayedQueue
    dead_letters: Queue
    key: Callable[[], str]
    """The key that secrets are derived from."""


class DeliveryResult(Model):
    """What came of a message, and whether its endpoint was disabled by it."""

    outcome: DeliveryOutcome
    is_disabled_now: bool = False


def deliver(delivery: WebhookDelivery, ports: DeliveryPorts, now: datetime) -> DeliveryResult:
    """Send a delivery that is due, once; one that fails is queued again, or given up after three days."""
    due = datetime.fromisoformat(delivery.due_at)
    if now < due:
        return _wait(delivery, due, ports, now)
    try:
        endpoint = ports.book.get([delivery.legal_entity], delivery.endpoint)
    except NotFound:
        return DeliveryResult(outcome=DeliveryOutcome.REMOVED)
    health = ports.log.health(endpoint.id)
    if health.is_disabled(endpoint):
        ports.log.add(endpoint.id, _attempt(delivery, DeliveryOutcome.DISABLED, now))
        return DeliveryResult(outcome=DeliveryOutcome.DISABLED)
    result = _send(delivery, endpoint, ports, now)
    if result.status is not None and HTTPStatus.OK <= result.status < HTTPStatus.MULTIPLE_CHOICES:
        if health.failing_since is not None:
            ports.log.set_health(endpoint.id, EndpointHealth())
        ports.log.add(endpoint.id, _attempt(delivery, DeliveryOutcome.SENT, now, result))
        return DeliveryResult(outcome=DeliveryOutcome.SENT)
    return _failed(delivery, endpoint, health, result, ports, now)


def _wait(delivery: WebhookDelivery, due: datetime, ports: DeliveryPorts, now: datetime) -> DeliveryResult:
    seconds = max(1, min(LONGEST_DELAY, round((due - now).total_seconds())))
    ports.queue.send_later(delivery.model_dump_json(), seconds)
    return DeliveryResult(outcome=DeliveryOutcome.WAITING)


def _send(delivery: WebhookDelivery, endpoint: WebhookEndpoint, ports: DeliveryPorts, now: datetime) -> SendResult:
    body = delivery.event.model_dump_json().encode()
    key = ports.key()
    secrets = [secret_of(key, endpoint.id, generation) for generation in endpoint.generations(now)]
    headers = headers_of(secrets, message=delivery.event.id, at=now, body=body)
    return ports.sender.post(endpoint.url, headers=headers, body=body)


def _failed(
    delivery: WebhookDelivery,
    endpoint: WebhookEndpoint,
    health: EndpointHealth,
    result: SendResult,
    ports: DeliveryPorts,
    now: datetime,
) -> DeliveryResult:
    """Queue a delivery again, or give it up; an endpoint that is gone (410), or dead for days, is disabled."""
    known_since = health.failing_of(endpoint)
    since = known_since or instant_text(now)
    due = next_due(delivery, now)
    is_gone = result.status == HTTPStatus.GONE
    is_dead = due is None and now - datetime.fromisoformat(since) >= DEAD_AFTER
    if known_since is None:
        ports.log.set_health(endpoint.id, EndpointHealth(failing_since=since))
    outcome = DeliveryOutcome.GIVEN_UP if due is None or is_gone else DeliveryOutcome.FAILED
    next_at = instant_text(due) if due is not None and not is_gone else None
    ports.log.add(endpoint.id, _attempt(delivery, outcome, now, result, next_at))
    if next_at is not None and due is not None:
        again = delivery.model_copy(update={"attempt": delivery.attempt + 1, "due_at": next_at})
        _wait(again, due, ports, now)
    else:
        ports.dead_letters.send([delivery.model_dump_json()])
    if is_gone or is_dead:  # last: what fails before it is tried again, and its alarm is not lost
        ports.log.set_health(endpoint.id, EndpointHealth(failing_since=since, disabled_at=instant_text(now)))
    return DeliveryResult(outcome=outcome, is_disabled_now=is_gone or is_dead)


def _attempt(
    delivery: WebhookDelivery,
    outcome: DeliveryOutcome,
    now: datetime,
    result: SendResult | None = None,
    next_at: str | None = None,
) -> WebhookAttempt:
    return WebhookAttempt(
        at=instant_text(now),
        event=delivery.event.id,
        type=delivery.event.type,
        attempt=delivery.attempt,
        outcome=outcome,
        status=result.status if result else None,
        error=result.error if result else "",
        next_at=next_at,
    )
