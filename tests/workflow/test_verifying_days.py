"""Some days of a legal entity's chains are verified in steps: what was altered is named, and nothing else is."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billproof.audit import said, stepwise
from billproof.audit.days import last_before
from billproof.audit.heads import anchors_of
from billproof.audit.looking_up import NOT_READ
from billproof.audit.model import OBJECTS
from billproof.audit.naming import LANES
from billproof.audit.stepwise import ChainPlace, DaysToVerify, VerifiedStep, verify_step
from billproof.audit.walking import WalkedChain, blocks_of
from billproof.errors import ExternalServiceUnavailable
from billproof.identities import InvoiceId
from billproof.invoicing.facts import RELEASED, fact_key
from billproof.ports import Key
from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.tampered_chains import _chain
from tests.support.tampered_store import RUN, WN
from tests.support.tampering import ALTERATIONS, tampered_with
from tests.support.world import EUROPE, INC, World

ROUTE = "GET /v1/audit/{legal_entity}"
FIRST, LAST = date(2013, 2, 1), date(2013, 3, 10)
"""Both months are billed in these days."""
OF_OTHERS = {
    *("the_end_cut_off", "a_whole_chain_removed"),
    *("a_record_inserted_and_all_after_it_written_anew", "the_order_changed_and_the_chain_written_anew"),
    "a_fact_removed_and_the_chain_written_anew_without_it",
}
"""Found by heads that somebody kept, where no anchor has the day yet."""


def steps(world: World, first: date = FIRST, last: date = LAST, *, entity: str = INC) -> list[VerifiedStep]:
    days = DaysToVerify(
        legal_entity=entity,
        first=first,
        last=last,
        chain=world.chain,
        facts={name: records.memory for name, records in world.records.items()},
        read=world.objects.items.get,
        anchors=lambda some: anchors_of(world.anchors.items.get, some),
        today=date(2013, 2, 6),
    )
    place: ChainPlace | None = ChainPlace()
    taken = []
    while place is not None:
        taken.append(verify_step(days, place))
        place = taken[-1].next
    return taken


def wheres(taken: list[VerifiedStep]) -> set[str]:
    return {finding.where for step in taken for finding in step.findings}


def recorded(world: World, first: date, last: date) -> list[Any]:
    """The records of a legal entity's days, read from the beginning."""
    chains = (blocks_of(world.chain, WalkedChain(f"{INC}/{lane}")) for lane in range(LANES))
    return [one for blocks in chains for one in blocks if first.isoformat() <= one.at[:10] <= last.isoformat()]


@pytest.mark.parametrize(("first", "last"), [(FIRST, LAST), (date(2013, 2, 3), date(2013, 2, 3)), (LAST, LAST)])
def test_an_untouched_store_holds_and_each_record_of_the_days_is_counted_once(first: date, last: date) -> None:
    world, _ = tampered_with()
    taken = steps(world, first, last)
    blocks = recorded(world, first, last)
    entries = [entry for block in blocks for entry in block.entries]
    assert wheres(taken) == set()
    assert sum(step.records for step in taken) == len(blocks)
    assert sum(step.looked_up.facts for step in taken) == sum(entry.store != OBJECTS for entry in entries)
    objects = [entry.place[0].partition("/")[0] for entry in entries if entry.store == OBJECTS]
    left_out = sum(map(objects.count, NOT_READ))
    assert sum(step.looked_up.objects for step in taken) == len(objects) - left_out
    assert sum(step.looked_up.not_compared for step in taken) == left_out
    assert [name for step in taken for name in step.undecided] == []
    assert (last == LAST) or sum(step.anchors for step in taken) > 0


def test_small_steps_say_together_what_one_says(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = tampered_with("a_record_removed", "a_run_opened_again", "an_invoice_replaced", "all_anchors_removed")
    (whole,) = steps(world)
    monkeypatch.setattr(stepwise, "MOST_BLOCKS", 3)
    monkeypatch.setattr(stepwise, "MOST_ENTRIES", 3)
    small = steps(world)
    assert len(small) > 20
    assert wheres(small) == wheres([whole])
    assert len(wheres(small)) > 4
    for counted in ("records", "anchors"):
        assert sum(getattr(step, counted) for step in small) == getattr(whole, counted)
    assert sum(step.looked_up.number for step in small) == whole.looked_up.number


def is_of_the_entity(name: str) -> bool:
    chain, is_record, _ = name.partition(" record ")
    if is_record:
        return chain.startswith(f"{INC}/")
    folders = ("runs/", "invoices/", "documents/", "reconciliation/")
    return name.startswith(folders) or f"#{INC}" in name


OF_RECORDS = [
    name
    for name, alter in ALTERATIONS.items()
    if alter.__module__.rsplit("_", 1)[-1] in {"facts", "chains", "objects"} and name not in OF_OTHERS
]


@pytest.mark.parametrize("alter", OF_RECORDS)
def test_what_is_altered_of_what_the_records_of_these_days_name_is_named(alter: str) -> None:
    """What has no record is found by verifying everything; so is what all legal entities share."""
    known = {" ".join(entry.place) for block in recorded(tampered_with()[0], FIRST, LAST) for entry in block.entries}
    world, altered = tampered_with(alter)
    expected = [name for name in altered if name in known or (" record " in name and is_of_the_entity(name))]
    named = wheres(steps(world))
    assert [name for name in expected if not any(where.endswith(name) for where in named)] == []


def test_an_object_that_was_written_again_is_as_a_later_record_says_and_no_other_content_is() -> None:
    world, _ = tampered_with()
    key = f"runs/{RUN}/plan/again.json"
    for moment, data in ((datetime(2013, 3, 4, tzinfo=UTC), b"1"), (datetime(2013, 3, 20, tzinfo=UTC), b"2")):
        world.moment = moment
        world.objects.put(key, data)
        world.settle()
    assert wheres(steps(world)) == set()
    for data in (b"1", b"3"):
        world.objects.items[key] = data
        last = wheres(steps(world, date(2013, 3, 20), date(2013, 3, 20)))
        assert last == {f"objects {key}"}
    del world.objects.items[key]
    assert wheres(steps(world)) == {f"objects {key}"}


def test_an_object_whose_writer_died_is_counted_and_one_with_too_many_later_records_is_not_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, _ = tampered_with()
    world.moment = datetime(2013, 3, 5, tzinfo=UTC)
    key = f"runs/{RUN}/plan/never.json"
    world.chain.append(f"{INC}/0", [world.objects.entry(key, b"1")])
    assert sum(step.looked_up.unconfirmed for step in steps(world)) == 1
    monkeypatch.setattr(said, "MOST_READ", 0)
    world.chain.append(f"{INC}/0", [])
    undecided = [name for step in steps(world) for name in step.undecided]
    assert any(name.startswith(f"objects {key}: too many later records") for name in undecided)
    assert any("too many records since its run" in name for name in undecided)


def test_a_day_of_too_many_records_is_named_as_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = tampered_with()
    monkeypatch.setattr(stepwise, "MOST_BLOCKS_OF_A_DAY", 3)
    undecided = [name for step in steps(world) for name in step.undecided]
    assert len(undecided) > 3
    assert all("there are too many" in name for name in undecided)


@pytest.mark.parametrize("spoilt", [None, "unreadable", "removed"])
def test_the_last_record_before_a_day_is_found_without_reading_all(spoilt: str | None) -> None:
    world, _ = tampered_with()
    chain, keys = _chain(world)
    blocks = list(blocks_of(world.chain, WalkedChain(chain)))
    if spoilt == "unreadable":
        world.audit.items[keys[len(keys) // 2]] = {}
    if spoilt == "removed":
        del world.audit.items[keys[len(keys) // 2]]
    left = [block for number, block in enumerate(blocks) if spoilt is None or number != len(keys) // 2]
    for day in ("2013-01-01", "2013-02-03", "2013-02-04", "2013-03-03", "2099-01-01"):
        before = [block.sequence for block in left if block.at < day]
        assert last_before(world.chain, chain, day) == max(before, default=0)


def verified(world: World, person: str = "ana", *, entity: str = INC, **query: str) -> tuple[int, dict[str, Any]]:
    event = route_event(ROUTE, person, query={"first": str(FIRST), "last": str(LAST), **query}, legal_entity=entity)
    response = handler("api_operations")(event, Context(), world)
    return response["statusCode"], json.loads(response["body"])


def test_the_api_verifies_in_parts_and_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = tampered_with()
    world.moment = datetime(2013, 4, 1, tzinfo=UTC)
    key = fact_key(InvoiceId.parse(WN), RELEASED)
    world.records["invoices"].items[key] = {**world.records["invoices"].items[key], "number": "SKY-US-2013-999999"}
    monkeypatch.setattr(stepwise, "MOST_ENTRIES", 40)
    status, answer = verified(world)
    answers = [answer]
    while answers[-1]["next"]:
        assert answers[-1]["done"] < answers[-1]["parts"] == 16
        status, answer = verified(world, cursor=answers[-1]["next"])
        assert status == 200, answer
        answers.append(answer)
    assert len(answers) > 3
    assert [one["done"] for one in answers] == sorted(one["done"] for one in answers)
    assert answers[-1]["done"] == 16
    found = {(one["kind"], one["where"]) for answer in answers for one in answer["findings"]}
    missing = {one for one in found if one[0] == "anchor_missing"}
    assert found - missing == {("stored_otherwise", f"invoices {key.partition} {key.sort}")}
    assert {where for _, where in missing} == {"anchor of 2013-03-03"}  # a day with records that nobody anchored


@pytest.mark.parametrize(
    "query",
    [
        {"first": "2013-03-02", "last": "2013-03-01"},
        {"first": "2013-01-01", "last": "2013-03-04"},
        {"first": "2013-1-1"},
        {"last": ""},
        {"cursor": "x"},
        {"cursor": "eyJsYW5lIjo4fQ=="},  # {"lane":8}
        {"cursor": "eyJhZnRlciI6LTF9"},  # {"after":-1}
    ],
    ids=str,
)
def test_days_in_the_wrong_order_too_many_or_a_made_up_cursor_are_refused(query: dict[str, str]) -> None:
    status, answer = verified(tampered_with()[0], **query)
    assert (status, answer["code"]) == (400, "invalid_input")


def test_a_made_up_place_shows_nothing_of_other_days_or_of_another_legal_entity() -> None:
    world, _ = tampered_with("a_run_opened_again")
    day = "eyJ3aGF0IjoibGlua3MiLCJsYW5lIjowLCJhZnRlciI6MCwiZGF5IjoiMDAwMS0wMS0wMSJ9"  # after 0, the first of all days
    status, answer = verified(world, cursor=day)
    assert (status, answer["first"]) == (200, str(FIRST))
    assert verified(world, "nobody")[0] == 403
    assert verified(world, entity="nobody")[0] == 404
    assert verified(world, entity=EUROPE)[1].get("findings", []) == []


def test_records_that_cannot_be_read_and_a_damaged_key_stop_no_verification() -> None:
    world, _ = tampered_with()
    chain, keys = _chain(world)
    world.audit.items[keys[5]] = {"at": "2099-01-01"}
    world.audit.items[Key(f"key#{INC}", "key")] = {}
    world.chain.forget()
    named = wheres(steps(world))
    assert any(where.startswith(f"{chain} record") for where in named)
    assert any(finding.kind.value == "key_of_digest_gone" for step in steps(world) for finding in step.findings)


def test_an_object_that_is_not_there_is_gone_also_where_its_folder_may_not_be_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """S3 denies what is not there to a role that may not list it. Any other error of S3 ends the call."""
    world, _ = tampered_with()
    released = world.register.released(WN)
    assert released is not None
    get, codes = world.objects.get, ["AccessDenied"]

    def denied(key: str) -> bytes:
        if key == released.document.key:
            raise ExternalServiceUnavailable("refused", service="s3", code=codes[0])
        return get(key)

    monkeypatch.setattr(world.objects, "get", denied)
    assert {one["where"] for one in verified(world)[1]["findings"] if one["kind"] == "stored_no_more"} == {
        f"objects {released.document.key}"
    }
    codes[0] = "SlowDown"
    assert verified(world)[0] == 503
