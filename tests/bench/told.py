"""What it costs to tell other systems of a month: its events on the bus, and each sent to one webhook endpoint."""

from itertools import batched

from billproof.adapters.aws.clients import client
from functions.deliver_webhooks import app as deliver_webhooks
from functions.publish_events import app as publish_events
from tests.bench.deployed import Clocked, call, poll, queued
from tests.bench.meter import CostMeter

MESSAGES_OF_A_CALL = 10
MINUTE = "minute"
"""The stage of a call of publish_events that finds nothing new, as most of a month's do."""


def register(ports: Clocked) -> None:
    """Register an endpoint that wants every event."""
    ports.webhook_endpoints.register(
        "skymeter-inc", "https://hooks.example/billproof", (), by="bench", now=ports.moment
    )


def tell(ports: Clocked, meter: CostMeter) -> None:
    """Publish what happened, deliver it, and look once more when there is nothing new."""
    call(publish_events, {}, ports, meter)
    bodies = _waiting(ports)
    for chunk in batched(bodies, MESSAGES_OF_A_CALL, strict=False):
        messages = list(chunk)
        poll("deliver_webhooks", meter, messages)
        call(deliver_webhooks, queued(messages), ports, meter)
    told = dict(meter.units["publish_events"])
    call(publish_events, {}, ports, meter)
    idle = meter.units["publish_events"]
    for unit, number in idle.items():
        meter.note(MINUTE, unit, number - told.get(unit, 0.0))
    idle.clear()
    idle.update(told)
    meter.note(MINUTE, "schedule", 1)


def _waiting(ports: Clocked) -> list[str]:
    """Take the deliveries off their queue; nobody is billed for this look."""
    url, bodies = ports.settings.webhook_deliveries_queue, list[str]()
    while received := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += (message["Body"] for message in received)
    return bodies
