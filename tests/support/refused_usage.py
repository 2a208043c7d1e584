"""A month of two accounts, of each of which an event was refused."""

from typing import Any

from billproof.pipeline.model import RunStatement
from tests.support.late_usage import JAN, RUN_DAYS
from tests.support.world import INC, World, flight

RUN = f"{INC}-{JAN}-001"
TOTAL: dict[str, Any] = {"id": "c", "type": "billproof.control-total", "subject": "flights_handled"}
TOTAL |= {"time": "2013-01-05T17:00:00Z", "data": {"count": "7"}}


def world_with_refusals() -> World:
    """Two objects in quarantine, of two days and two accounts."""
    world = World(accounts={"UA", "B6"})
    world.ingest([flight(1), flight(2, data={"distance": "-1"})])
    world.ingest([flight(1, account="B6"), flight(3, day="2013-01-06", account="B6", data={"distance": "-1"})])
    return world


def bill(world: World, month: str = JAN) -> RunStatement:
    world.moment = RUN_DAYS[month]
    statement = world.bill(INC, month)
    world.post_all(INC, month)
    return statement


def unreadable(statement: RunStatement) -> list[str]:
    return [finding.path for finding in statement.findings if finding.code == "object_unreadable"]
