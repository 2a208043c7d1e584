"""How fresh each source of usage is stands beside the systems that messages wait for."""

from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.support.desk import Desk
from tests.support.world import flight


def test_the_source_that_is_silent_longest_is_seen_first_with_its_age(desk: Desk) -> None:
    """The month's flights last came for the 31st of January at 17:00 UTC; a gate sends one for the 1st of February."""
    desk.world.moment = datetime(2013, 2, 2, 13, tzinfo=UTC)
    desk.world.ingest([flight(901, day="2013-02-01", source="gate/a")])
    desk.world.moment = datetime(2013, 2, 3, 12, 30, tzinfo=UTC)
    desk.begin("carla")
    desk.follow("Integrations")
    rows = desk.page.get_by_role("region", name="Sources of usage").last.get_by_role("row")
    expect(rows).to_have_count(3)
    silent, newer = (rows.nth(number).inner_text().split("\t") for number in (1, 2))
    assert silent == ["test/operations", "31 Jan 2013, 17:00 UTC", "2 days", "2 Feb 2013, 12:00 UTC"]
    assert newer == ["gate/a", "1 Feb 2013, 17:00 UTC", "43 h", "2 Feb 2013, 13:00 UTC"]
    desk.sees("A source that is not listed has no events since then.")
    assert desk.serious_troubles() == []
