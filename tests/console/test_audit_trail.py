"""An auditor verifies some days of the audit trail in the browser, in parts, and sees what differs in plain words."""

import pytest
from playwright.sync_api import expect

from billproof.audit import stepwise
from billproof.audit.heads import anchor_days
from billproof.identities import InvoiceId
from billproof.invoicing.facts import RELEASED, fact_key
from tests.support.desk import Desk
from tests.support.world import INC


def figure(desk: Desk, name: str) -> str:
    """Return the number of a figure by its name."""
    shown = desk.page.locator("dl.figures div", has=desk.page.get_by_text(name, exact=True)).locator("dd").first
    number: str = shown.inner_text().splitlines()[0]
    return number


def test_the_days_of_a_month_hold_and_what_somebody_changed_is_named_in_both_languages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepwise, "MOST_BLOCKS", 20)
    monkeypatch.setattr(stepwise, "MOST_ENTRIES", 50)  # so that it takes several calls
    world = desk.world
    anchor_days(world.chain, world.anchors, today=world.now().date())
    world.settle()
    calls: list[str] = []
    desk.page.on("request", lambda request: calls.append(request.url) if "/v1/audit/" in request.url else None)
    desk.begin("ana")
    desk.open("/evidence")
    expect(desk.page.get_by_label("First day")).to_have_value("2013-01-01")
    expect(desk.page.get_by_label("Last day")).to_have_value("2013-02-28")
    desk.press("Verify these days")
    desk.sees("The records follow each other, the anchors agree, and what is stored is what was recorded.")
    desk.sees("100 % done")
    assert len(calls) > 3
    assert len({url for url in calls if "cursor=" in url}) == len(calls) - 1
    assert int(figure(desk, "Records").replace(",", "")) > 20
    assert figure(desk, "Findings") == "0"
    assert desk.serious_troubles() == []

    number = world.register.series(INC, 2013)[0]
    key = fact_key(InvoiceId.parse(number), RELEASED)
    world.records["invoices"].items[key] = {**world.records["invoices"].items[key], "number": "SKY-US-2013-999999"}
    desk.press("Verify these days")
    desk.sees("Findings: 1. Each names what differs.")
    row = desk.page.get_by_role("row", name="What is stored is not what was recorded")
    expect(row).to_contain_text(f"{key.partition} {key.sort}")
    desk.page.get_by_label("Language").select_option("de")
    desk.sees("Gespeichert ist etwas anderes als eingetragen wurde")
    desk.sees("Befunde: 1. Jeder nennt, was abweicht.")
    desk.page.get_by_label("Letzter Tag").fill("2013-06-30")
    desk.sees("höchstens 62 Tage")
    expect(desk.page.get_by_role("button", name="Diese Tage prüfen")).to_be_disabled()


def test_a_call_that_fails_loses_nothing_and_the_next_press_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepwise, "MOST_ENTRIES", 50)
    desk.begin("ana")
    desk.open("/evidence")
    is_down = {"is": True}

    def fail(route: object, request: object) -> None:
        if "cursor=" in request.url and is_down["is"]:  # type: ignore[attr-defined]
            route.fulfill(status=500, json={"code": "internal_error", "detail": "down"})  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    desk.page.route("**/v1/audit/**", fail)
    desk.press("Verify these days")
    desk.page.get_by_role("button", name="Go on").wait_for()
    records = figure(desk, "Records")
    is_down["is"] = False
    desk.press("Go on")
    desk.sees("100 % done")
    assert figure(desk, "Records") == records  # the first call had looked at all of them
