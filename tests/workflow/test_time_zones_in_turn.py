"""Where a contract in another time zone follows, each event near the edge of the month is in exactly one of both."""

import pytest

from billproof.contracts.model import Contract
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from tests.support.late_usage import FEB, MAR, RUN_DAYS
from tests.support.world import JANUARY, World, flight

EASTERN, WESTERN = "Pacific/Kiritimati", "Etc/GMT+12"
EDGE = ("2013-01-31T09:59:59Z", "2013-01-31T10:00:00Z", "2013-01-31T23:00:00Z", "2013-02-01T11:59:59Z")
"""Before and after the month ends in the east, and before it ends in the west, 26 hours later."""


def world_of(before: str, after: str, since: str = "2013-02-01") -> World:
    """UA has a contract in one time zone until February begins, and then one in another."""
    world = World(accounts={"UA"})
    world.hold_for_no_amount()
    (contract,) = world.directory.contracts("UA")
    terms = contract.model_dump(mode="json")
    ended = {"version": 2, "time_zone": before, "effective": {"start": "2012-12-01", "end": "2013-02-01"}}
    follows = {"id": "UA-NEW", "version": 1, "time_zone": after, "effective": {"start": since}}
    world.publish(Contract.model_validate(terms | ended), Contract.model_validate(terms | follows))
    world.moment = RUN_DAYS[JANUARY]
    world.ingest(flight(number, time=time) for number, time in enumerate(EDGE))
    return world


def counted(world: World, *months: str, approving: bool = True) -> list[int]:
    """Bill some months, prove each, and return how many events each counts."""
    counts = []
    for month in months:
        world.moment = RUN_DAYS[month]
        statement = world.bill(period=month)
        if approving:
            world.approve_all(period=month)
        world.post_all(period=month)
        proof = prove_run(statement.run, stores=world.stores())
        assert {difference.kind for difference in proof.differences} <= {DifferenceKind.NOTHING}
        counts.append(statement.events.copies)
    return counts


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [(EASTERN, WESTERN, [1, 3]), (WESTERN, EASTERN, [4, 0]), (EASTERN, EASTERN, [1, 3]), (WESTERN, WESTERN, [4, 0])],
)
def test_an_event_near_the_edge_is_counted_once(before: str, after: str, counts: list[int]) -> None:
    assert counted(world_of(before, after), JANUARY, FEB) == counts


@pytest.mark.parametrize(("before", "after"), [(EASTERN, WESTERN), (WESTERN, EASTERN)])
def test_a_month_between_two_contracts_ends_as_it_began(before: str, after: str) -> None:
    world = world_of(before, after, "2013-03-01")
    world.moment = RUN_DAYS[FEB]
    world.ingest(
        flight(10 + number, time=time.replace("-01-31", "-02-28").replace("02-01T", "03-01T"))
        for number, time in enumerate(EDGE)
    )
    assert sum(counted(world, JANUARY, FEB, MAR, approving=False)) == 2 * len(EDGE)
