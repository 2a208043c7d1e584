"""A run names the compacted days that hold its ids and copies none: the run after, and other buckets, find them."""

import pytest

from billproof.usage.compaction import compact_day
from billproof.usage.databases import opened
from billproof.usage.id_lists import read_ids
from billproof.usage.keys import SegmentKey
from billproof.usage.log import ids_key
from tests.support.late_usage import FEB, JAN, RUN_DAYS
from tests.support.world import INC, World, flight

ID = "2013-01-05:UA:1"


def compact_all(world: World) -> None:
    days = {(key.bucket, key.day) for key in map(SegmentKey.parse, world.objects.keys("usage/"))}
    for bucket, day in sorted(days):
        compact_day(bucket, day, objects=world.objects, meters=world.directory.meters())


def bill(world: World, month: str) -> list[tuple[str, str]]:
    """Run a month and return what it says of ids: the findings' codes and messages."""
    world.moment = RUN_DAYS[month]
    findings = world.bill(period=month).findings
    world.post_all(period=month)
    return [(finding.code, finding.message) for finding in findings if finding.code.startswith("id_")]


def ids_stored(world: World, *, without_named: bool) -> int:
    """Return how many ids a run of January stored itself, or named, too."""
    without = set(world.objects.keys("compacted/")) if without_named else set[str]()
    with opened() as (database, folder):
        key = ids_key(f"{INC}-{JAN}-001", 0)
        ids = read_ids(database, world.objects, key, folder, buckets=(0,), is_there=True, without=without)
        assert ids is not None
        return len(database.execute(ids.text, ids.parameters).fetchall())


@pytest.mark.parametrize("is_lost", [False, True])
def test_an_id_of_a_compacted_day_of_the_month_before_is_known_even_if_the_compaction_is_lost(*, is_lost: bool) -> None:
    world = World()
    world.ingest([flight(1), flight(2)])
    compact_all(world)
    assert bill(world, JAN) == []
    assert (ids_stored(world, without_named=True), ids_stored(world, without_named=False)) == (0, 2)
    if is_lost:
        for key in [key for key in world.objects.items if key.startswith("compact")]:
            del world.objects.items[key]
    world.moment = RUN_DAYS[FEB]
    world.ingest([flight(1, day="2013-02-03", id=ID), flight(3, day="2013-02-03")])
    ((code, message),) = bill(world, FEB)
    assert code == "id_reused"
    assert message.startswith("1 events")
    assert "is on 2013-02-03 and on 2013-01-05" in message


def test_a_day_with_a_newer_segment_keeps_its_ids_itself() -> None:
    world = World()
    world.ingest([flight(1), flight(2), flight(1, account="B6")])
    compact_all(world)
    world.ingest([flight(3)])
    assert bill(world, JAN) == []
    assert ids_stored(world, without_named=True) == 4


def test_an_id_of_two_accounts_is_found_in_compacted_days_of_two_buckets() -> None:
    world = World(buckets=8)
    world.ingest([flight(1), *(flight(1, account=account, id=ID) for account in ("B6", "FL"))])
    compact_all(world)
    day = "on 2013-01-05"
    ((code, message),) = bill(world, JAN)
    assert code == "id_in_several_accounts"
    assert message == f"id {ID} of test/operations stands under B6 {day} and under FL {day} and under UA {day}"
