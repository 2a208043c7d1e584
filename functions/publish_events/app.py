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
    """Read the audit chain on, and put its events on the bus."""
    return publish_events(
        sources=event_sources(ports), sinks=[ports.event_bus], positions=ports.positions, clock=ports.now
    )
