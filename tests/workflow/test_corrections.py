"""Corrections and retractions: the last one received stands, whatever the order of arrival."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from billproof.usage.refusing import Refused
from billproof.usage.validation import check_event, type_rules
from tests.support.late_usage import FEB, JAN, MAR, bill, differences, tiered_world
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


@pytest.mark.parametrize("length", [2, 3])
def test_corrections_that_name_each_other_in_a_circle_are_a_finding_and_bill_nothing(length: int) -> None:
    world = tiered_world()
    names = [f"2013-01-05:UA:{number}" for number in range(10, 10 + length)]
    world.ingest([flight(10 + number, corrects=names[number - 1]) for number in range(length)])
    world.ingest([flight(1), flight(20, corrects=names[0])])  # one that hangs on the circle
    statement = world.bill()
    counts = statement.events
    assert (counts.unmatched, counts.corrected, counts.metered, statement.held) == (length + 1, 0, 1, 1)
    assert [finding.code for finding in statement.findings] == ["correction_without_event"]


@pytest.mark.parametrize("rebill", [False, True])
def test_a_retraction_after_a_full_credit_note_gives_nothing_back_twice(*, rebill: bool) -> None:
    world = tiered_world()
    world.hold_for_no_amount()
    world.ingest([flight(1), flight(2)])
    january = bill(world, JAN)
    world.post_all(period=JAN)
    note = world.credit_and_approve(january.id, rebill=rebill)
    assert note.totals.net == -january.totals.net
    world.ingest([flight(number, retracts=f"2013-01-05:UA:{number - 10}", data={}) for number in (11, 12)])
    february = bill(world, FEB)
    of_january = [line.priced.net.amount for line in february.lines if line.priced.service_period.name == JAN]
    # 5.00 are committed. 3.00 of that were conceded as a shortfall, or all of it is billed again.
    assert sum(of_january, Decimal(0)) == (5 if rebill else 2)
    assert differences(bill(world, MAR)) == {}


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
