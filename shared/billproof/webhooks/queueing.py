"""Queueing a delivery of an event for each endpoint that wants it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from billproof.events.model import OutboundEvent
from billproof.periods import instant_text
from billproof.ports import Clock
from billproof.webhooks.endpoints import EndpointBook
from billproof.webhooks.model import WebhookDelivery, WebhookEndpoint
from billproof.webhooks.ports import DelayedQueue


def delivery_of(event: OutboundEvent, endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery:
    """Return the first delivery of an event to an endpoint."""
    at = instant_text(now)
    return WebhookDelivery(
        endpoint=endpoint.id, legal_entity=endpoint.legal_entity, event=event, first_at=at, due_at=at
    )


def queue_deliveries(deliveries: Iterable[WebhookDelivery], queue: DelayedQueue) -> None:
    """Queue deliveries."""
    queue.send(delivery.model_dump_json() for delivery in deliveries)


class WebhookSink:
    """A sink of events: each is queued for every endpoint of its legal entity that wants it."""

    def __init__(self, endpoints: EndpointBook, queue: DelayedQueue, clock: Clock) -> None:
        self._endpoints = endpoints
        self._queue = queue
        self._clock = clock

    def publish(self, events: Sequence[OutboundEvent]) -> None:
        """Queue the deliveries of events; an endpoint gets each that is recorded after it was registered."""
        now = self._clock()
        entities = dict.fromkeys(event.legal_entity for event in events)
        endpoints = {entity: self._endpoints.of_entity(entity) for entity in entities if entity is not None}
        deliveries = [
            delivery_of(event, endpoint, now)
            for event in events
            for endpoint in endpoints.get(event.legal_entity or "", ())
            if endpoint.wants(event)
        ]
        if deliveries:
            queue_deliveries(deliveries, self._queue)
