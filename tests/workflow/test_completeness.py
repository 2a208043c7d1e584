"""Control totals and silent sources: what did not arrive is found before anything is priced."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billproof.completeness.rules import silences
from billproof.money import Money
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import CONTROL_TOTALS
from billproof.usage import log
from billproof.usage.reference_data import METERS_FRESH_FOR
from billproof.usage.tallies import DayTally
from tests.support.completeness import RUN, check, control_total, read_completeness
from tests.support.plans_of_before import as_of_before
from tests.support.world import EUROPE, INC, World, flight


def test_what_is_stated_and_counted_is_complete() -> None:
    world = World(buckets=8)
    world.ingest([flight(n) for n in range(10)])
    world.ingest([flight(n, account="DL") for n in range(5)])  # another legal entity's, of the same source
    world.ingest([flight(1), control_total(15), control_total(15, meter="miles_tracked", total="15000")])
    found = check(world)
    assert (found.outcome, found.findings) == ("complete", ())
    assert [(each.meter, each.stated_events, each.counted_events) for each in found.stated] == [
        ("flights_handled", 15, 15),
        ("miles_tracked", 15, 15),
    ]
    assert world.exception_store.of_period(INC, "2013-01") == []


def test_what_is_stated_is_cut_by_the_list_of_the_plan_and_in_plans_of_before_by_receipt() -> None:
    world = World()
    planned = world.moment
    world.moment = planned - timedelta(hours=2)
    world.ingest([flight(1), control_total(1)])
    world.moment = planned
    world.start()
    plan = world.plan(RUN)
    for bucket in plan.buckets:
        aggregate_usage(run_id=RUN, bucket=bucket, objects=world.objects)
    world.moment = planned - timedelta(hours=1)  # it waited in the queue while the run was planned
    world.ingest([control_total(900)])
    world.moment = planned
    world.check(RUN)
    assert [each.stated_events for each in read_completeness(world.objects, RUN).stated] == [1]
    del world.objects.items[CONTROL_TOTALS.key(RUN)]
    as_of_before(world.objects, RUN)
    world.check(RUN)
    assert [each.stated_events for each in read_completeness(world.objects, RUN).stated] == [900]


def test_a_gap_holds_the_run_and_is_worth_what_the_contracts_say() -> None:
    world = World()
    world.ingest([flight(n) for n in range(1_001)])
    world.ingest([control_total(1_101)])
    found = check(world)
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("control_total_gap", "blocking")
    assert "100 are missing" in finding.message
    assert "2013-01-05T17:00Z" in finding.message
    assert finding.amount_at_risk == found.amount_at_risk == Money.of("95.00", "USD")  # in the second tier: 100 x 0.95
    (state,) = world.exception_store.of_period(INC, "2013-01")
    assert (state.opened.id, state.opened.kind) == (f"{INC}.2013-01._run.001-01", "run")


def test_a_sum_that_differs_and_events_too_many_are_gaps_too() -> None:
    world = World()
    world.ingest([flight(n) for n in range(10)])
    world.ingest([control_total(10, meter="miles_tracked", total="20000"), control_total(8)])
    found = check(world)
    messages = [finding.message for finding in found.findings]
    assert "2 are too many" in messages[0]
    assert "sum 20000 stated, 10000 counted" in messages[1]
    assert found.findings[0].amount_at_risk is None
    assert found.findings[1].amount_at_risk == Money.of("4.12", "USD")
    assert found.amount_at_risk is None  # one part of it is an unknown amount


def test_a_gap_under_the_threshold_is_no_finding() -> None:
    world = World()
    world.ingest([flight(n) for n in range(1_000)])
    world.ingest([control_total(1_001)])
    assert check(world).outcome == "complete"


def test_the_last_control_total_of_an_hour_stands_and_other_months_do_not_count() -> None:
    world = World()
    world.ingest([flight(1)])
    world.ingest(
        [control_total(7), control_total(9, time="2013-02-01T05:00:00Z"), control_total(4, time="2013-01-01T04:00:00Z")]
    )
    world.ingest([control_total(1)])
    found = check(world)
    assert (found.outcome, found.stated[0].hours) == ("complete", 1)  # New York's January is 05:00 to 05:00 UTC


def test_a_meter_that_nobody_published_or_that_counted_nothing_is_a_gap_of_unknown_worth() -> None:
    world = World()
    world.ingest([control_total(5, meter="steps"), control_total(3)])
    found = check(world)
    assert {finding.path for finding in found.findings} == {"test/operations/steps", "test/operations/flights_handled"}
    assert found.amount_at_risk is None


def test_a_control_total_of_a_meter_that_is_not_there_is_a_warning_and_holds_nobody() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1), control_total(5, meter="steps")])
    found = check(world)
    (finding,) = found.findings
    assert (finding.severity, finding.path) == ("warning", "test/operations/steps")
    assert finding.message.startswith("there is no such meter: test/operations stated 5 events of steps")
    assert found.outcome == "complete"
    assert world.exception_store.of_period(INC, "2013-01") == []


def test_a_gap_names_what_of_it_lies_in_quarantine_until_it_is_sent_again() -> None:
    """Of 3 that are stated 1 is counted; 2 were refused, and one of another source and one of another type are not."""
    world = World(accounts={"UA"})
    refused: Any = {"data": {"distance": "-1"}}
    events = [flight(1), flight(2, **refused), flight(3, **refused), flight(4, source="test/other", **refused)]
    world.ingest([*events, flight(5, type="flight.cancelled", **refused), control_total(3)])
    (finding,) = check(world).findings
    assert "2 are missing" in finding.message
    assert finding.message.endswith("; 2 events of the source lie in quarantine")
    other = World(accounts={"UA"})
    other.ingest([*events, control_total(3)])
    other.ingest([flight(2)])  # corrected and sent again
    (left,) = check(other).findings
    assert left.message.endswith("; 1 events of the source lie in quarantine")


def tally(*days: str, source: str = "s") -> list[DayTally]:
    return [DayTally(source=source, event_type="t", day=day, events=1) for day in days]


def january(*numbers: int) -> list[str]:
    return [f"2013-01-{number:02d}" for number in numbers]


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        (range(1, 32), None),
        (range(1, 20), ("2013-01-20", "2013-02-01", 12)),
        ([*range(1, 10), *range(15, 32)], ("2013-01-10", "2013-01-15", 5)),
        ([*range(1, 10), *range(11, 32)], ("2013-01-10", "2013-01-11", 1)),  # it never paused on 30 days
        ([*range(5, 10), *range(11, 32)], None),  # of 26 days one is no silence
        ([1, 2, 3, 8, 9, 10, 15, 16, 17, 22, 23, 24, 29, 30, 31], None),  # it always pauses four days
        ([1, 2, 3], None),  # no history yet
    ],
)
def test_a_source_that_falls_silent_is_found_by_its_own_history(active: Any, expected: Any) -> None:
    start, end = datetime(2013, 1, 1, tzinfo=UTC).date(), datetime(2013, 2, 1, tzinfo=UTC).date()
    found = silences(tally(*january(*active)), start=start, end=end)
    if expected is None:
        assert found == []
    else:
        (silence,) = found
        assert (str(silence.start), str(silence.end), silence.days) == expected


def test_a_silent_source_holds_the_run_with_what_it_would_have_sent() -> None:
    world = World()
    world.ingest([flight(day, day=f"2013-01-{day:02d}") for day in range(1, 21)])
    found = check(world)
    (finding,) = found.findings
    assert finding.code == "source_silent"
    assert "sent nothing from 2013-01-21 to 2013-01-31, 11 days" in finding.message
    # 20 flights and miles more by 11/20: 11 x 1.20, and 11,000 miles at 0.0004125
    assert finding.amount_at_risk == Money.of("17.74", "USD")


def test_a_run_of_some_accounts_says_nothing_of_what_a_source_sent() -> None:
    world = World()
    world.ingest([flight(day, day=f"2013-01-{day:02d}") for day in range(1, 9)])
    world.start()
    plan = world.plan(RUN, only_accounts=("UA",))
    assert (plan.accounts, plan.is_partial) == (1, True)
    for bucket in plan.buckets:
        aggregate_usage(run_id=RUN, bucket=bucket, objects=world.objects)
    assert world.check(RUN).outcome == "complete"
    for batch in plan.batches:
        world.invoice_batch(RUN, batch)
    world.close(RUN)
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    assert check(world, f"{INC}-2013-02-001").findings == ()  # its days are no history of the source


def test_a_source_of_last_month_that_sends_nothing_at_all_is_found() -> None:
    world = World()
    world.ingest([flight(day, day=f"2013-01-{day:02d}") for day in range(1, 32)])
    world.bill()
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    found = check(world, f"{INC}-2013-02-001")
    assert [finding.code for finding in found.findings] == ["source_silent"]
    assert "28 days" in found.findings[0].message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"time": "2013-01-05T17:30:00Z"}, "time_unreadable"),
        ({"data": {}}, "quantity_missing"),
        ({"data": {"count": "1.5"}}, "quantity_malformed"),
        ({"data": {"count": "1", "sum": "-4"}}, "quantity_negative"),
    ],
)
def test_a_control_total_that_says_nothing_exact_is_quarantined(changes: dict[str, Any], reason: str) -> None:
    from billproof.usage.log import read_quarantine

    world = World()
    counts = world.ingest([control_total(1, **changes)])
    assert (counts.control_totals, counts.quarantined) == (0, 1)
    assert [each.reason for each in read_quarantine(world.objects, "2013-01-05")] == [reason]


def test_totals_that_no_decimal_holds_stop_nobody() -> None:
    """Whatever a source states is compared, and broken events are one account's finding."""
    stated = World()
    stated.ingest(
        [
            flight(1),
            *(
                control_total(1, meter="miles_tracked", total="9" * 23, time=f"2013-01-05T{hour}:00:00Z")
                for hour in (17, 18)
            ),
        ]
    )
    found = check(stated)
    assert (found.outcome, found.amount_at_risk) == ("incomplete", None)
    assert "199999999999999999999998 stated" in found.findings[0].message
    counted = World()
    counted.ingest([*(flight(n, data={"distance": "9" * 23}) for n in range(20)), control_total(20)])
    assert check(counted).outcome == "complete"
    counted.ingest([control_total(20, meter="miles_tracked", total="1")])
    again = World()
    again.ingest(
        [
            *(flight(n, data={"distance": "9" * 23}) for n in range(20)),
            control_total(20, meter="miles_tracked", total="1"),
        ]
    )
    assert check(again).outcome == "incomplete"


def test_a_source_that_the_legal_entity_does_not_declare_holds_nobody() -> None:
    """Anybody who may send events could otherwise hold everybody's invoices with one number."""
    world = World()
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": 9, "usage_sources": ("test/operations",)}))
    world.ingest([flight(1), control_total(1), control_total(900_000, source="a/stranger")])
    found = check(world)
    (finding,) = found.findings
    assert (found.outcome, finding.severity, finding.path) == ("complete", "warning", "a/stranger/flights_handled")
    world.ingest([control_total(3, id="more")])
    assert check(world, f"{INC}-2013-01-002").outcome == "incomplete"


def test_a_control_total_of_a_source_that_no_legal_entity_names_is_refused_by_the_queue_too() -> None:
    world = World()
    world.ingest([control_total(1, id="taken", source="a/stranger")])  # one that names none takes those of all
    for entity in (INC, EUROPE):
        known = world.directory.legal_entity(entity)
        world.publish(known.model_copy(update={"version": 9, "usage_sources": ("test/operations",)}))
    world.moment += METERS_FRESH_FOR * 2
    world.ingest([control_total(1, id="refused", source="a/stranger"), control_total(1, id="named")])
    (refused,) = log.read_quarantine(world.objects, "2013-01-05")
    assert (refused.reason, "a/stranger" in refused.detail) == ("source_not_allowed", True)
    known = world.directory.legal_entity(INC)
    world.publish(known.model_copy(update={"version": 10, "usage_sources": ("test/operations", "a/stranger")}))
    world.ingest([control_total(1, id="refused", source="a/stranger")])  # at once: it is looked up afresh
    stated = [
        row.id
        for key in world.objects.keys("control-totals/")
        for row in log.intact_control_totals(world.objects, key) or ()
    ]
    assert sorted(stated) == ["named", "refused", "taken"]
