"""A month that is billed, released and posted, for tests of what comes after; and the lines of an invoice."""

from billproof.invoicing.model import Invoice
from tests.support.playing import played_once
from tests.support.world import EUROPE, INC, JANUARY, World, flight

UA, US = f"{INC}.{JANUARY}.UA", f"{EUROPE}.{JANUARY}.US"


@played_once
def billed_january() -> World:
    """Bill January of both legal entities, with three flights of UA, and post it."""
    world = World(buckets=2)
    world.ingest([flight(number) for number in range(3)])
    for entity in (INC, EUROPE):
        world.bill(entity)
        world.approve_all(entity)
        world.post_all(entity)
    return world


@played_once
def one_flight() -> World:
    """Bill January of the American legal entity, with one flight of UA; nothing is posted."""
    world = World()
    world.ingest([flight(1)])
    world.bill()
    return world


def flights(invoice: Invoice) -> dict[str, str]:
    """Return the net amounts of an invoice's lines of flights."""
    return {line.priced.id: line.amounts.net.text for line in invoice.lines if "flights" in line.priced.id}
