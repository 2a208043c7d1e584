"""What happened since the last call, told to other systems."""

from billproof.composition import Composition
from billproof.event_reading import event_sources
from billproof.events.publishing import PublishedEvents, publish_events
from billproof.handlers import step
from billproof.model import Model


class PublishRequest(Model):
    """Nothing is asked for: whatever is new is published."""


@step(PublishRequest, name="publish_events")
def handler(_request: PublishRequest, ports: Composition) -> PublishedEvents:
    """Read the audit chain on, put its events on the bus, and queue them for the endpoints that want them."""
    sinks = [ports.event_bus, ports.webhook_sink]
    sources = event_sources(ports, is_telling=True)
    return publish_events(sources=sources, sinks=sinks, positions=ports.positions, clock=ports.now)
