"""Comments, assignment and snoozing of exceptions: who may, what it changes (nothing that is decided), and once."""

import json
from datetime import timedelta
from typing import Any

import pytest

from billproof.approvals.notes import ExceptionNote
from billproof.approvals.noting import LONGEST_SNOOZE, MOST_NOTES
from billproof.events.happenings import happenings_of_fact
from billproof.ports import Key, Record
from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.playing import played_once
from tests.support.verifying import verified
from tests.support.world import INC, JANUARY, World, flight

CASE, OTHER = f"{INC}.{JANUARY}.UA.001", f"{INC}.{JANUARY}.EV.001"
PLACE = f"exceptions#{INC}#{JANUARY}"
TOMORROW, LATER = "2013-02-03", "2013-02-10"


@pytest.fixture
@played_once
def world() -> World:
    """UA's and EV's invoices are held: nobody says what a cancelled flight costs. It is the second of February."""
    world = World(accounts={"UA", "EV"})
    for account in ("UA", "EV"):
        world.publish(world.directory.contracts(account)[0].model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, type="flight.cancelled"), flight(1, account="EV", type="flight.cancelled")])
    world.bill()
    world.call_limits.burst = 1_000_000
    return world


def note(world: World, by: str, exception: str = CASE, **said: Any) -> tuple[int, Any]:
    event = route_event("POST /v1/exceptions/{exception}/notes", by, body=json.dumps(said), exception=exception)
    response = handler("decide_exception")(event, Context(), world)
    return response["statusCode"], json.loads(response["body"])


def comment(text: str) -> dict[str, str]:
    return {"kind": "commented", "text": text}


def snooze(until: str, text: str = "their controller is back then") -> dict[str, str]:
    return {"kind": "snoozed", "until": until, "text": text}


def read(world: World, route: str, query: dict[str, str] | None = None, **in_path: str) -> Any:
    response = handler("api_operations")(route_event(f"GET {route}", "ana", query=query, **in_path), Context(), world)
    assert response["statusCode"] == 200, response["body"]
    return json.loads(response["body"])


def listed(world: World, **query: str) -> list[str]:
    whole = {"legal_entity": INC, "period": JANUARY, **query}
    return [item["opened"]["subject"] for item in read(world, "/v1/exceptions", whole)["items"]]


def test_what_people_note_is_told_in_its_order_with_who_and_when(world: World) -> None:
    assert note(world, "ana", **comment("they ask for the flights one by one"))[0] == 200
    assert note(world, "ben", kind="assigned", assignee="ana")[0] == 200
    assert note(world, "ana", **snooze(LATER))[0] == 200
    shown = read(world, "/v1/exceptions/{exception}", exception=CASE)
    noted = [(one["ordinal"], one["kind"], one["noted_by"], one["assignee"], one["until"]) for one in shown["notes"]]
    assert noted == [
        (1, "commented", "ana", None, None),
        (2, "assigned", "ben", "ana", None),
        (3, "snoozed", "ana", None, LATER),
    ]
    assert shown["notes"][0]["text"] == "they ask for the flights one by one"
    assert shown["notes"][0]["identity"]["subject"].endswith("user/ana")
    state = shown["state"]
    assert (state["assignee"], state["snoozed_until"], state["notes"]) == ("ana", LATER, 3)


def test_the_work_list_leaves_out_what_is_snoozed_until_its_day_and_keeps_what_one_person_looks_after(
    world: World,
) -> None:
    assert listed(world, without_snoozed="true") == ["EV", "UA"]
    note(world, "ana", **snooze(TOMORROW))
    note(world, "ana", OTHER, kind="assigned", assignee="ben")
    assert (listed(world), listed(world, without_snoozed="true")) == (["EV", "UA"], ["EV"])
    assert (listed(world, assignee="ben"), listed(world, assignee="ana")) == (["EV"], [])
    world.moment += timedelta(days=1)
    assert listed(world, without_snoozed="true") == ["EV", "UA"]
    note(world, "ana", **snooze(LATER))
    assert note(world, "ben", kind="resumed")[0] == 200
    assert listed(world, without_snoozed="true") == ["EV", "UA"]
    note(world, "ben", OTHER, kind="assigned")
    assert listed(world, assignee="ben") == []


def test_what_is_snoozed_still_holds_its_month_and_is_decided_as_ever(world: World) -> None:
    note(world, "ana", **snooze(LATER))
    month = read(world, "/v1/months/{legal_entity}/{period}", legal_entity=INC, period=JANUARY)
    assert month["waiting_exceptions"] == 2
    assert world.decide(CASE, "approved", "ben", "as the contract says").outcome == "decided"
    assert world.apply(CASE).outcome == "released"
    status, problem = note(world, "ana", kind="assigned", assignee="ben")
    assert (status, problem["code"], "approved by ben" in problem["detail"]) == (409, "conflict", True)
    assert note(world, "ana", **comment("the customer thanks us"))[0] == 200
    shown = read(world, "/v1/exceptions/{exception}", exception=CASE)
    assert (shown["state"]["status"], len(shown["notes"])) == ("approved", 2)


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        (comment("?"), 400, "need a text"),
        (comment("x" * 1_001), 400, "1000"),
        (comment("two\nlines"), 400, "line"),
        ({"kind": "commented", "text": "a comment", "until": LATER}, 400, "the day on which"),
        ({"kind": "snoozed", "text": "no day is named"}, 400, "the day on which"),
        ({"kind": "resumed", "assignee": "ana"}, 400, "only what is assigned"),
        ({"kind": "assigned", "assignee": "mallory"}, 422, "has no person"),
        ({"kind": "decided", "text": "approved"}, 400, "kind"),
        (snooze("2013-02-02"), 422, "a day after today"),
        (snooze("2013-03-06"), 422, f"at most {LONGEST_SNOOZE.days} days"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_wrong(
    said: dict[str, str], status: int, words: str, world: World
) -> None:
    before = dict(world.decisions.items)
    answered = note(world, "ana", **said)
    assert (answered[0], words in answered[1]["detail"]) == (status, True), answered
    assert world.decisions.items == before


@pytest.mark.parametrize(("by", "exception", "status"), [("mallory", CASE, 403), ("ana", f"{CASE[:-3]}009", 404)])
def test_only_a_person_of_the_policy_notes_something_of_what_there_is(
    by: str, exception: str, status: int, world: World
) -> None:
    before = dict(world.decisions.items)
    assert note(world, by, exception, **comment("let me in"))[0] == status
    assert world.decisions.items == before


def test_the_same_note_again_is_kept_once_and_so_is_one_whose_answer_was_lost(world: World) -> None:
    first = note(world, "ana", **comment("they call back on Thursday"))
    world.moment += timedelta(minutes=1)
    assert note(world, "ana", **comment("they call back on Thursday")) == first
    assert note(world, "ben", **comment("they call back on Thursday"))[1]["ordinal"] == 2
    assert [one.noted_by for one in world.exception_store.notes(CASE)] == ["ana", "ben"]


def test_of_two_notes_at_once_both_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ben's note takes the place that Ana's was to have, between her reading and her writing."""
    create = world.decisions.create
    others = [lambda: note(world, "ben", **comment("I have asked sales"))]

    def late(record: Record) -> bool:
        if others and "#note#" in record.key.sort:
            others.pop()()
        return create(record)

    monkeypatch.setattr(world.decisions, "create", late)
    assert note(world, "ana", **comment("who has asked sales?"))[1]["ordinal"] == 2
    assert [one.noted_by for one in world.exception_store.notes(CASE)] == ["ben", "ana"]


def test_an_exception_has_so_many_notes_and_no_more(world: World) -> None:
    first = world.exception_store
    assert note(world, "ana", **comment("note 1"))[0] == 200
    (known,) = first.notes(CASE)
    for number in range(2, MOST_NOTES + 1):
        assert first.note(CASE, known.model_copy(update={"ordinal": number, "text": f"note {number}"}))
    assert note(world, "ana", **comment("one too many"))[0] == 409
    assert len(first.notes(CASE)) == MOST_NOTES
    assert first.notes(CASE)[-1].ordinal == MOST_NOTES


def test_the_chain_tells_of_a_note_and_finds_one_that_is_changed_or_gone(world: World) -> None:
    note(world, "ana", **comment("they call back on Thursday"))
    world.settle()
    assert verified(world).holds
    key = Key(PLACE, "UA#001#note#001")
    stored = world.decisions.items[key]
    changed = ExceptionNote.model_validate(stored).model_copy(update={"text": "they never called"})
    world.decisions.items[key] = changed.model_dump(mode="json")
    assert not verified(world).holds
    del world.decisions.items[key]
    assert not verified(world).holds
    world.decisions.items[key] = stored
    assert verified(world).holds


def test_no_other_system_is_told_of_a_note(world: World) -> None:
    note(world, "ana", **comment("between ourselves"))
    key = Key(PLACE, "UA#001#note#001")
    assert world.decisions.get(key) is not None
    assert happenings_of_fact(key, "decisions", world.records, world.directory, world.objects) == []


def test_those_that_have_waited_longest_come_first_whatever_the_page(world: World) -> None:
    """Three exceptions, opened at 12:00, at 11:00 and at 12:00: by age the second comes first, one to a page."""
    opened = world.exception_store.state(CASE).opened
    older = {"id": f"{INC}.{JANUARY}.ZZ.001", "subject": "ZZ", "opened_at": "2013-02-02T11:00:00.000000Z"}
    assert world.exception_store.open(opened.model_copy(update=older))
    query = {"legal_entity": INC, "period": JANUARY, "order": "age", "limit": "1"}
    subjects, cursor = list[str](), ""
    while cursor is not None:
        page = read(world, "/v1/exceptions", {**query, "cursor": cursor})
        subjects += [item["opened"]["subject"] for item in page["items"]]
        cursor = page["next"]
    assert subjects == ["ZZ", "EV", "UA"]
    assert listed(world) == ["EV", "UA", "ZZ"]
