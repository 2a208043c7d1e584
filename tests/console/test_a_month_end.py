"""A finance person closes January with nothing but the console."""

import json

from playwright.sync_api import Route, expect

from billproof.pipeline.month_facts import signed_off
from tests.support.desk import Desk
from tests.support.world import INC, JANUARY


def decide(desk: Desk, subject: str, verb: str, reason: str) -> None:
    """Open an exception of the work list and decide it."""
    desk.follow("Work list")
    desk.page.get_by_role("main").get_by_role("link", name=subject, exact=True).click()
    desk.page.get_by_label("Why (it is kept in the audit chain)").fill(reason)
    desk.press(verb)


def test_who_no_policy_names_is_told_so_and_sees_nothing(desk: Desk) -> None:
    desk.sign_in("mallory")
    desk.sees("You are signed in, but no policy names you")
    desk.sees("no policy in force lets this identity ask for operations:read")
    assert desk.page.get_by_role("navigation").count() == 0


def test_the_wrong_person_is_refused_in_words_and_the_right_one_decides(desk: Desk) -> None:
    desk.begin("carla")
    desk.follow("Work list", "UA")
    desk.sees("Carla Lindt may not approve this. These may: ana, ben.")
    decide(desk, "UA", "Approve", "it is what the contract says")
    desk.sees("That is not allowed.")
    assert desk.world.exception_store.state(f"{INC}.{JANUARY}.UA.001").decision is None
    desk.leave()
    desk.begin("ana")
    decide(desk, "UA", "Approve", "agreed with the customer on the telephone")
    desk.sees("agreed with the customer on the telephone")
    decision = desk.world.exception_store.state(f"{INC}.{JANUARY}.UA.001").decision
    assert decision is not None
    assert (decision.decided_by, decision.verdict) == ("ana", "approved")
    assert desk.world.register.released(f"{INC}.{JANUARY}.UA") is not None


def test_an_invoice_is_followed_to_its_steps_its_events_and_its_proof(desk: Desk) -> None:
    desk.begin("ben")
    desk.follow("Invoices", "SKY-US-2013-000007")
    desk.page.get_by_text("Why this amount").first.click()
    desk.sees("units: 68 × 1.00 USD")
    desk.press("Show the events")
    rows = desk.page.get_by_role("region", name="Usage behind it").get_by_role("row")
    rows.nth(1).wait_for()
    assert rows.count() == 51  # a head, and the first page of fifty
    desk.press("Show more")
    desk.page.get_by_text("68 shown").wait_for()
    desk.press("Prove it now")
    desk.sees("It holds.")
    with desk.page.expect_download() as started:
        desk.page.get_by_role("link", name="PDF").click()
    assert started.value.suggested_filename == "SKY-US-2013-000007.pdf"


def test_several_are_approved_together_and_what_is_over_a_limit_is_refused(desk: Desk) -> None:
    policy = desk.world.directory.policy(INC)
    small = [role.model_copy(update={"limits": {"USD": 5_000}}) if role.limits else role for role in policy.roles]
    desk.world.adopt(policy.model_copy(update={"version": policy.version + 1, "roles": tuple(small)}))
    desk.begin("ana")
    desk.follow("Work list")
    for subject in ("EV", "UA"):
        desk.page.get_by_label(f"Choose {subject}").check()
    desk.page.get_by_label("Why these 2 are right").fill("looked at with sales")
    desk.press("Approve 2 chosen")
    desk.sees("1 approved.")
    desk.sees(f"{INC}.{JANUARY}.UA.001:")
    states = {name: desk.world.exception_store.state(f"{INC}.{JANUARY}.{name}.001") for name in ("EV", "UA")}
    assert {name: state.decision is not None for name, state in states.items()} == {"EV": True, "UA": False}


def test_the_work_list_is_worked_by_the_keyboard(desk: Desk) -> None:
    desk.begin("ben")
    desk.follow("Work list")
    desk.page.get_by_label("Choose UA").wait_for()
    desk.page.locator("main").focus()
    desk.page.keyboard.press("j")
    desk.page.keyboard.press("Enter")
    desk.page.get_by_role("heading", level=1, name="UA: invoice").wait_for()


def test_nothing_is_applied_before_it_is_known_what_is_open(desk: Desk) -> None:
    """What a receipt pays is suggested by what is open: without it all of the money would be applied to nothing."""
    desk.begin("ben")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.page.route("**/statement?*", hold)
    with desk.page.expect_request("**/statement?*"):
        desk.follow("Cash", "Hawaiian")
    button = desk.page.get_by_role("button", name="Apply it")
    expect(button).to_be_disabled()
    held[0].continue_()
    expect(button).to_be_enabled()


def test_january_is_closed_with_nothing_but_the_console(desk: Desk) -> None:
    desk.begin("ben")
    for subject in ("UA", "EV"):
        decide(desk, subject, "Approve", "checked with the customer")
        desk.sees("by ben on")
    desk.follow("Cash", "Airlines Clearing House")
    desk.page.get_by_label("Reason").fill("as their remittance advice says")
    desk.press("Apply it")
    desk.page.get_by_role("heading", name="What it pays", exact=True).wait_for()
    desk.follow("Cash", "Hawaiian")
    desk.page.get_by_label("Reason").fill("as they told us")
    desk.press("Apply it")
    desk.page.get_by_role("heading", name="What it pays", exact=True).wait_for()
    desk.follow("Disputes")
    desk.page.get_by_label("Answer").select_option("rejected")
    desk.page.get_by_label("Reason").fill("the log has every flight, and the proof holds")
    desk.press("Answer the dispute")
    desk.sees("No dispute waits for an answer.")
    desk.page.get_by_role("link", name="Month", exact=True).click()
    desk.press("Sign off January 2013")
    desk.sees("was not reconciled since")
    desk.press("Compare now")
    desk.sees("Compared: the differences above are of now.")
    for box in desk.page.get_by_role("checkbox").all():
        box.check()
    desk.page.get_by_label("Reason").fill("asked for, or to be given back in March")
    desk.press("Sign off January 2013")
    desk.page.get_by_role("heading", name="Open points").wait_for()
    desk.sees("Signed off by ben on")
    signed = signed_off(desk.world.runs, INC, JANUARY)
    assert signed is not None
    assert {point.account for point in signed.open_points} >= {"9E"}
    assert desk.page.get_by_role("button", name="Sign off January 2013").count() == 0


def test_an_auditor_is_handed_every_document_proved_and_who_decided_what(desk: Desk) -> None:
    desk.begin("ana")
    decide(desk, "UA", "Approve", "agreed with the customer on the telephone")
    desk.sees("by ana on")
    desk.follow("Evidence")
    desk.sees("agreed with the customer on the telephone")
    desk.press("Prove every document")
    desk.sees("12 documents were computed again.")  # UA's among them
    desk.sees("12 proved, 0 fail")
    with desk.page.expect_download() as started:
        desk.press("Save as a file")
    evidence = json.loads(started.value.path().read_text())
    assert {proof["proof"]["holds"] for proof in evidence["proofs"]} == {True}
    assert len(evidence["proofs"]) == 12
    assert evidence["balance"]["balances"] is True
    decided = {one["opened"]["subject"]: (one["decision"] or {}).get("decided_by") for one in evidence["decisions"]}
    assert decided == {"EV": None, "UA": "ana"}
