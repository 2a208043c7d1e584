"""Sending again: one event by its id, or those of a window. The audit chain has them all, however old they are."""

from collections.abc import Iterator
from itertools import islice

from billproof.audit.naming import SHARED
from billproof.errors import InvalidInput, NotFound
from billproof.events.deriving import NO_SUCH_EVENT, EventSources
from billproof.events.identity import EventId
from billproof.events.model import OutboundEvent
from billproof.events.reading import blocks_after, position_before
from billproof.store_keys import ChainName
from billproof.webhooks.model import WebhookEndpoint

MOST_REPLAYED = 1_000
"""Events of one call: what is more is asked for by shorter windows."""


def event_for(endpoint: WebhookEndpoint, event: str, sources: EventSources) -> OutboundEvent:
    """Return an event by its id; raises NotFound where it is none that the endpoint would get.

    An event of another legal entity is answered as one that there is not: nobody counts what others do.
    """
    identity = EventId.parse(event)
    outbound = sources.of_id(identity) if _may_tell(identity.chain, endpoint) else None
    if outbound is None or outbound.legal_entity != endpoint.legal_entity:
        raise NotFound(NO_SUCH_EVENT)
    if not endpoint.wants(outbound):
        message = "this event does not go to this endpoint"
        raise NotFound(message)
    return outbound


def _may_tell(chain: ChainName, endpoint: WebhookEndpoint) -> bool:
    """Say whether a chain may tell something of an endpoint's legal entity."""
    return chain.owner in {endpoint.legal_entity, SHARED}


def events_between(endpoint: WebhookEndpoint, since: str, until: str, sources: EventSources) -> list[OutboundEvent]:
    """Return what was told in a window and goes to an endpoint, in the order of time; raises InvalidInput for too much.

    Both instants are in UTC, as `instant_text` writes them.
    """
    names = (name for name in sources.chain.names() if _may_tell(ChainName.parse(name), endpoint))
    wanted = (event for name in names for event in _told(name, since, until, sources) if endpoint.wants(event))
    events = list(islice(wanted, MOST_REPLAYED + 1))
    if len(events) > MOST_REPLAYED:
        message = f"more than {MOST_REPLAYED:,} events are in this window: ask for a shorter one"
        raise InvalidInput(message)
    return sorted(events, key=lambda event: (event.time, event.partitionkey, event.sequence))


def _told(name: str, since: str, until: str, sources: EventSources) -> Iterator[OutboundEvent]:
    position = position_before(sources.chain, name, since)
    while blocks := blocks_after(sources.chain, name, position):
        for block in blocks:
            if block.at >= until:
                return
            yield from sources.of_block(block)
        position = blocks[-1].sequence
