"""Whatever happens within a compaction or an aggregation: a month is billed as from its segments, and proved."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from billproof.invoicing.model import Invoice
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.closing import read_statement
from billproof.proof.service import prove_run
from billproof.usage.compaction import compact_day
from tests.support.late_usage import JAN, RUN_DAYS, bill, tiered_world
from tests.support.levels import LEVEL
from tests.support.world import INC, World, flight

DAY = "2013-01-05"
ARRIVAL = [flight(5), flight(2, data={"distance": "7"}), flight(6, retracts=f"{DAY}:UA:1", data={})]
RUN = f"{INC}-{JAN}-001"
CALLS_OF_A_COMPACTION = 9
CALLS_OF_AN_AGGREGATION = 9
DISTINCT_BEFORE = 4
"""Events that lay there when the run was planned."""
STRIDE = 4 if LEVEL == 1 else 1
"""`make chaos` takes every call; CI every fourth."""


def world_of_a_day() -> World:
    world = tiered_world()
    world.ingest([flight(1), flight(2), flight(1)])
    world.ingest([flight(3, corrects=f"{DAY}:UA:2"), flight(4, day="2013-01-06")])
    return world


def compact(world: World) -> None:
    compact_day(0, DAY, objects=world.objects, meters=world.directory.meters())


def at_call(world: World, number: int, act: Callable[[], object]) -> list[int]:
    """Let something happen right after one of the calls of objects, counted from 1; return all but those meanwhile."""
    calls: list[int] = []
    acting: list[bool] = []

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def around(*args: Any, **kwargs: Any) -> Any:
            result = call(*args, **kwargs)
            if acting:
                return result
            result = iter(list(result)) if isinstance(result, Iterator) else result
            calls.append(len(calls) + 1)
            if len(calls) == number:
                acting.append(True)
                act()
                acting.pop()
            return result

        return around

    for name in ("get", "put", "put_all", "keys"):
        setattr(world.objects, name, watched(getattr(world.objects, name)))
    return calls


def invoice_of(world: World) -> Invoice:
    """Bill January, prove it, and return its invoice."""
    invoice = bill(world, JAN)
    world.post_all()
    assert prove_run(RUN, stores=world.stores()).differences == ()
    return invoice


@pytest.fixture(scope="module")
def from_segments() -> Invoice:
    """What January comes to with the arrival, and without any compaction."""
    world = world_of_a_day()
    world.ingest(ARRIVAL)
    return invoice_of(world)


@pytest.mark.parametrize("call", range(1, CALLS_OF_A_COMPACTION + 1, STRIDE))
def test_an_arrival_and_another_compaction_within_a_compaction_change_no_amount(
    call: int, from_segments: Invoice
) -> None:
    world = world_of_a_day()

    def meanwhile() -> None:
        world.ingest(ARRIVAL)
        compact(world)

    calls = at_call(world, call, meanwhile)
    compact(world)
    assert len(calls) >= call
    assert invoice_of(world).totals == from_segments.totals


@pytest.mark.parametrize("call", range(1, CALLS_OF_AN_AGGREGATION + 1, STRIDE))
def test_an_arrival_and_its_compaction_within_an_aggregation_are_late(call: int) -> None:
    world = world_of_a_day()
    world.moment = RUN_DAYS[JAN]
    run = world.start()
    plan = world.plan(run)

    def meanwhile() -> None:
        world.ingest(ARRIVAL)
        compact(world)

    calls = at_call(world, call, meanwhile)
    aggregate_usage(run_id=run, bucket=0, objects=world.objects)
    assert len(calls) >= call
    world.check(run)
    for batch in plan.batches:
        world.invoice_batch(run, batch)
    world.close(run)
    world.post_all()
    assert prove_run(run, stores=world.stores()).differences == ()
    assert read_statement(world.objects, run).events.distinct == DISTINCT_BEFORE
