"""The usage log grows from 4 buckets to 16, between months and within one: bills and proofs stay exact."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from billproof.pipeline.exposure import exposure
from billproof.pipeline.live_usage import running_usage
from billproof.proof.service import prove_run
from billproof.usage.buckets import Buckets, newer_buckets, read_buckets, record_buckets, whole
from billproof.usage.compacted import last_compactions, read_compaction
from billproof.usage.keys import SegmentKey
from billproof.usage.log import late_marks
from tests.support.compacted import compact
from tests.support.fakes import MemoryObjects
from tests.support.late_usage import FEB, JAN, RUN_DAYS
from tests.support.world import INC, World, flight

pytestmark = pytest.mark.long

ACCOUNTS = ("UA", "HA", "AS", "EV")
"""In 4 buckets some share one that they do not share in 16."""
DAYS = (5, 20)


def flights(month: str, day: int, *numbers: int, **changes: Any) -> list[dict[str, Any]]:
    day_of_month = f"{month}-{day:02d}"
    return [flight(number, account=name, day=day_of_month, **changes) for name in ACCOUNTS for number in numbers]


def grow(world: World, *, when: str, now: str) -> None:
    if when == now:
        assert world.counts == (4,)
        world.counts = (4, 16)


def bill(world: World, month: str) -> Any:
    world.moment = RUN_DAYS[month]
    statement = world.bill(period=month)
    world.approve_all(period=month)
    world.post_all(period=month)
    return statement


@cache
def play(when: str, *, compacts: bool) -> tuple[World, list[Any]]:
    """Two months; usage, copies, corrections, ids on two days and late usage on both sides of the growth."""
    world = World(accounts=set(ACCOUNTS), buckets=4, batch_size=3)
    world.hold_for_no_amount()
    world.ingest([event for day in DAYS for event in flights(JAN, day, 1, 2, 3)])
    if compacts:
        compact(world)
    grow(world, when=when, now="within a month")
    world.ingest(flights(JAN, 5, 3, 4))  # 3 is there: a copy
    world.ingest([flight(5, account=name, day=f"{JAN}-20", corrects=f"{JAN}-20:{name}:1") for name in ACCOUNTS])
    world.ingest([flight(9, account=name, day=f"{JAN}-21", id=f"{JAN}-20:{name}:2") for name in ACCOUNTS[:2]])
    if compacts and when == "within a month":
        compact(world)
    statements = [bill(world, JAN)]
    grow(world, when=when, now="between months")
    world.moment = datetime(2013, 2, 20, tzinfo=UTC)
    world.ingest(flights(JAN, 5, 4, 6))  # late, but 4 is a copy
    world.ingest(flights(FEB, 3, 1, 2))
    world.ingest([flight(8, account="UA", day=f"{FEB}-04", id=f"{JAN}-05:UA:1")])
    if compacts:
        compact(world)
    world.ingest(flights(FEB, 3, 2, 3))
    statements.append(bill(world, FEB))
    return world, statements


def comparable(statements: list[Any]) -> list[Any]:
    """What statements say, findings in no order: batches follow the buckets."""
    dumps = [statement.model_dump(mode="json") for statement in statements]
    return [{**dump, "findings": sorted(map(json.dumps, dump["findings"]))} for dump in dumps]


def documents(world: World) -> dict[str, list[Any]]:
    """The lines of every invoice; numbers follow the batches, and those the buckets."""
    names = [f"{INC}.{month}.{account}" for month in (JAN, FEB) for account in ACCOUNTS]
    return {
        name: [(line.priced.id, line.priced.quantity, line.amounts) for line in world.invoice(name).lines]
        for name in names
    }


@pytest.mark.parametrize("compacts", [False, True], ids=["segments", "compacted"])
@pytest.mark.parametrize("when", ["within a month", "between months"])
def test_a_log_that_grew_bills_and_proves_what_one_of_four_buckets_does(when: str, *, compacts: bool) -> None:
    world, statements = play(when, compacts=compacts)
    other, expected = play("never", compacts=compacts)
    assert comparable(statements) == comparable(expected)
    assert documents(world) == documents(other)
    assert all("id_reused" in {finding.code for finding in statement.findings} for statement in statements)
    for run in (f"{INC}-{JAN}-001", f"{INC}-{FEB}-001"):
        assert prove_run(run, stores=world.stores()).differences == ()


def test_after_the_growth_compaction_puts_what_was_before_into_the_new_buckets() -> None:
    world = World(accounts=set(ACCOUNTS), buckets=4)
    world.ingest(flights(JAN, 5, 1, 2))
    before = compact(world)
    assert {item.bucket for item in before} <= {0, 1, 2, 3}
    world.counts = (4, 16)
    world.ingest(flights(JAN, 5, 2, 3))
    after = compact(world)
    assert {item.bucket for item in after} >= {world.buckets().of(account) for account in ACCOUNTS}
    assert {item.bucket for item in after} <= set(world.buckets().current)
    (key,) = last_compactions(world.objects, world.buckets().of("HA"), [f"{JAN}-05"]).values()
    compaction = read_compaction(world.objects, key)
    assert {SegmentKey.parse(segment).bucket for segment in compaction.keys} == {*world.buckets().holding("HA")}
    assert (compaction.copies, compaction.events) == (8, 6)  # UA's too: in 16 it is in the same bucket
    assert compact(world) == []


@pytest.mark.parametrize("compacts", [False, True], ids=["segments", "compacted"])
def test_live_usage_and_exposure_follow_the_growth(*, compacts: bool) -> None:
    used, owed = [], []
    for counts in ((4,), (4, 16)):
        world = World(accounts=set(ACCOUNTS), buckets=4)
        world.ingest(flights(JAN, 5, 1, 2))
        world.counts = counts
        world.ingest(flights(JAN, 5, 2, 3))
        if compacts:
            compact(world)
        sources = world.preview_sources
        used.append(running_usage(legal_entity=INC, account="EV", period=JAN, sources=sources(), now=world.now()))
        owed.append(exposure(legal_entity=INC, period=JAN, sources=sources(), now=world.now()).accounts)
    assert (used[0].counts.metered, used[0].counts.duplicate) == (3, 1)
    assert used[0] == used[1]
    assert owed[0] == owed[1]


def test_a_proof_finds_what_came_into_a_newer_bucket_and_was_neither_read_nor_marked() -> None:
    world = World(accounts=set(ACCOUNTS), buckets=4)
    record_buckets(world.objects, 4)
    world.moment = datetime(2013, 1, 20, tzinfo=UTC)
    world.ingest(flights(JAN, 5, 1))
    bill(world, JAN)
    world.counts = record_buckets(world.objects, 16).counts
    world.moment = datetime(2013, 2, 20, tzinfo=UTC)
    world.ingest([flight(2, account="UA")])
    assert prove_run(f"{INC}-{JAN}-001", stores=world.stores()).differences == ()
    for mark in list(late_marks(world.objects, world.buckets().of("UA"))):
        del world.objects.items[mark.key(world.buckets().of("UA"))]
    (difference,) = prove_run(f"{INC}-{JAN}-001", stores=world.stores()).differences
    assert "neither" in difference.proved


def test_a_count_is_recorded_when_it_is_met_and_only_a_multiple_is_taken() -> None:
    objects = MemoryObjects()
    assert read_buckets(objects, 4) == Buckets((4,))
    assert list(objects.keys("")) == []
    assert record_buckets(objects, 4) == Buckets((4,))
    for refused in (2, 4, 6):
        assert record_buckets(objects, refused) == Buckets((4,))
    assert read_buckets(objects, 16) == Buckets((4,))  # nothing is in the new ones yet
    assert record_buckets(objects, 16) == read_buckets(objects, 16) == Buckets((4, 16))
    assert record_buckets(objects, 4) == Buckets((4, 16))  # a process that was started before
    assert newer_buckets(objects, 1) == [5, 9, 13, 17]
    assert newer_buckets(objects, 5) == newer_buckets(MemoryObjects(), 5) == []


def test_a_bucket_reads_what_its_accounts_had_before_and_nothing_else() -> None:
    buckets = Buckets((4, 16, 64))
    assert (buckets.current, buckets.every) == (range(20, 84), range(84))
    for account in ACCOUNTS:
        last, *older = buckets.holding(account)
        spread = buckets.spread_of(last)
        assert spread.older == tuple(older)
        assert spread.holds(account)
        assert not any(buckets.spread_of(other).holds(account) for other in buckets.current if other != last)
    assert buckets.spread_of(3) == whole()
