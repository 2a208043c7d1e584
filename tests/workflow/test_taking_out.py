"""`audit take-out`, stopped at each of its writes and called again: nothing is lost, doubled or left of the account."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest

from billproof.audit.heads import anchor_days
from billproof.proof.service import prove_invoice
from billproof.usage import log
from billproof.usage.compaction import compact_day
from billproof.usage.discarded import discarded_key
from billproof.usage.erasing import TakenOut, take_out
from billproof.usage.ingestion import Message, ingest_usage
from tests.support.crosswalks import LEGACY, crosswalk, merger, publish
from tests.support.faults import Fuse, Killed, restore, snapshot
from tests.support.verifying import verified
from tests.support.world import ACCEPTANCE, INC, JANUARY, World, flight

DAYS = ("2013-01-05", "2013-01-07")
TYPO = {"specversion": "1.0", "subject": "UA", "id": "x"}
SHARED = ("usage/", "quarantine/", "discarded/", "compacted/", "compactions/")


def letter(*events: dict[str, Any], reason: str = "a test of the source") -> bytes:
    return json.dumps({"body": json.dumps(events), "reason": reason, "discarded_by": "ben"}).encode()


@cache
def played() -> tuple[World, dict[str, Any]]:
    """UA shares two days of usage, a day of quarantine and a discarded letter with B6; January is billed."""
    world = World(accounts={"UA", "B6"})
    for day in DAYS:
        world.ingest([flight(number, day=day, account=account) for account in ("UA", "B6") for number in (1, 2)])
    world.ingest([flight(9, account=account, data={"distance": "-1"}) for account in ("UA", "B6")])
    world.objects.put(discarded_key("usage-events", "m1"), letter(TYPO, flight(7, account="B6"), reason="UA sent it"))
    world.objects.put(discarded_key("usage-events", "m2"), letter(TYPO))
    world.objects.put(discarded_key("contract-events", "m3"), b'{"body": "{\\"account\\": \\"UA\\"}"}')
    world.objects.put(discarded_key("contract-events", "m4"), b'{"body": "{\\"account\\": \\"UAL\\"}"}')
    world.bill()
    for day in DAYS:
        compact_day(0, day, objects=world.objects, meters=world.directory.meters())
    world.settle()
    world.moment = datetime(2013, 2, 9, tzinfo=UTC)
    anchor_days(world.chain, world.anchors, today=date(2013, 2, 9))
    world.settle()
    return world, snapshot(world)


@pytest.fixture
def world() -> Iterator[World]:
    mine, kept = played()
    restore(mine, kept)
    yield mine
    restore(mine, kept)


def taken_out(world: World, remove: Callable[[str], None] | None = None) -> TakenOut:
    return take_out(
        "UA",
        chain=world.chain,
        objects=world.objects,
        buckets=world.buckets(),
        crosswalks=world.directory.crosswalks(),
        remove=remove or world.remove_object,
        by="ben",
        why="Art. 17 GDPR, request 12",
    )


def left(world: World) -> dict[str, Any]:
    """What is stored of shared data, by account where it has one, each event as often as it is there."""
    rows = [row for key in world.objects.keys("usage/") for row in log.read_segment(world.objects, key)]
    lines = [line for key in world.objects.keys("quarantine/") for line in log.read_quarantined(world.objects, key)]
    return {
        "usage": sorted((row.account, row.id) for row in rows),
        "quarantine": sorted((line.account or "", line.position) for line in lines),
        "discarded": sorted(world.objects.get(key) for key in world.objects.keys("discarded/")),
        "compacted": [key for key in world.objects.items if key.startswith("compact")],
    }


def is_clean(world: World) -> None:
    """Nothing of the account is left in what it shared, all of its neighbour's is, once, and the chain holds."""
    now = left(world)
    assert [account for account, _ in now["usage"]] == ["B6"] * 4
    assert len(set(now["usage"])) == 4
    assert [account for account, _ in now["quarantine"]] == ["B6"]
    assert now["compacted"] == []
    assert len(now["discarded"]) == 2
    assert not [data for data in now["discarded"] if b'"UA"' in data or b"UA sent" in data]
    assert verified(world, today=date(2013, 2, 9)).findings == ()


def test_it_takes_what_an_account_shares_and_leaves_what_is_others(world: World) -> None:
    taken = taken_out(world)
    assert (taken.events, taken.refused, taken.discarded, taken.unreadable) == (4, 1, 3, ())
    is_clean(world)
    (rest,) = (data for data in left(world)["discarded"] if b"UAL" not in data)
    assert [event["subject"] for event in json.loads(json.loads(rest)["body"])] == ["B6"]
    assert json.loads(rest)["reason"] == "(taken out) sent it"
    before = left(world)
    assert taken_out(world).objects == 0
    assert left(world) == before


@pytest.mark.parametrize(
    ("body", "is_left"),
    [
        ('[{"id": "1", "subject": "B6"}, {"id": "2", "subject": "UA", "note": "cut o', False),
        ('[{"id": "1", "subject": "B6", "note": "cut o', True),
        ('{"id": "2", "note": "UA wrote \\ud83d", "subject": "B6"}', True),
        ('{"id": "2", "note": "\\ud83d", "subject": "UA"}', False),
        ('{"id": "2", "note": "UA-2 and NUA wrote"', True),
    ],
)
def test_a_refused_event_that_does_not_say_whose_it_is_goes_if_it_names_the_account(
    world: World, body: str, *, is_left: bool
) -> None:
    """A message that was cut off was kept, with what it said of the account."""
    before = len(left(world)["quarantine"])
    sent = Message(id="cut", body=body, sent_at=world.moment)
    ingest_usage(
        [sent],
        objects=world.objects,
        reference_data=world.reference_data,
        buckets=world.buckets(),
        acceptance=ACCEPTANCE,
    )
    world.settle()
    assert len(left(world)["quarantine"]) == before + 1
    taken_out(world)
    kept = [line.raw for key in world.objects.keys("quarantine/") for line in log.read_quarantined(world.objects, key)]
    assert (body in kept) is is_left
    assert verified(world, today=date(2013, 2, 9)).findings == ()


def fused_writes(world: World, fuse: Fuse, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a fuse around every write that a take-out does, and return what removes."""
    monkeypatch.setattr(world.objects.memory, "put", fuse.around(world.objects.memory.put))
    monkeypatch.setattr(world.audit, "create", fuse.around(world.audit.create))
    monkeypatch.setattr(world.audit, "create_all", fuse.around(world.audit.create_all))
    return fuse.around(world.remove_object)


WRITES = 26
"""At least so many as a take-out of this store does: the first test says how many."""


def test_the_writes_that_it_is_stopped_at_are_all_that_there_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fuse = Fuse()
    remove = fused_writes(world, fuse, monkeypatch)
    fuse.arm(None)
    taken_out(world, remove)
    assert 12 < fuse.calls <= WRITES


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("number", range(1, WRITES + 1))
def test_one_that_is_stopped_at_a_write_and_called_again_loses_and_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int, *, after_effect: bool
) -> None:
    fuse = Fuse()
    with monkeypatch.context() as patched:
        remove = fused_writes(world, fuse, patched)
        fuse.arm(number, after_effect=after_effect)
        try:
            taken_out(world, remove)
        except Killed:
            assert set(left(world)["usage"]) >= {("B6", f"{day}:B6:{n}") for day in DAYS for n in (1, 2)}
    world.objects.forget()
    world.chain.forget()
    taken_out(world)
    is_clean(world)


def test_a_compaction_that_is_written_while_an_account_is_taken_out_goes_with_the_next_call(world: World) -> None:
    compacted = {key: data for key, data in world.objects.items.items() if key.startswith("compact")}
    assert len(compacted) == 3 * len(DAYS)
    taken_out(world)
    for key, data in compacted.items():  # by a call that had read the segments before they were removed
        world.objects.put(key, data)
    world.settle()
    assert taken_out(world).objects == len(compacted)
    is_clean(world)


def test_a_parquet_object_that_no_compaction_names_goes_too(world: World) -> None:
    names = [key for key in world.objects.items if key.startswith("compactions/")]
    for key in names:
        del world.objects.items[key]
    taken_out(world)
    assert left(world)["compacted"] == []


def test_compacted_days_of_others_stay(world: World) -> None:
    world.ingest([flight(5, day="2013-01-09", account="B6")])
    kept = compact_day(0, "2013-01-09", objects=world.objects, meters=world.directory.meters())
    taken_out(world)
    assert kept.key in left(world)["compacted"]
    assert len(left(world)["compacted"]) == 3


def test_what_cannot_be_read_is_left_and_named(world: World) -> None:
    keys = [next(iter(world.objects.keys(prefix))) for prefix in ("quarantine/", "usage/")]
    for key in keys:
        world.objects.items[key] = b"?"
    assert sorted(taken_out(world).unreadable) == sorted(keys)
    assert all(world.objects.items[key] == b"?" for key in keys)


def test_a_neighbour_whose_late_usage_comes_afterwards_is_billed_that_and_nothing_twice() -> None:
    nets = []
    for takes_out in (False, True):
        world = World(accounts={"UA", "B6"})
        world.ingest([flight(number, account=account) for account in ("UA", "B6") for number in (1, 2)])
        world.bill()
        if takes_out:
            taken_out(world)
        world.moment = datetime(2013, 2, 20, tzinfo=UTC)
        world.ingest([flight(3, account="B6")])
        world.moment = datetime(2013, 3, 3, 12, tzinfo=UTC)
        world.bill(period="2013-02")
        nets.append(world.invoice(f"{INC}.2013-02.B6").totals.net)
    assert nets[0] == nets[1]


def test_the_proof_of_a_run_that_read_the_old_objects_names_them(world: World) -> None:
    segments = set(world.objects.keys("usage/"))
    taken_out(world)
    gone = segments - set(world.objects.keys("usage/"))
    differences = prove_invoice(f"{INC}.{JANUARY}.B6", stores=world.stores()).differences
    assert gone <= {difference.where for difference in differences}


def test_usage_under_the_ids_of_an_account_goes_with_it_whatever_bucket_holds_it() -> None:
    world = World(accounts={"UA", "B6", "VX"}, buckets=16)
    publish(world, crosswalk(("UA", "2013-01-01", "2013-01-10"), ("B6", "2013-01-10", None), ids=("A-17",)))
    publish(world, merger("VX", "UA", day="2013-01-01", id="merged"))
    world.ingest([flight(1, account="A-17", source=LEGACY), flight(2, account="A-17", source=LEGACY, day="2013-01-15")])
    world.ingest([flight(3, account="VX"), flight(4, account="UA"), flight(5, account="B6")])
    world.settle()
    assert taken_out(world).events == 3
    assert left(world)["usage"] == [("A-17", "2013-01-15:A-17:2"), ("B6", "2013-01-05:B6:5")]
    assert taken_out(world).events == 0
