"""Metrics of days are shown by month, beside the targets of the policy."""

from decimal import Decimal

from playwright.sync_api import expect

from tests.support.desk import Desk
from tests.support.events import MemoryPositions
from tests.support.metrics import published
from tests.support.world import INC


def test_a_month_is_measured_beside_its_target_and_parts_are_shown_when_wanted(desk: Desk) -> None:
    policy = desk.world.directory.policy(INC)
    promises = policy.promises.model_copy(
        update={"targets": {"touchless_percent": Decimal(99), "held_percent": Decimal(10)}}
    )
    desk.world.adopt(policy.model_copy(update={"version": policy.version + 1, "promises": promises}))
    desk.world.positions = MemoryPositions()  # type: ignore[attr-defined]
    assert published(desk.world).is_complete
    desk.begin("carla")
    desk.follow("Metrics")
    table = desk.page.get_by_role("region", name="Metrics").last
    table.get_by_role("row", name="Touchless").wait_for()
    shown = {row.split("\t")[0]: row.split("\t")[1:] for row in table.inner_text().splitlines()}
    assert shown["Touchless"] == ["100 %", "99 %", "met"]  # 11 released, and no run had held any of them
    assert shown["Held by a run"] == ["15.4 %", "10 %", "missed"]  # 2 of 13
    assert shown["At risk in open exceptions"] == ["6,885.00 USD", "–", ""]
    assert shown["Days sales outstanding"] == ["27 days", "–", ""]  # of 27 days that are kept nothing was paid
    assert "Invoices: US" not in shown
    desk.page.get_by_label("Show parts, too").check()
    expect(table.get_by_role("row", name="Invoices: US")).to_contain_text("11")
    desk.page.get_by_label("First day").fill("2013-03-02")
    desk.sees("Name a first day, and a last day that is not before it.")
    assert desk.serious_troubles() == []
