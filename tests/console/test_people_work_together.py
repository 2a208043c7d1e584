"""What people note of an exception, and what they do with refused events, by their hands."""

import json

from billproof.usage.refusal_model import RefusedState
from tests.support.desk import Desk
from tests.support.world import INC, JANUARY, flight

CASE = f"{INC}.{JANUARY}.UA.001"


def refuse_an_event(desk: Desk) -> None:
    """Let an event of an account that nobody knows come from a source that the US company looks after."""
    ours = desk.world.directory.legal_entity(INC).model_copy(
        update={"version": 9, "usage_sources": ("test/operations",)}
    )
    desk.world.publish(ours)
    desk.world.ingest([flight(9_002, account="UAA")])


def open_refused(desk: Desk) -> None:
    desk.begin("ana")
    desk.follow("Quarantine")
    desk.page.get_by_role("main").get_by_role("link").first.click()
    desk.sees("As it came")


def test_an_exception_is_commented_on_given_to_somebody_put_aside_and_brought_back(desk: Desk) -> None:
    desk.begin("ana")
    desk.follow("Work list", "UA")
    desk.page.get_by_label("Comment").fill("they ask for the flights one by one,\nand call back on Thursday")
    desk.press("Add note")
    desk.sees("they ask for the flights one by one, and call back on Thursday")
    desk.page.get_by_label("Do", exact=True).select_option("assigned")
    desk.page.get_by_label("Looked after by").select_option(label="Ben Okafor")
    desk.press("Add note")
    desk.sees("ben looks after it")
    desk.page.get_by_label("Do", exact=True).select_option("snoozed")
    desk.page.get_by_label("Reason").fill("their controller is on leave")
    desk.page.get_by_label("Back in the work list on").fill("2013-03-09")
    desk.press("Add note")
    desk.sees("snoozed until 9 Mar 2013: their controller is on leave")
    notes = desk.world.exception_store.notes(CASE)
    assert [(note.kind.value, note.noted_by, note.assignee, str(note.until)) for note in notes] == [
        ("commented", "ana", None, "None"),
        ("assigned", "ana", "ben", "None"),
        ("snoozed", "ana", None, "2013-03-09"),
    ]
    assert desk.world.exception_store.state(CASE).decision is None
    desk.leave()
    desk.begin("ben")
    desk.follow("Work list")
    desk.page.get_by_label("Choose EV").wait_for()
    assert desk.page.get_by_label("Choose UA").count() == 0
    desk.page.get_by_label("Show", exact=True).select_option("mine")
    desk.page.get_by_label("Choose UA").wait_for()
    assert desk.page.get_by_label("Choose EV").count() == 0


def test_a_refused_event_is_sent_again_once_its_cause_is_gone_and_then_it_counts(desk: Desk) -> None:
    refuse_an_event(desk)
    open_refused(desk)
    desk.sees("unknown account")
    desk.press("Send it again")
    desk.sees("Sent again.")
    account = desk.world.directory.account("UA")
    assert account is not None
    desk.world.publish(account.model_copy(update={"id": "UAA"}))
    desk.press("Send it again")
    desk.sees("It was sent again and accepted")
    desk.follow("← Quarantine")
    desk.sees("No event is refused.")
    desk.page.get_by_label("Show", exact=True).select_option("all")
    desk.sees("accepted since")


def test_a_refused_event_that_is_never_billed_is_dismissed_with_a_reason(desk: Desk) -> None:
    refuse_an_event(desk)
    open_refused(desk)
    desk.page.get_by_label("Why it is never billed").fill("a test of the source")
    desk.press("Dismiss it")
    desk.sees("ana: a test of the source")
    desk.follow("← Quarantine")
    desk.sees("No event is refused.")
    assert RefusedState.DISMISSED.value == "dismissed"


def test_dead_letters_are_looked_at_with_their_values_masked_and_sent_back(desk: Desk) -> None:
    receipt = json.dumps({"kind": "receipt", "payer": "Mr Smith"})
    desk.world.dead_letters.dead["payment-events"] = [(receipt, "there is no such source"), (receipt, "")]
    desk.begin("ana")
    desk.follow("Dead letters", "payments")
    desk.press("Look what would be sent back")
    desk.sees("there is no such source")
    desk.sees("The log does not say why it failed.")
    desk.page.get_by_text("Content, with its values masked").first.click()
    desk.sees("•••")
    assert desk.page.get_by_text("Smith").count() == 0
    assert desk.world.dead_letters.sent == []
    desk.press("Send back 2 letters")
    desk.sees("2 sent back, 0 left.")
    assert desk.world.dead_letters.sent == [("payment-events", receipt)] * 2
    desk.press("Look what would be sent back")
    desk.sees("No letter is dead here.")
