"""Publishing what is new: each chain is read on from where the last call stopped, and its events go to every sink.

    read blocks -> events -> sinks -> position
                                   ^ died here: the next call publishes the same events again, under the same ids

A position moves only when every sink has taken all events before it, so none is lost; a sink that fails leaves the
chain where it is. A first call tells what happened in the last day, and not the whole history of the store.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from billproof.errors import work_apart
from billproof.events.deriving import EventSources
from billproof.events.model import OutboundEvent
from billproof.events.ports import EventSink, Positions
from billproof.events.reading import blocks_after, position_before
from billproof.model import Model
from billproof.periods import instant_text
from billproof.ports import Clock

MOST_TIME = timedelta(seconds=40)
"""How long one call reads on; the next one goes on from there, a minute after this one began."""
LOOK_BACK = timedelta(days=1)
BEGINNING = "beginning"
"""Under which name it is kept since when events are told: seconds since 1970. No chain has that name."""


class PublishedEvents(Model):
    """What one call read and published."""

    blocks: int
    events: int


def publish_events(
    *, sources: EventSources, sinks: Sequence[EventSink], positions: Positions, clock: Clock
) -> PublishedEvents:
    """Publish the events of all chains since the last call, until there are none, or for MOST_TIME.

    A chain that fails never stops the next one. Raises what a single one raised, ExternalServiceUnavailable where
    another try may help all of several, and an ExceptionGroup where it may not.
    """
    now = clock()
    since, until = _since(positions, now), now + MOST_TIME

    def work(name: str) -> PublishedEvents:
        return _publish_chain(name, sources, sinks, positions, since=since, clock=clock, until=until)

    results = work_apart(work, ((name, name) for name in sources.chain.names()))
    return PublishedEvents(
        blocks=sum(result.blocks for result in results), events=sum(result.events for result in results)
    )


def _publish_chain(
    name: str,
    sources: EventSources,
    sinks: Sequence[EventSink],
    positions: Positions,
    *,
    since: str,
    clock: Clock,
    until: datetime,
) -> PublishedEvents:
    known = positions.get(name)
    position = position_before(sources.chain, name, since) if known is None else known
    number_of_blocks = number_of_events = 0
    while blocks := blocks_after(sources.chain, name, position):
        events: list[OutboundEvent] = []
        for block in blocks:  # one that takes long is not read again for the sake of those after it
            events += sources.of_block(block)
            position = block.sequence
            number_of_blocks += 1
            if clock() >= until:
                break
        for sink in sinks:
            if events:
                sink.publish(events)
        positions.advance(name, position)
        number_of_events += len(events)
        if clock() >= until:
            break
    return PublishedEvents(blocks=number_of_blocks, events=number_of_events)


def _since(positions: Positions, now: datetime) -> str:
    """Return the instant since which events are told: a day before the first call."""
    known = positions.get(BEGINNING)
    seconds = int((now - LOOK_BACK).timestamp()) if known is None else known
    if known is None:
        positions.advance(BEGINNING, seconds)
    return instant_text(datetime.fromtimestamp(seconds, now.tzinfo))
