"""Corrections and retractions: the last one received stands, whatever the order of arrival."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from billproof.usage.validation import Refused, check_event, type_rules
from tests.support.late_usage import FEB, JAN, bill, differences, tiered_world
from tests.support.world import World, flight


def test_a_correction_replaces_its_event_and_a_retraction_takes_it_back() -> None:
    world = tiered_world()
    world.ingest([flight(1), flight(2), flight(3)])
    world.ingest(
        [flight(10, corrects="2013-01-05:UA:1", data={"distance": "500"}), flight(11, retracts="2013-01-05:UA:2")]
    )
    january = bill(world, JAN)
    miles = next(line.priced for line in january.lines if line.priced.id == "miles:2013-01:EWR")
    assert miles.quantity == 1500
    world.ingest([flight(12, corrects="2013-01-05:UA:10", data={"distance": "600", "origin": "JFK"})])
    february = bill(world, FEB)
    found = differences(february)
    assert (found["difference:miles:2013-01:EWR"], found["difference:miles:2013-01:JFK"]) == ("-0.50", "0.60")
    counts = world.bill(period=JAN).events
    assert (counts.metered, counts.corrected, counts.retraction, counts.late, counts.distinct) == (2, 2, 1, 1, 6)


def test_usage_that_is_all_taken_back_is_credited_whole() -> None:
    world = tiered_world()
    world.ingest([flight(1)])
    bill(world, JAN)
    world.ingest([flight(2, retracts="2013-01-05:UA:1", data={})])
    found = differences(bill(world, FEB))
    assert found == {
        "difference:flights:2013-01": "-1.00",
        "difference:miles:2013-01:EWR": "-1.00",
        "difference:off:miles:2013-01:EWR": "0.10",
        "difference:least:2013-01": "1.00",
    }


def test_of_two_corrections_the_last_received_stands_and_order_of_arrival_does_not_matter() -> None:
    world = tiered_world()
    world.ingest([flight(10, corrects="2013-01-05:UA:1", data={"distance": "1"})])  # before its event
    world.ingest([flight(1)])
    world.ingest([flight(11, corrects="2013-01-05:UA:1", data={"distance": "2"})])
    january = bill(world, JAN)
    assert next(line.priced.quantity for line in january.lines if line.priced.charge == "miles") == 2
    assert world.bill().events.corrected == 2


def test_a_correction_of_an_event_that_is_not_there_bills_nothing_and_holds_the_invoice() -> None:
    world = tiered_world()
    world.ingest([flight(1), flight(2, corrects="nobody")])
    statement = world.bill()
    assert (statement.events.unmatched, statement.events.metered, statement.held) == (1, 1, 1)
    assert [finding.code for finding in statement.findings] == ["correction_without_event"]


@pytest.mark.parametrize(
    "changes",
    [{"corrects": "a", "retracts": "b"}, {"corrects": ""}, {"retracts": "2013-01-05:UA:1"}],
)
def test_a_correction_that_names_nothing_sensible_is_refused(changes: dict[str, Any]) -> None:
    world = World()
    raw = msgspec.json.encode(flight(1, **changes))
    with pytest.raises(Refused) as refused:
        check_event(
            raw,
            rules=type_rules(world.directory.meters()),
            received_at=world.now(),
            oldest=world.now() - timedelta(days=400),
        )
    assert refused.value.reason == "correction_malformed"
