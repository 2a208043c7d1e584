"""Aggregation of any mixture of compacted days and segments is that of the segments alone."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.masterdata.meters import Aggregation
from billproof.readings import Reading
from billproof.usage.aggregation import aggregate
from billproof.usage.compaction import compact_day
from billproof.usage.databases import opened
from billproof.usage.extras import Extras
from billproof.usage.id_lists import read_ids
from billproof.usage.levels import LevelSource
from billproof.usage.log import ids_key
from billproof.usage.manifests import new_manifest
from billproof.usage.model import AccountUsage, AccountWindow, AggregationPlan, AskedAggregate, Edges, PartWindow
from tests.support.levels import LEVEL
from tests.support.usage_plans import END, START, ask
from tests.support.world import World, flight

pytestmark = pytest.mark.long

DAYS = ["2013-01-01", "2013-01-05", "2013-01-06", "2013-02-01"]
ACCOUNTS = ["UA", "B6", "AA"]
IDS = [f"id-{number}" for number in range(4)]
HUGE = "99999999999999999999999"


@st.composite
def logged(draw: st.DrawFn) -> dict[str, Any]:
    """An event: copies, conflicts, reused ids, corrections and retractions come of few ids."""
    changes: dict[str, Any] = {"id": draw(st.sampled_from(IDS))}
    kind = draw(st.sampled_from(["plain"] * 4 + ["corrects", "retracts"]))
    if kind != "plain":
        changes[kind] = draw(st.sampled_from(IDS))
    day = draw(st.sampled_from(DAYS))
    hour = draw(st.sampled_from(["02", "12", "23"]))  # before and after midnight in New York
    data = {
        "distance": draw(st.sampled_from(["1", "2.5", "0.1", None, HUGE])),
        "origin": draw(st.sampled_from(["EWR", "JFK"])),
    }
    return flight(
        draw(st.integers(min_value=1, max_value=3)),
        account=draw(st.sampled_from(ACCOUNTS)),
        day=day,
        time=f"{day}T{hour}:00:00Z",
        type=draw(st.sampled_from(["flight.departed"] * 3 + ["flight.cancelled"])),
        data=data,
        **changes,
    )


calls = st.lists(st.lists(logged(), min_size=1, max_size=6), min_size=1, max_size=5)
compactions = st.lists(st.sets(st.sampled_from(DAYS)), min_size=5, max_size=5)

ADDED = (ask("count"), ask("sum", "distance"), ask("distinct", "tail_number"), ask("sum", "distance", ("origin",)))
LEVELS = (ask("max", "distance"), ask("latest", "distance"), ask("weighted_sum", "distance"))
ORDERED = (
    *ADDED,
    *LEVELS,
    AskedAggregate(
        meter="days",
        event_type="flight.departed",
        aggregation=Aggregation.MAX,
        value_property="distance",
        reading=Reading(meter="days", by_day=True),
    ),
    AskedAggregate(
        meter="median",
        event_type="flight.departed",
        aggregation=Aggregation.PERCENTILE,
        value_property="distance",
        percentile="50",
        reading=Reading(meter="median"),
    ),
)


def windows(bounds: dict[str, str], levels: LevelSource | None) -> tuple[AccountWindow, ...]:
    gap = Edges(start="2013-01-06T12:00:00.000000Z", end="2013-01-06T13:00:00.000000Z")
    part = PartWindow(name="part", start="2013-01-05T05:00:00.000000Z", end=END, gaps=(gap,))
    fields: dict[str, Any] = {
        "batch": "b",
        "period": "2013-01",
        "start": START,
        "end": END,
        "metered": {"flight.departed": ('{"origin":["EWR"]}', "{}")},
        "excluded_types": ("flight.cancelled",),
        "parts": (part,),
        "days": (START, "2013-01-06T05:00:00.000000Z", END),
        "levels": levels,
    }
    plain = {"after": "", "before": "", "after_manifest": "", "before_manifest": ""}
    return (
        AccountWindow(account="UA", **fields, **plain),
        AccountWindow(account="B6", **fields, **plain | bounds),
    )


def plan(
    manifest: str, asked: tuple[AskedAggregate, ...], bounded: tuple[AccountWindow, ...], known: str
) -> AggregationPlan:
    return AggregationPlan(
        run="r",
        bucket=0,
        received_before="2013-02-02T00:00:00.000000Z",
        days=tuple(DAYS),
        windows=bounded,
        asked=asked,
        stated=(ask("sum", "distance"), ask("count")),
        period="2013-01",
        manifest=manifest,
        known_ids=known,
    )


def told(world: World, asked: AggregationPlan, *, compacted: bool) -> tuple[list[AccountUsage], Extras, list[Any]]:
    """Return all that an aggregation says and leaves."""
    extras = Extras(refused=[("test/operations", IDS[0]), ("test/operations", "never")])
    usage = aggregate(asked, objects=world.objects, extras=extras, writes_lists=True, reads_compacted=compacted)
    extras.conflicts.sort(key=repr)
    extras.days.sort(key=repr)
    extras.hours.sort(key=repr)
    return usage, extras, ids_of(world, ids_key("r", 0))


def ids_of(world: World, key: str) -> list[Any]:
    """Return the ids of a run's accounts, wherever they are."""
    with opened() as (database, folder):
        ids = read_ids(database, world.objects, key, folder, buckets=(0,), is_there=True, accounts=["B6", "UA"])
        assert ids is not None
        return sorted(set(database.execute(ids.text, ids.parameters).fetchall()))


def listed(world: World, run: str, planned_at: str) -> str:
    """Store the list of what a run would see now, and return its key."""
    new = new_manifest(world.objects, run, (0,), DAYS, planned_at)
    world.objects.put(new.key, new.data)
    return new.key


@settings(max_examples=15 * LEVEL)
@given(
    batches=calls,
    compacted=compactions,
    asked=st.sampled_from([ADDED, ORDERED]),
    bound=st.sampled_from(["none", "after", "before", "both"]),
    has_levels=st.booleans(),
    has_earlier=st.booleans(),
)
def test_a_mixture_of_compacted_days_and_segments_comes_to_what_the_segments_come_to(
    *,
    batches: list[list[dict[str, Any]]],
    compacted: list[set[str]],
    asked: tuple[AskedAggregate, ...],
    bound: str,
    has_levels: bool,
    has_earlier: bool,
) -> None:
    world = World(accounts=set(ACCOUNTS))
    lists: list[str] = []
    for batch, days in zip(batches, compacted, strict=False):
        world.ingest(batch)
        lists.append(listed(world, "earlier", str(len(lists))))
        for day in sorted(days):
            compact_day(0, day, objects=world.objects, meters=world.directory.meters())
    manifest = listed(world, "r", "now")
    bounds = {name: lists[0] for name in ("after_manifest", "before_manifest") if bound in {name.split("_")[0], "both"}}
    bounded = windows(bounds, LevelSource(earliest=None) if has_levels else None)
    known = ""
    if has_earlier:
        earlier = plan(lists[0], asked, bounded, "").model_copy(update={"run": "before", "days": ("2013-01-01",)})
        aggregate(earlier, objects=world.objects, writes_lists=True)
        known = ids_key("before", 0)
    whole = plan(manifest, asked, bounded, known)
    assert told(world, whole, compacted=True) == told(world, whole, compacted=False)
