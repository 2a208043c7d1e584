"""Whatever changes something over the API, or by the command, is a record of the audit chain: no way in is left out."""

from typing import Any

import pytest

from billproof.approvals.actions import OperatorAction
from billproof.audit.index import index_of
from billproof.audit.telling import LifeStory
from billproof.audit.walking import all_chains
from billproof.ports import Key
from tests.support.every_route import (
    ALL,
    CONFIRMED_BY_ANOTHER,
    OPENING,
    OTHER_PERSON,
    PERSON,
    ROUTES,
    SCOPES,
    call,
    prepared,
    stored,
)
from tests.support.every_route import world as called
from tests.support.kinds import folders_written, partitions_written
from tests.support.repeating import ELSEWHERE, WRITING
from tests.support.taken_over import running_business
from tests.support.verifying import verified
from tests.support.world import World


@pytest.fixture
def world() -> World:
    return called()


CHANGES_NOTHING = {
    "POST /v1/invoices:preview": "an invoice as it would be",
    "POST /v1/prices:quote": "what something would cost",
    "POST /v1/simulations": "a month as it would be under other terms",
    "POST /v1/usage-events:dry-run": "what would be accepted",
}
"""Routes that are no GET for what they are sent, and that leave nothing."""
QUEUES_ONLY = {"POST /v1/usage-events": "events go to their queue; what is stored of them the segments' records say"}
"""What producers send, which no person does."""
CHANGING = [key for key in ROUTES if not key.startswith("GET ") and key not in CHANGES_NOTHING | QUEUES_ONLY]
ENDPOINT = "/v1/webhook-endpoints/{endpoint}"


def recorded(world: World) -> dict[tuple[str, ...], int]:
    """Count the records of each fact and object."""
    return {name: len(those) for name, those in index_of(all_chains(world.chain)).entries.items()}


def about(world: World, key: str) -> dict[str, Any]:
    """Bring about what a request is about, and return what it names otherwise than the example."""
    match key.split():
        case ["POST", "/v1/dead-letters/{queue}/redrives"]:
            world.dead_letters.dead["payment-events"] = [("{}", "there is no such source")] * 3
            return {"queue": "payment-events", "dry_run": False}
        case ["DELETE", path] if path == ENDPOINT:
            return {"endpoint": call(world, "POST /v1/webhook-endpoints", ALL)[1]["endpoint"]["id"]}
        case ["PUT", path] if path.startswith("/v1/legal-entities/"):
            return {"version": 99}
    return prepared(world, key)


@pytest.mark.parametrize("key", CHANGING)
def test_a_route_that_changes_something_leaves_a_record_of_the_chain(key: str, world: World) -> None:
    person = OTHER_PERSON if key.endswith(CONFIRMED_BY_ANOTHER) else PERSON
    if key == OPENING:  # nothing is taken over once runs have billed
        world, person = running_business(), "carla"
    changed = about(world, key)
    before = recorded(world)
    status, answer = call(world, key, ALL if SCOPES[key] else person, changed=changed)
    assert status in {200, 201, 202}, answer
    assert recorded(world) != before


@pytest.mark.parametrize("key", sorted(CHANGES_NOTHING))
def test_a_route_that_changes_nothing_leaves_nothing(key: str, world: World) -> None:
    before, objects, facts = recorded(world), dict(world.objects.items), stored(world)
    assert call(world, key, ALL)[0] == 200
    assert (recorded(world), dict(world.objects.items), stored(world)) == (before, objects, facts)


ACTIONS = {
    "POST /v1/dead-letters/{queue}/redrives": (OperatorAction.REDRIVE_LETTERS, "payment-events"),
    "POST /v1/refused-events/{event}/resendings": (OperatorAction.RESEND_EVENT, "2013-01-05.e2ca56a2cac71c70"),
    f"POST {ENDPOINT}/replays": (OperatorAction.REPLAY_WEBHOOKS, ""),
}


@pytest.mark.parametrize("key", sorted(ACTIONS))
def test_what_a_person_makes_happen_once_more_is_told_and_its_removal_is_found(key: str, world: World) -> None:
    action, subject = ACTIONS[key]
    changed = about(world, key)
    assert call(world, key, ALL if SCOPES[key] else PERSON, changed=changed)[0] in {200, 202}
    events = LifeStory(index_of(all_chains(world.chain)), world.facts).of(subject or changed["endpoint"])
    asked, done = [event for event in events if event.place[0].startswith("operator-actions#")]
    assert f"asks for {action}" in asked.what
    assert f"{action} is done: " in done.what
    assert asked.by == done.by != ""
    assert done.before == asked.place
    assert asked.request == done.request != ""
    before = {(finding.kind, finding.where) for finding in verified(world).findings}
    del world.records["decisions"].items[Key(*asked.place)]
    after = {(finding.kind, finding.where) for finding in verified(world).findings}
    assert [kind for kind, _ in after - before] == ["stored_no_more"]


STORES_ELSEWHERE = {
    "local invoke": "calls a function, which records what it does",
    "local up": "the local stack",
    "local down": "the local stack",
    "local status": "only reads",
    "incidents show": "only reads",
    "archive export": "files of yours",
    "demo": "a stack of its own, by the other commands",
    "init": "files of yours",
    "insights recompute": "only reads, and compares",
    "rehearse-restore": "a stack of its own",
    "audit export": "only reads, and writes files of yours",
    "invoice pdf": "only reads, and writes files of yours",
    "import check": "only reads",
    "payments show": "only reads",
    "price": "only reads",
    "quarantine show": "only reads",
    "receivables document": "only reads, and writes files of yours",
    "usage check": "only reads",
    "usage send": "events to their queue, as a producer",
    "write close": "only reads",
    "write contract-change": "only reads",
    "write dispute": "only reads",
    "write variance": "only reads",
}
"""Commands that write nothing of a stack's own, or nothing but by other functions."""
MASTER_DATA = "catalog"
"""The partition of all versions of master data but contracts and accounts."""
RECORDS = {
    "run start": "runs",
    "run redrive": "operator-actions",
    "reconcile": "reconciliation",
    "close": "sign-offs",
    "reopen": "sign-offs",
    "policy publish": "policies",
    "policy confirm": "policies",
    "exceptions approve": "exceptions",
    "exceptions reject": "exceptions",
    "exceptions redrive": "operator-actions",
    "incidents decide": "exceptions",
    "invoice credit": "exceptions",
    "recover resume": "operator-actions",
    "recover load": "the tables of an export, with their records",
    "revenue recognize": "revenue",
    "receivables note": "collection",
    "receivables remind": "reminding",
    "disputes open": "disputes",
    "disputes resolve": "disputes",
    "dlq redrive": "operator-actions",
    "dlq discard": "discarded",
    "contract import": MASTER_DATA,
    "contract sync": MASTER_DATA,
    "audit adopt": "chain",
    "audit anchor": "anchors",
    "audit erase": "chain",
    "audit restore": "chain",
    "audit take-out": "chain",
    "invoice resend": "operator-actions",
    "import confirm": "openings",
    "import propose": "openings",
    "payments apply": "receipt-decisions",
    "payments give-back": "receipt-decisions",
    "payments import": "statements",
    "payments reverse": "receipt-decisions",
    "publish": MASTER_DATA,
    "usage compact": "compactions",
    "webhooks add": "webhooks",
    "webhooks replay": "operator-actions",
    "quarantine dismiss": "dismissals",
    "quarantine resend": "operator-actions",
    "replay": "operator-actions",
}
"""Commands that change something, and the kind of facts, or the folder of objects, that the chain has of it."""


@pytest.mark.long
def test_every_command_that_writes_says_which_records_the_chain_has_of_it() -> None:
    """A new command is told here: what writes and is not recorded would let somebody do it unseen."""
    assert RECORDS.keys() | STORES_ELSEWHERE.keys() == WRITING.keys() | ELSEWHERE.keys()
    kinds = partitions_written().keys() | folders_written().keys() | {MASTER_DATA, RECORDS["recover load"]}
    assert {name: kind for name, kind in RECORDS.items() if kind not in kinds} == {}
