import json
from decimal import Decimal
from typing import Any

import pytest

from billproof.usage.aggregation import aggregate
from billproof.usage.extras import Extras
from billproof.usage.judging import events_of
from billproof.usage.model import AccountUsage, AskedAggregate
from tests.support.usage_plans import ask, plan
from tests.support.world import World, flight


def used(world: World, *asked: AskedAggregate, **window: Any) -> AccountUsage:
    return aggregate(plan(*asked, **window), objects=world.objects)[0]


def quantities(usage: AccountUsage) -> dict[str, str]:
    return {quantity.meter: f"{quantity.quantity:f}" for quantity in usage.quantities}


def test_every_aggregation() -> None:
    world = World()
    world.ingest(
        [
            flight(1, day="2013-01-05", data={"distance": "1000.5", "tail_number": "N1"}),
            flight(2, day="2013-01-06", data={"distance": "3000", "tail_number": "N2"}),
            flight(3, day="2013-01-07", data={"distance": "0.000000000000001", "tail_number": "N1"}),
            flight(4, day="2013-01-08", data={"distance": "7", "tail_number": None}),
        ]
    )
    asked = [
        ask("count"),
        *(ask(kind, "distance") for kind in ("sum", "max", "latest")),
        ask("distinct", "tail_number"),
    ]
    found = used(world, *asked)
    assert quantities(found) == {
        "count": "4",
        "sum": "4007.500000000000001",
        "max": "3000.000000000000000",
        "latest": "7.000000000000000",
        "distinct": "2",
    }


def test_sums_are_exact_where_floats_are_not() -> None:
    world = World()
    world.ingest(flight(number, data={"distance": "0.1"}) for number in range(1_000))
    assert used(world, ask("sum", "distance")).quantities[0].quantity == Decimal(100)


def test_quantities_by_dimension() -> None:
    world = World()
    world.ingest(flight(number, data={"origin": origin}) for number, origin in enumerate(["EWR", "JFK", "EWR", None]))
    found = used(world, ask("count", group_by=("origin",)))
    assert [(q.dimension["origin"], int(q.quantity)) for q in found.quantities] == [("", 1), ("EWR", 2), ("JFK", 1)]


def test_a_duplicate_counts_once_and_a_conflict_goes_to_quarantine() -> None:
    world = World()
    world.ingest([flight(1), flight(2)])
    world.ingest([flight(1)])
    world.ingest([flight(1, data={"distance": "9999"})])
    extras = Extras()
    (found,) = aggregate(plan(ask("count"), ask("sum", "distance")), objects=world.objects, extras=extras)
    assert found.counts.model_dump() == {
        "copies": 4,
        "duplicate": 1,
        "conflicting": 1,
        "metered": 2,
        "excluded": 0,
        "orphan": 0,
        "late": 0,
        "corrected": 0,
        "retraction": 0,
        "unmatched": 0,
    }
    assert found.counts.distinct == 2
    (conflict,) = extras.conflicts
    assert (conflict.reason, conflict.account) == ("conflicting_duplicate", "UA")
    assert json.loads(conflict.raw)["id"] == "2013-01-05:UA:1"


def test_the_same_id_from_another_source_is_another_event() -> None:
    world = World()
    world.ingest([flight(1), flight(1, source="test/other")])
    assert used(world, ask("count")).counts.metered == 2


def test_events_outside_the_window_are_not_of_this_period() -> None:
    world = World()
    world.ingest(
        [
            flight(1, time="2012-12-31T23:59:59.999999-05:00"),
            flight(2, time="2013-01-01T00:00:00-05:00"),
            flight(3, time="2013-01-31T23:59:59.999999-05:00"),
            flight(4, time="2013-02-01T00:00:00-05:00"),
        ]
    )
    assert used(world, ask("count")).counts.metered == 2


def test_events_are_told_apart_by_what_the_contract_says_of_their_type() -> None:
    world = World()
    world.ingest([flight(1), flight(2, type="flight.cancelled"), flight(3, type="flight.cancelled")])
    found = used(world, ask("count"))
    assert (found.counts.metered, found.counts.excluded, found.counts.orphan) == (1, 2, 0)
    found = used(world, ask("count"), excluded_types=())
    assert (found.counts.metered, found.counts.excluded, found.counts.orphan) == (1, 0, 2)
    assert found.orphan_types == {"flight.cancelled": 2}


def test_accounts_without_events_are_there_with_zeros() -> None:
    found = used(World(), ask("count"))
    assert (found.account, found.counts.copies, found.quantities) == ("UA", 0, ())


def test_names_of_properties_never_become_sql() -> None:
    world = World()
    world.ingest([flight(1, data={"x'; drop table events; --": "5"})])
    found = used(world, ask("sum", "x'; drop table events; --"))
    assert quantities(found) == {"sum": "5.000000000000000"}


@pytest.mark.parametrize("accounts", [("UA", "B6"), ()])
def test_several_accounts_or_none(accounts: tuple[str, ...]) -> None:
    world = World()
    world.ingest([flight(1, account="UA"), flight(1, account="B6"), flight(1, account="DL")])
    found = aggregate(plan(ask("count"), accounts=accounts), objects=world.objects)
    assert [(usage.account, usage.counts.metered) for usage in found] == [(account, 1) for account in accounts]


def test_what_is_received_after_the_plan_is_not_of_the_run() -> None:
    world = World()
    world.ingest([flight(1)])
    cut = plan(ask("count")).model_copy(update={"received_before": "2013-02-02T12:00:02.000000Z"})
    before = aggregate(cut, objects=world.objects)
    world.ingest([flight(1), flight(2)])
    assert aggregate(cut, objects=world.objects) == before
    assert used(world, ask("count")).counts.metered == 2


def test_the_events_behind_a_quantity_can_be_listed() -> None:
    world = World()
    world.ingest([flight(1), flight(2), flight(3, account="B6")])
    world.ingest([flight(1), flight(2, data={"distance": "9"})])
    listed = list(events_of(plan(ask("count")), "UA", objects=world.objects))
    assert [(event.id[-1], event.verdict) for event in listed] == [
        ("1", "duplicate"),
        ("1", "kept"),
        ("2", "conflicting"),
        ("2", "kept"),
    ]


@pytest.mark.parametrize("sign", ["\u0000", "\u2028", "\ufeff", "\U0001f600", "'", '"', "\\"])
def test_ids_with_odd_signs_are_told_apart(sign: str) -> None:
    world = World()
    world.ingest(
        [flight(1, id=f"a{sign}b"), flight(2, id=f"a{sign}c"), flight(3, id=f"a{sign}b", data={"distance": "5"})]
    )
    found = used(world, ask("count"))
    assert (found.counts.metered, found.counts.conflicting) == (2, 1)


@pytest.mark.parametrize("name", ["$..[", "$", "/a~b", "a.b", "*", '"', "region-code", "x y"])
def test_a_property_may_have_any_name(name: str) -> None:
    world = World()
    world.ingest([flight(1, data={name: 'it\u0000\'s "here"'})])
    usage = used(world, ask("count", group_by=(name,)))
    assert usage.quantities[0].dimension == {name: 'it\u0000\'s "here"'}


def test_values_from_before_a_meter_that_are_no_quantities_are_one_accounts_trouble() -> None:
    world = World()
    world.ingest([flight(1), flight(1, account="B6", data={"tail_number": "12"})])
    (mine, other) = aggregate(plan(ask("sum", "tail_number"), accounts=("UA", "B6")), objects=world.objects)
    assert (mine.unread_values, [f"{each.quantity:f}" for each in other.quantities]) == (
        {"sum": 1},
        ["12.000000000000000"],
    )
