"""What was taken over is proved: whatever was altered of it is found, and what died is done again."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from billproof.callers import Identity
from billproof.ports import Document, Key
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof_ops.local.people import local_identity
from tests.support.balances import events
from tests.support.faults import Killed, fused, restore, snapshot, state_of
from tests.support.taken_over import confirm, opening, propose, running_business, take_over
from tests.support.verifying import verified
from tests.support.world import INC, JANUARY, World

RUN = f"{INC}-2013-01-001"
CONFIRMED, IN_EFFECT = Key(f"openings#{INC}", "confirmed"), Key(f"openings#{INC}", "in-effect")
FIRST_BLOCK = Key(f"numbers#{INC}#2013", "000000000001")
FIRST_CHANGE = Key(f"balance#{INC}#UA", "USD#000001")


def billed() -> World:
    """The first month after a take-over, billed and posted."""
    world = running_business()
    take_over(world)
    world.ingest(events(5))
    world.bill()
    world.post_all()
    return world


def edit(world: World, store: str, key: Key, **changes: Any) -> None:
    items = world.records[store].items
    items[key] = {**items[key], **changes}


def by_the_proposer(world: World) -> None:
    edit(world, "decisions", CONFIRMED, confirmed_by=_dumped(local_identity("carla")))


def _dumped(identity: Identity) -> Document:
    return identity.model_dump(mode="json")


def without_confirmation(world: World) -> None:
    del world.records["decisions"].items[CONFIRMED]


def never_in_effect(world: World) -> None:
    del world.records["invoices"].items[IN_EFFECT]


def another_document(world: World) -> None:
    (key,) = (key for key in world.objects.items if key.startswith(f"invoices/{INC}/opening/"))
    document = json.loads(world.objects.items[key])
    document["receivables"] = document["receivables"][:1]
    world.objects.items[key] = json.dumps(document).encode()


def more_numbers_before(world: World) -> None:
    edit(world, "invoices", FIRST_BLOCK, given_before=40)


def a_larger_balance(world: World) -> None:
    entry = world.records["invoices"].items[FIRST_CHANGE]
    change = {**entry["change"], "change": {"amount": "20", "currency": "USD"}}
    edit(world, "invoices", FIRST_CHANGE, change=change)


def a_balance_of_nobody(world: World) -> None:
    """Another currency has a balance that was not taken over."""
    entry = dict(world.records["invoices"].items[FIRST_CHANGE])
    change = {name: {"amount": "0", "currency": "EUR"} for name in ("opening", "opening_booked")}
    change |= {name: {"amount": "9", "currency": "EUR"} for name in ("change", "change_booked")}
    document = {**entry, "change": {"ordinal": 1, **change}}
    world.records["invoices"].items[Key(FIRST_CHANGE.partition, "EUR#000001")] = document


def an_entry_removed(world: World) -> None:
    items = world.records["ledger"].items
    for key in [key for key in items if key.sort == f"OPENING-{INC}-RECEIVABLES"]:
        del items[key]


def the_legal_entity_forgotten(world: World) -> None:
    del world.records["contracts"].items[Key("catalog", f"entity#{INC}#v000002")]


CASES: list[tuple[Callable[[World], None], DifferenceKind]] = [
    (by_the_proposer, DifferenceKind.OPENING),
    (without_confirmation, DifferenceKind.OPENING),
    (never_in_effect, DifferenceKind.OPENING),
    (another_document, DifferenceKind.DOCUMENT),
    (more_numbers_before, DifferenceKind.SERIES),
    (a_larger_balance, DifferenceKind.CUSTOMER_BALANCE),
    (a_balance_of_nobody, DifferenceKind.CUSTOMER_BALANCE),
    (an_entry_removed, DifferenceKind.POSTING),
    (the_legal_entity_forgotten, DifferenceKind.OPENING),
]


@pytest.mark.parametrize(("alter", "kind"), CASES, ids=[alter.__name__ for alter, _ in CASES])
def test_the_proof_finds_what_was_altered_of_an_opening(alter: Callable[[World], None], kind: DifferenceKind) -> None:
    world = billed()
    alter(world)
    assert kind in {difference.kind for difference in prove_run(RUN, stores=world.stores()).differences}


def test_an_untouched_opening_is_proved_and_the_audit_chain_holds_all_of_it() -> None:
    world = billed()
    assert prove_run(RUN, stores=world.stores()).differences == ()
    assert verified(world).findings == ()


def test_a_confirmation_that_dies_at_any_call_is_done_again() -> None:
    world = running_business()
    digest = propose(world, opening()).digest
    fuse = fused(world)
    before = snapshot(world)
    fuse.arm(None)
    confirm(world, digest)
    calls, whole = fuse.calls, state_of(world)
    assert calls > 20
    for after_effect in (False, True):
        for call in range(1, calls + 1):
            restore(world, before)
            fuse.arm(call, after_effect=after_effect)
            with pytest.raises(Killed):
                confirm(world, digest)
            fuse.arm(None)
            confirm(world, digest)
            assert state_of(world) == whole, (call, after_effect)
    world.bill(INC, JANUARY)
    world.post_all(INC, JANUARY)
    assert prove_run(RUN, stores=world.stores()).differences == ()
