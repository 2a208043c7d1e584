"""A store of three accounts, and everything that an insider could do to it: each alteration names what it altered.

UA   billed, credited and billed anew; its usage of January came late in part
EV   held in January and approved by a person; held in February, and nobody decided
WN   billed in both months

An alteration changes the stores below the audit chain, as somebody with the rights of an administrator would.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from billproof.audit.findings import AuditFindingKind
from billproof.audit.heads import Head, anchor_days, day_of_anchor, heads_of, is_anchor_key
from billproof.audit.walking import all_blocks
from billproof.ports import Key
from tests.support.faults import restore, snapshot
from tests.support.verifying import verified
from tests.support.world import INC, JANUARY, World, flight

FEBRUARY = "2013-02"
RUN, LATER_RUN = f"{INC}-{JANUARY}-001", f"{INC}-{FEBRUARY}-001"
UA, EV, WN = (f"{INC}.{JANUARY}.{account}" for account in ("UA", "EV", "WN"))
CREDIT_NOTE = f"{UA}~01"

ANCHORED_UNTIL = date(2013, 2, 6)

ANCHOR_OF = "anchor of "
BROKEN = {AuditFindingKind.MISSING_RECORD, AuditFindingKind.TRUNCATED, AuditFindingKind.REWRITTEN}
"""What says that records of a chain are not there any more."""

type Alter = Callable[[World], list[str]]
"""Alters a store; returns what has to be named: the key of a fact or object, or a record of the chain."""
ALTERATIONS: dict[str, Alter] = {}


def alteration(alter: Alter) -> Alter:
    ALTERATIONS[alter.__name__] = alter
    return alter


@cache
def _played() -> tuple[World, dict[str, Any], tuple[Head, ...]]:
    world = World(batch_size=2, accounts={"UA", "EV", "WN"})
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    totals = flight(2) | {"id": "c", "type": "billproof.control-total", "subject": "flights_handled"}
    totals |= {"time": "2013-01-05T17:00:00Z", "data": {"count": "7"}}
    for period, day, number in ((JANUARY, "2013-01-05", 1), (FEBRUARY, "2013-02-05", 100)):
        world.moment = datetime.fromisoformat(f"{day}T23:00:00+00:00")
        world.ingest(
            [
                *(flight(number + n, day=day, account=account) for account in ("UA", "WN") for n in range(3)),
                flight(number, day=day, account="EV", type="flight.cancelled"),
                flight(number + 7, day=day, data={"distance": "-1"}),
                flight(number + 8, day=day, account="nobody"),
                *([totals] if period == JANUARY else []),
            ]
        )
        world.moment = datetime(2013, 2 if period == JANUARY else 3, 3, 12, tzinfo=UTC)
        world.bill(period=period)
        if period == JANUARY:
            for state in world.exception_store.of_period(INC, JANUARY):  # EV's, and that of the run's control totals
                assert world.decide(state.opened.id, "approved", "ben").outcome == "decided"
            assert world.apply(f"{EV}.001").outcome == "released"
            world.post_all(period=period)
            world.credit_and_approve(UA)
            world.ingest([flight(50)])
            world.reconcile()
    world.post_all(period=FEBRUARY)
    while anchor_days(world.chain, world.anchors, today=ANCHORED_UNTIL):  # a month at a time
        world.settle()
    world.settle()
    return world, snapshot(world), tuple(heads_of(world.chain))


def tampered_with(*names: str) -> tuple[World, list[str]]:
    """Return the store after some alterations, and what has to be named."""
    world, kept, _ = _played()
    restore(world, kept)
    altered = [name for alter in names for name in ALTERATIONS[alter](world)]
    world.chain.forget()
    world.objects.forget()
    return world, altered


def heads() -> tuple[Head, ...]:
    return _played()[2]


@cache
def _recorded() -> dict[str, tuple[str, str]]:
    """Name the chain that recorded each fact, object and anchor of the untouched store, and its subject."""
    world, kept, _ = _played()
    restore(world, kept)
    return {
        _as_found(" ".join(entry.place)): (block.chain, entry.subject)
        for block in all_blocks(world.chain)
        for entry in block.entries
    }


def _as_found(name: str) -> str:
    """Name an anchor as findings do: by its day."""
    return f"{ANCHOR_OF}{day_of_anchor(name)}" if is_anchor_key(name) else name


def not_named(world: World, altered: list[str]) -> list[str]:
    """Return what was altered and is not named by verification.

    Where the record itself is gone or was changed, too, its chain is named instead: what it said nobody knows any more.
    A fact that is gone of an account whose erasure is declared is told with the declaration.
    """
    verification = verified(world, heads=heads())
    findings = verification.findings
    places = {finding.where for finding in findings}
    chains = {finding.where.partition(" record ")[0] for finding in findings}
    broken = {finding.where.partition(" record ")[0] for finding in findings if finding.kind in BROKEN}
    recorded, stored = _recorded(), set(_stored(world))
    declared = {said.partition(" ")[0] for said in verification.declared if ": erased at " in said}
    erased = declared & {"UA", "WN", "EV"}  # of accounts: nothing else is erased by its name

    def is_named(name: str) -> bool:
        chain, is_record, _ = name.partition(" record ")
        if is_record:
            return chain in chains
        known, subject = recorded.get(_as_found(name), ("", ""))
        is_declared = subject in erased and name not in stored
        return known in broken or is_declared or any(where.endswith((name, _as_found(name))) for where in places)

    there = {*stored, *recorded, *(name for name in altered if name.startswith(ANCHOR_OF))}
    return [name for name in altered if not is_named(name) and (" record " in name or name in there)]


def _stored(world: World) -> Iterator[str]:
    yield from world.objects.items
    yield from (*world.anchors.items, *world.archive.items)
    for items in (*(records.items for records in world.records.values()), world.audit.items):
        yield from map(name_of, items)


def name_of(key: Key) -> str:
    return f"{key.partition} {key.sort}"
