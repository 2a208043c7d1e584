"""The ports of what other systems are told: the bus, how far was read, webhooks. Each is built on first use."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.outgoing import Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable

    from billproof.adapters.kept_secrets import KeptSecret
    from billproof.events.ports import EventSink, Positions
    from billproof.ports import Queue, Records
    from billproof.webhooks.delivering import DeliveryPorts
    from billproof.webhooks.endpoints import EndpointBook
    from billproof.webhooks.ports import DelayedQueue, DeliveryLog, WebhookSender
    from billproof.webhooks.reaching import Reach


class EventPorts(Outgoing):
    """Where events go, and what is kept of it."""

    @cached_property
    def decisions(self) -> Records:
        """What only the functions of the API write."""
        raise NotImplementedError

    @cached_property
    def event_bus(self) -> EventSink:
        """The bus that other systems listen to."""
        from billproof.adapters.aws.events import EventBus

        return EventBus(client("events"), self.settings.events_bus)

    @cached_property
    def positions(self) -> Positions:
        """How far the chains were read."""
        from billproof.adapters.aws.events import DynamoPositions

        return DynamoPositions(client("dynamodb"), self.settings.events_table, self.now)

    @cached_property
    def webhook_endpoints(self) -> EndpointBook:
        """The endpoints that are registered."""
        from billproof.webhooks.endpoints import EndpointBook

        return EndpointBook(self.decisions)

    @cached_property
    def webhook_sink(self) -> EventSink:
        """What queues events for the endpoints that want them."""
        from billproof.webhooks.queueing import WebhookSink

        return WebhookSink(self.webhook_endpoints, self.webhook_deliveries, self.now)

    @cached_property
    def webhook_deliveries(self) -> DelayedQueue:
        """The queue of deliveries."""
        from billproof.adapters.aws.webhooks import DelayedSqsQueue

        return DelayedSqsQueue(client("sqs"), self.settings.webhook_deliveries_queue)

    @cached_property
    def given_up_deliveries(self) -> Queue:
        """Where deliveries go that failed for three days."""
        from billproof.adapters.aws.sqs import SqsQueue

        return SqsQueue(client("sqs"), self.settings.webhook_dead_letters)

    @cached_property
    def delivery_log(self) -> DeliveryLog:
        """The attempts to deliver, and how endpoints are."""
        from billproof.adapters.aws.webhooks import DynamoDeliveryLog

        return DynamoDeliveryLog(client("dynamodb"), self.settings.events_table, self.now)

    @cached_property
    def webhook_reach(self) -> Reach:
        """Where webhooks may go: loopback on the embedded stack only, which no setting of a function says."""
        from billproof.webhooks.reaching import Reach

        return Reach.of(os.environ)

    @cached_property
    def webhook_sender(self) -> WebhookSender:
        """What sends."""
        from billproof.adapters.https import HttpsSender

        return HttpsSender(reach=self.webhook_reach)

    def kept_secret[T](self, arn: str | None, make: Callable[[str], T]) -> KeptSecret[T]:
        """Return what is made of a secret, which is read again after a while."""
        from billproof.adapters.aws.secrets import read_secret
        from billproof.adapters.kept_secrets import KeptSecret

        return KeptSecret(lambda: read_secret(client("secretsmanager"), arn or ""), make, self.now)

    @cached_property
    def _webhook_key(self) -> KeptSecret[str]:
        return self.kept_secret(self.settings.webhook_key_secret, str)

    def webhook_key(self) -> str:
        """Return the key that the secrets of endpoints are derived from; raises ExternalServiceUnavailable."""
        return self._webhook_key.value()

    def delivery_ports(self) -> DeliveryPorts:
        """Return what a delivery needs."""
        from billproof.webhooks.delivering import DeliveryPorts

        return DeliveryPorts(
            book=self.webhook_endpoints,
            sender=self.webhook_sender,
            log=self.delivery_log,
            queue=self.webhook_deliveries,
            dead_letters=self.given_up_deliveries,
            key=self.webhook_key,
        )
