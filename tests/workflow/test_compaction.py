"""Compaction: days of the usage log in one object each, which runs read and proofs do not."""

import tempfile
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from billproof.errors import InvalidInput
from billproof.pipeline.artefacts import AGGREGATION_PLAN, Artefacts
from billproof.ports import Objects
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof.usage import log
from billproof.usage.aggregation import aggregate
from billproof.usage.buckets import Buckets
from billproof.usage.compacted import Compaction, last_compactions, object_key, read_compaction, write_compaction
from billproof.usage.compacting import LEAST_SEGMENTS, CompactionRequest, CompactionRound, RoundOutcome, plan_compaction
from billproof.usage.compaction import Compacted, DayOutcome, compact_day, typed_properties
from billproof.usage.keys import usage_prefix
from billproof.usage.manifests import compacted_in
from billproof.usage.model import SegmentRow
from tests.support.late_usage import FEB, JAN, RUN_DAYS, bill, differences, tiered_world
from tests.support.world import INC, World, flight

DAY = "2013-01-05"
RUN = f"{INC}-{JAN}-001"


def compact(world: World, day: str = DAY) -> Compacted:
    return compact_day(0, day, objects=world.objects, meters=world.directory.meters())


def rows(world: World, columns: str, key: str) -> list[tuple[Any, ...]]:
    content = world.objects.get(read_compaction(world.objects, key).object)
    with duckdb.connect() as database, tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        Path(file.name).write_bytes(content)
        return sorted(database.from_parquet(file.name).project(columns).fetchall(), key=repr)


def planned(world: World, *months: str, now: datetime = RUN_DAYS[JAN]) -> CompactionRound:
    return plan_compaction(CompactionRequest(months=months), objects=world.objects, buckets=Buckets((1,)), now=now)


def test_a_run_of_compacted_days_bills_what_their_segments_hold_and_its_proof_reads_those() -> None:
    world, other = tiered_world(), tiered_world()
    events = [[flight(1), flight(2), flight(1)], [flight(3, corrects=f"{DAY}:UA:2"), flight(4, day="2013-01-06")]]
    for batch in events:
        world.ingest(batch)
        other.ingest(batch)
    compact(world)
    world.ingest([flight(5)])
    other.ingest([flight(5)])
    statement, raw = bill(world, JAN), bill(other, JAN)
    assert (statement.events, statement.lines) == (raw.events, raw.lines)
    world.post_all()
    plan = Artefacts(world.objects).read(AGGREGATION_PLAN, RUN, "0000")
    assert list(compacted_in(world.objects, plan.manifest)) == [DAY]
    for key in [key for key in world.objects.items if key.startswith("compact")]:
        del world.objects.items[key]
    assert prove_run(RUN, stores=world.stores()).differences == ()


def forged(world: World) -> tuple[Compaction, bytes]:
    """Return the compaction of a day, and the object of a day on which less was flown."""
    compaction = read_compaction(world.objects, compact(world).key)
    other = tiered_world()
    other.ingest([flight(1, data={"distance": "7"}), flight(2)])
    return compaction, other.objects.items[read_compaction(other.objects, compact(other).key).object]


@pytest.mark.parametrize("change", ["another day's", "no Parquet", "gone", "the compaction"])
def test_a_compacted_day_that_is_not_as_it_was_written_is_read_from_its_segments(change: str) -> None:
    world, other = tiered_world(), tiered_world()
    for flown in (world, other):
        flown.ingest([flight(1), flight(2)])
    compaction, less = forged(world)
    match change:
        case "another day's":
            world.objects.items[compaction.object] = less
        case "no Parquet":
            world.objects.items[compaction.object] = b"nothing"
        case "gone":
            del world.objects.items[compaction.object]
        case _:
            world.objects.items[last_compactions(world.objects, 0, [DAY])[DAY]] = b"nothing"
    assert bill(world, JAN).totals == bill(other, JAN).totals


class Meeting:
    """Objects of which two Parquet files have to be asked for at the same time."""

    def __init__(self, below: Objects) -> None:
        self._below = below
        self._met = threading.Barrier(2, timeout=60)

    def get(self, key: str) -> bytes:
        if key.endswith(".parquet"):
            self._met.wait()
        return self._below.get(key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)


def test_compacted_days_are_fetched_side_by_side() -> None:
    world = tiered_world()
    world.ingest([flight(1), flight(1, day="2013-01-06")])
    for day in (DAY, "2013-01-06"):
        compact(world, day)
    world.plan(RUN)
    plan = Artefacts(world.objects).read(AGGREGATION_PLAN, RUN, "0000")
    meeting: Any = Meeting(world.objects)
    counted = aggregate(plan, objects=meeting, reads_compacted=True)
    assert sum(usage.counts.metered for usage in counted) == 2


def test_a_proof_finds_what_a_run_billed_from_a_compaction_that_says_something_else() -> None:
    world = tiered_world()
    world.ingest([flight(1), flight(2)])
    compaction, less = forged(world)
    del world.objects.items[last_compactions(world.objects, 0, [DAY])[DAY]]
    key = object_key(0, DAY, less)
    world.objects.put(key, less)
    write_compaction(world.objects, compaction.model_copy(update={"object": key}))
    bill(world, JAN)
    world.post_all()
    kinds = {difference.kind for difference in prove_run(RUN, stores=world.stores()).differences}
    assert DifferenceKind.USAGE in kinds


def test_what_comes_after_a_compaction_costs_its_own_day_again_and_is_late_for_a_run() -> None:
    world = tiered_world()
    world.ingest([flight(1), flight(1, day="2013-01-06")])
    before = [compact(world, day).key for day in (DAY, "2013-01-06")]
    bill(world, JAN)
    world.ingest([flight(2)])
    assert planned(world, JAN).days == 1
    after = compact(world).key
    assert last_compactions(world.objects, 0, [DAY, "2013-01-06"]) == {DAY: after, "2013-01-06": before[1]}
    assert before[0] in world.objects.items, "a run names it"
    world.post_all()
    assert differences(bill(world, FEB))["difference:flights:2013-01"] == "1.00"
    world.post_all(period=FEB)
    for run in (RUN, f"{INC}-{FEB}-001"):
        assert prove_run(run, stores=world.stores()).differences == ()


def test_a_day_is_compacted_once_it_is_over_or_has_twice_the_segments() -> None:
    world = World()
    morning = datetime.fromisoformat(f"{DAY}T06:00:00+00:00")
    number = 0

    def arrive(segments: int) -> None:
        nonlocal number
        for _ in range(segments):
            number += 1
            world.ingest([flight(number)])

    arrive(LEAST_SEGMENTS - 1)
    assert planned(world, now=morning).outcome == RoundOutcome.NOTHING
    arrive(1)
    assert planned(world, now=morning).outcome == RoundOutcome.PLANNED
    compact(world)
    arrive(LEAST_SEGMENTS - 1)
    assert planned(world, now=morning).outcome == RoundOutcome.NOTHING
    assert planned(world, now=morning + timedelta(days=1)).outcome == RoundOutcome.PLANNED


def test_a_round_that_left_a_day_out_says_so() -> None:
    world = World()
    world.ingest([flight(1), flight(1, day="2013-01-06")])
    items_key = planned(world, JAN).items_key
    for day, outcome, days in ((DAY, RoundOutcome.INCOMPLETE, 1), ("2013-01-06", RoundOutcome.COMPACTED, 0)):
        compact(world, day)
        checked = plan_compaction(
            CompactionRequest(items_key=items_key), objects=world.objects, buckets=Buckets((1,)), now=RUN_DAYS[JAN]
        )
        assert (checked.outcome, checked.days) == (outcome, days)
    assert planned(world, JAN).outcome == RoundOutcome.NOTHING


def test_the_rows_say_what_became_of_each_copy_and_hold_quantities_and_all_else() -> None:
    world = World()
    world.ingest([flight(1), flight(1), flight(2, data={"distance": "2.50"}), flight(3, account="B6")])
    world.ingest([flight(4, retracts=f"{DAY}:UA:2", data={}), flight(3, account="B6", data={"distance": "7"})])
    key = compact(world).key
    assert rows(world, "account, id, standing, is_plain, cast(quantity_distance as varchar)", key) == [
        ("B6", f"{DAY}:B6:3", "conflicting", False, "7.000000000000000"),
        ("B6", f"{DAY}:B6:3", "kept", False, "1000.000000000000000"),
        ("UA", f"{DAY}:UA:1", "duplicate", False, "1000.000000000000000"),
        ("UA", f"{DAY}:UA:1", "kept", False, "1000.000000000000000"),
        ("UA", f"{DAY}:UA:2", "corrected", False, "2.500000000000000"),
        ("UA", f"{DAY}:UA:4", "retraction", False, None),
    ]
    assert {row[0] for row in rows(world, "data->>'origin'", key)} == {"EWR", None}


def test_the_same_segments_give_the_same_object_and_a_day_without_any_gives_none() -> None:
    world = World()
    world.ingest([flight(number) for number in range(50)])
    assert compact(world) == compact(world)
    assert compact(world, "2013-01-06").outcome == DayOutcome.EMPTY
    assert len([key for key in world.objects.items if key.startswith("compact")]) == 3


def test_names_of_properties_that_differ_in_case_only_share_no_column() -> None:
    meters = World().directory.meters()
    meter = next(meter for meter in meters if meter.value_property == "distance")
    both = [meter, meter.model_copy(update={"id": "other", "value_property": "Distance"})]
    assert [typed.name for typed in typed_properties(both)] == ["Distance"]


def test_a_segment_that_ingestion_did_not_write_is_not_compacted() -> None:
    world = World()
    row = SegmentRow(source="s", id="1", type="t", account="UA", time=f"{DAY}T00:00Z", data={}, received_at="2013")
    log.write(world.objects, usage_prefix(0, DAY), [row])
    with pytest.raises(InvalidInput, match="no instant as ingestion writes it"):
        compact(world)
