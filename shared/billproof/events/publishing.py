"""Publishing what is new: each chain is read on from where the last call stopped, and its events go to every sink.

    read blocks -> events -> sinks -> position
                                   ^ died here: the next call publishes the same events again, under the same ids

A position moves only when every sink has taken all events before it, so none is lost; a sink that fails leaves the
chain where it is. Chains take turns, a page of blocks each, and a call goes on where the last one had no more time: so
none waits for a busy one, however many there are. A first call tells what happened in the last day, and not the whole
history of the store.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
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
TURN = "turn"
"""Under which name it is kept how many turns chains had. No chain has that name."""


class PublishedEvents(Model):
    """What one call read and published."""

    blocks: int
    events: int


def publish_events(
    *, sources: EventSources, sinks: Sequence[EventSink], positions: Positions, clock: Clock
) -> PublishedEvents:
    """Publish the events of all chains since the last call, until there are none, or for MOST_TIME.

    A chain that fails never stops the next one. Raises what a single one raised, ExternalServiceUnavailable where
    another try may help all of several, and WorkFailed where it may not.
    """
    now = clock()
    since, until = _since(positions, now), now + MOST_TIME
    turns = _Turns(sources.chain.names(), positions.get(TURN) or 0, lambda: clock() < until)

    def work(name: str) -> PublishedEvents:
        published = _publish_page(name, sources, sinks, positions, since=since, clock=clock, until=until)
        if published.blocks:
            turns.again(name)
        return published

    try:
        results = work_apart(work, turns)
    finally:
        positions.advance(TURN, turns.next)
    return PublishedEvents(
        blocks=sum(result.blocks for result in results), events=sum(result.events for result in results)
    )


class _Turns:
    """The chains in turn: each is read a page at a time, and the next call goes on after the last one that had a turn.

    names a b c, time for four turns:   a b c a  |  b c a b  |  c ...
    """

    def __init__(self, names: Sequence[str], begin: int, has_time: Callable[[], bool]) -> None:
        self.next = begin
        self._has_time = has_time
        first = begin % len(names) if names else 0
        self._waiting = deque([*names[first:], *names[:first]])

    def __iter__(self) -> Iterator[tuple[str, str]]:
        begun = self.next
        while self._waiting and (self.next == begun or self._has_time()):
            self.next += 1
            name = self._waiting.popleft()
            yield name, name

    def again(self, name: str) -> None:
        """Let a chain that may have more wait for another turn."""
        self._waiting.append(name)


def _publish_page(
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
    number_of_blocks = 0
    events: list[OutboundEvent] = []
    for block in blocks_after(sources.chain, name, position):
        events += sources.of_block(block)
        position = block.sequence
        number_of_blocks += 1
        if clock() >= until:  # one that takes long is not read again for the sake of those after it
            break
    for sink in sinks:
        if events:
            sink.publish(events)
    if number_of_blocks:
        positions.advance(name, position)
    return PublishedEvents(blocks=number_of_blocks, events=len(events))


def _since(positions: Positions, now: datetime) -> str:
    """Return the instant since which events are told: a day before the first call."""
    known = positions.get(BEGINNING)
    seconds = int((now - LOOK_BACK).timestamp()) if known is None else known
    if known is None:
        positions.advance(BEGINNING, seconds)
    return instant_text(datetime.fromtimestamp(seconds, now.tzinfo))
