"""What forty exceptions share, decided once in the browser: what is over a limit stays open and is named."""

from typing import TYPE_CHECKING

from billproof.approvals.model import Verdict
from billproof_ops.web_console.serving import built_files
from tests.support.console_server import PlayedStack, console_over
from tests.support.desk import Desk
from tests.support.incidents import DOUBLED, FEBRUARY, REPEATED, doubled_february
from tests.support.world import INC

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_an_incident_is_shown_above_the_work_list_and_decided_as_far_as_the_limit_goes(browser: "Browser") -> None:
    """Ana approves up to 2,000.00 a day: 11 of the 40 invoices of 178.50, and the run's exception is over that."""
    stack = PlayedStack(doubled_february())
    with console_over(stack, built_files()) as address:
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.clock.set_fixed_time(stack.world.now())
        desk = Desk(page, address, stack)
        desk.sign_in("ana")
        page.get_by_role("button", name="Sign out").wait_for()
        page.goto(f"{address}/{INC}/{FEBRUARY}/work")
        page.get_by_role("link", name="Source: test/operations").click()
        desk.sees("6 Feb 2013, 17:00 UTC")
        desk.sees("0 of 7 customers without an exception share it")
        page.get_by_label("Why (it is kept").fill("the source confirms them")
        page.get_by_role("button", name="Approve 41").click()
        desk.sees("11 of 41 approved.")
        refused = page.get_by_role("alert").locator("li")
        assert refused.count() == 30
        assert "may decide: ben" in refused.first.inner_text()
        assert desk.serious_troubles() == []
        context.close()
    states = {state.opened.subject: state for state in stack.world.exception_store.of_period(INC, FEBRUARY)}
    decided = {name: state.decision for name, state in states.items() if state.decision is not None}
    assert decided.keys() == set(DOUBLED[:11])
    assert {(one.verdict, one.decided_by, one.incident) for one in decided.values()} == {
        (Verdict.APPROVED, "ana", REPEATED)
    }
