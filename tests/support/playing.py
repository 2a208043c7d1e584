"""Worlds that take long to play are played once, and every test has a copy of its own."""

from collections.abc import Callable
from functools import cache, wraps

from tests.support.world import World


def played_once(play: Callable[[], World]) -> Callable[[], World]:
    """Play what leads to a world once in a process, and give each caller a copy of it."""
    played = cache(play)

    @wraps(play)
    def copied() -> World:
        world = played()
        copy = World(buckets=world.counts[-1], batch_size=world.batch_size, master_data=False)
        copy.take_after(world)
        copy.counts = world.counts
        return copy

    return copied
