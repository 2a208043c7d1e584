"""A real month's size: so many accounts, a few events each, billed, posted and proved over stores in memory."""

from tests.bench import indexed, load
from tests.support.world import World

USUAL = (4_372, 19_928)
"""Accounts and events of a month that a user billed."""


def month(accounts: int, events: int, *, buckets: int = 16, batch_size: int = 100) -> World:
    """Return a legal entity's accounts with their events sent, and nothing billed yet; the same for the same size."""
    world = World(buckets=buckets, batch_size=batch_size, accounts=())
    indexed.index(world)
    load.fill(world, accounts)
    load.ingest(world, load.calls(events, accounts=accounts, days=30, first=2))
    return world
