"""Sources that stop for a day, or that stop stating what they send: what they did before tells."""

from datetime import UTC, datetime

import pytest

from billproof.findings import Severity
from tests.support.completeness import check, control_total
from tests.support.world import INC, World, flight


def test_a_single_silent_day_of_a_source_that_never_paused_is_told_and_holds_nothing() -> None:
    world = World()
    world.ingest([flight(day, day=f"2013-01-{day:02d}") for day in range(1, 32) if day != 10])
    found = check(world)
    assert [(finding.code, finding.severity) for finding in found.findings] == [("source_silent", Severity.WARNING)]
    assert found.outcome == "complete"


def stated_and_sent(world: World, stated: range, sent: range, month: str = "2013-01") -> None:
    for day in sent:
        world.ingest([flight(100 * int(month[-2:]) + day, day=f"{month}-{day:02d}")])
    times = [f"{month}-{day:02d}T17:00:00Z" for day in stated]
    for time in times:
        world.ingest([control_total(1, time=time)])


def test_a_source_that_stops_stating_what_it_sends_holds_the_run() -> None:
    world = World()
    stated_and_sent(world, range(1, 21), range(1, 32))
    (finding,) = check(world).findings
    assert (finding.code, finding.severity) == ("control_totals_missing", Severity.BLOCKING)
    assert "nothing of 2013-01-21 to 2013-01-31: on 11 of these days it sent events" in finding.message
    assert finding.amount_at_risk is None


def test_a_source_that_stated_last_month_and_nothing_of_this_one_holds_the_run() -> None:
    world = World()
    stated_and_sent(world, range(1, 32), range(1, 32))
    world.bill()
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    stated_and_sent(world, range(0), range(1, 29), "2013-02")
    found = check(world, f"{INC}-2013-02-001").findings
    assert [(finding.code, finding.path) for finding in found] == [("control_totals_missing", "test/operations")]


@pytest.mark.parametrize(
    ("stated", "sent"),
    [
        (range(1, 32), range(1, 32)),
        (range(1, 20), range(1, 20)),  # it sent nothing either
        (range(1, 32, 5), range(1, 32)),  # it states every fifth day, and goes on
        (range(1, 4), range(1, 32)),  # no history yet
    ],
    ids=["all", "none sent", "every fifth day", "three days"],
)
def test_who_states_as_ever_holds_nothing(stated: range, sent: range) -> None:
    world = World()
    stated_and_sent(world, stated, sent)
    codes = {finding.code for finding in check(world).findings}
    assert "control_totals_missing" not in codes
