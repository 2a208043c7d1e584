"""Events that are sent to the endpoints that systems registered."""

from billproof.composition import Composition
from billproof.handlers import ReceivedMessage, count, each_message, read_message
from billproof.webhooks.delivering import DeliveryResult, deliver
from billproof.webhooks.model import DeliveryOutcome, WebhookDelivery


@each_message
def handler(received: ReceivedMessage, ports: Composition) -> DeliveryResult:
    """Send one delivery that is due, or let it wait."""
    delivery = read_message(received.body, WebhookDelivery)
    result = deliver(delivery, ports.delivery_ports(), ports.now())
    count("WebhooksSent", int(result.outcome is DeliveryOutcome.SENT))
    count("WebhooksFailed", int(result.outcome in {DeliveryOutcome.FAILED, DeliveryOutcome.GIVEN_UP}))
    count("WebhookEndpointsDisabled", int(result.is_disabled_now))
    return result
