"""How fresh the usage of each source is, from the newest days of the log."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.usage.arrivals import LEAST_READ, MOST_DAYS, arrivals
from billproof.usage.compaction import compact_day
from billproof.usage.keys import usage_prefix
from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.world import EUROPE, INC, World, flight

DAY = "2013-01-05"


def told(world: World, at: datetime) -> tuple[list[tuple[str, str, str]], int]:
    looked = arrivals(world.objects, range(1), now=at)
    return [(one.source, one.newest_event[:16], one.received_at[:16]) for one in looked.sources], looked.unread


def send(world: World, at: datetime, *events: dict[str, Any]) -> None:
    world.moment = at
    world.ingest(list(events))


def a_world() -> World:
    """Gate A sends on the 5th at noon (17:00 UTC) and again on the 7th of the 6th; gate B only at first."""
    world = World(accounts={"UA"})
    send(world, datetime(2013, 1, 5, 18, tzinfo=UTC), flight(1, source="gate/a"), flight(2, source="gate/b"))
    send(world, datetime(2013, 1, 7, 8, tzinfo=UTC), flight(3, day="2013-01-06", source="gate/a"))
    return world


LATER = datetime(2013, 1, 8, tzinfo=UTC)
EXPECTED = [
    ("gate/b", "2013-01-05T17:00", "2013-01-05T18:00"),
    ("gate/a", "2013-01-06T17:00", "2013-01-07T08:00"),
]


def test_the_source_that_is_silent_longest_comes_first_with_its_newest_event() -> None:
    assert told(a_world(), LATER) == (EXPECTED, 0)


def test_a_compacted_day_says_the_same_and_so_does_what_came_after_it() -> None:
    world = a_world()
    compact_day(0, DAY, objects=world.objects, meters=world.directory.meters())
    for segment in list(world.objects.keys(usage_prefix(0, DAY))):
        del world.objects.items[segment]  # only the compacted day has it
    send(world, datetime(2013, 1, 8, tzinfo=UTC), flight(4, source="gate/a"))
    newer = ("gate/a", "2013-01-06T17:00", "2013-01-08T00:00")
    assert told(world, LATER) == ([EXPECTED[0], newer], 0)


@pytest.mark.parametrize("content", [None, b"damaged"])
def test_where_a_compacted_day_is_lost_its_segments_are_read(content: bytes | None) -> None:
    world = a_world()
    compact_day(0, DAY, objects=world.objects, meters=world.directory.meters())
    (parquet,) = (key for key in world.objects.keys("compacted/") if key.endswith(".parquet"))
    if content is None:
        del world.objects.items[parquet]
    else:
        world.objects.items[parquet] = content
    assert told(world, LATER) == (EXPECTED, 0)


@pytest.mark.parametrize(("kind", "content"), [(".parquet", None), (".parquet", b"damaged"), (".json.zst", b"damaged")])
def test_a_compacted_day_that_is_lost_with_its_segments_is_counted_as_unread(kind: str, content: bytes | None) -> None:
    world = a_world()
    compact_day(0, DAY, objects=world.objects, meters=world.directory.meters())
    (lost,) = (key for key in world.objects.keys("comp") if key.endswith(kind))
    for key in (lost, *world.objects.keys(usage_prefix(0, DAY))):
        del world.objects.items[key]
    if content is not None:
        world.objects.items[lost] = content
    assert told(world, LATER) == (EXPECTED[1:], 1)


def test_more_sources_than_an_answer_has_room_for_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billproof.usage.arrivals.MOST_CHARACTERS", 2 * 106 - 1)  # `gate/a` and 100 more, twice
    looked = arrivals(a_world().objects, range(1), now=LATER)
    assert ([arrival.source for arrival in looked.sources], looked.unlisted) == (["gate/b"], 1)


def test_a_compacted_day_whose_segments_have_expired_is_read() -> None:
    world = a_world()
    compact_day(0, DAY, objects=world.objects, meters=world.directory.meters())
    for segment in list(world.objects.keys(usage_prefix(0, DAY))):
        del world.objects.items[segment]
    assert told(world, LATER) == ([("gate/b", *EXPECTED[0][1:]), EXPECTED[1]], 0)


def test_an_event_that_is_older_than_others_of_its_source_makes_it_no_older() -> None:
    world = a_world()
    send(world, datetime(2013, 1, 7, 9, tzinfo=UTC), flight(5, day="2013-01-02", source="gate/a"))
    assert told(world, LATER)[0][1] == ("gate/a", "2013-01-06T17:00", "2013-01-07T09:00")


def test_what_is_damaged_or_too_much_is_counted_and_the_newest_days_are_read_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = a_world()
    monkeypatch.setattr("billproof.usage.arrivals.MOST_READ", 1)
    monkeypatch.setattr("billproof.usage.arrivals.LEAST_READ", 1)
    assert told(world, LATER) == ([("gate/a", "2013-01-06T17:00", "2013-01-07T08:00")], 1)
    monkeypatch.setattr("billproof.usage.arrivals.LEAST_READ", LEAST_READ)
    (segment,) = world.objects.keys(usage_prefix(0, DAY))
    world.objects.items[segment] = b"damaged"
    assert told(world, LATER) == ([("gate/a", "2013-01-06T17:00", "2013-01-07T08:00")], 1)


def test_a_source_that_sent_nothing_for_long_is_not_listed() -> None:
    world = a_world()
    assert told(world, datetime(2013, 2, 14, 12, tzinfo=UTC))[0] == EXPECTED
    assert MOST_DAYS == 40  # to the 5th of January at noon
    assert told(world, datetime(2013, 2, 15, 12, tzinfo=UTC))[0] == EXPECTED[1:]


def test_the_api_tells_it_to_who_asks_for_it() -> None:
    world = a_world()
    world.moment = LATER
    events = [route_event("GET /v1/integrations", "ana", query=query) for query in (None, {"sources": "true"})]
    looked = [json.loads(handler("api_operations")(event, Context(), world)["body"]) for event in events]
    assert looked[0]["usage"] is None
    usage = looked[1]["usage"]
    assert [one["source"] for one in usage["sources"]] == ["gate/b", "gate/a"]
    assert (usage["at"][:16], usage["since"]) == ("2013-01-08T00:00", "2012-11-29")


@pytest.mark.parametrize(("entities", "shown"), [([EUROPE], []), ([EUROPE, INC], ["gate/a"])])
def test_who_reads_of_one_legal_entity_is_told_of_the_sources_that_it_declares_and_of_no_other(
    entities: list[str], shown: list[str]
) -> None:
    world = a_world()
    world.moment = LATER
    for name in entities:
        entity = world.directory.legal_entity(name)
        world.publish(entity.model_copy(update={"version": 9, "usage_sources": ("gate/a",)}))
    policy = world.directory.policy(EUROPE)
    without_ana = tuple(person for person in policy.people if person.id != "ana")
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "people": without_ana}))
    event = route_event("GET /v1/integrations", "ana", query={"sources": "true"})
    response = handler("api_operations")(event, Context(), world)
    assert [one["source"] for one in json.loads(response["body"])["usage"]["sources"]] == shown


def compacted(*days: str) -> World:
    """Gate A sends two events on each of some days, and a round compacts them."""
    world = World(accounts={"UA"})
    for number, day in enumerate(days):
        send(
            world,
            datetime.fromisoformat(f"{day}T18:00:00+00:00"),
            *(flight(10 * number + n, day=day, source="gate/a") for n in range(2)),
        )
        compact_day(0, day, objects=world.objects, meters=world.directory.meters())
    return world


def sizes(world: World) -> list[int]:
    """The bytes of the compacted days, the newest first."""
    return [
        len(world.objects.items[key])
        for key in sorted(world.objects.keys("compacted/"))[::-1]
        if key.endswith(".parquet")
    ]


def test_a_compacted_day_that_is_too_large_is_not_read_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    world = compacted(DAY)
    (size,) = sizes(world)
    monkeypatch.setattr("billproof.usage.arrivals.MOST_FILE_BYTES", size)
    assert told(world, LATER) == ([("gate/a", "2013-01-05T17:00", "2013-01-05T18:00")], 0)
    monkeypatch.setattr("billproof.usage.arrivals.MOST_FILE_BYTES", size - 1)
    assert told(world, LATER) == ([], 1)  # its segment is not read in its place


def test_the_newest_days_are_read_until_the_bytes_of_a_look_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    world = compacted("2013-01-04", "2013-01-05", "2013-01-06")
    newest, middle, oldest = sizes(world)
    expected = [("gate/a", "2013-01-06T17:00", "2013-01-06T18:00")]
    monkeypatch.setattr("billproof.usage.arrivals.MOST_BYTES", newest + middle + 1)
    assert told(world, LATER) == (expected, 1)
    monkeypatch.setattr("billproof.usage.arrivals.MOST_BYTES", newest + middle + oldest + 1)
    assert told(world, LATER) == (expected, 0)
    monkeypatch.setattr("billproof.usage.arrivals.MOST_BYTES", 2)
    assert told(world, LATER) == ([], 3)


def test_one_bucket_that_needs_more_than_its_share_takes_what_is_left_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    world = compacted(DAY)
    (size,) = sizes(world)
    monkeypatch.setattr("billproof.usage.arrivals.MOST_BYTES", 2 * size)
    looked = arrivals(
        world.objects, range(4), now=LATER
    )  # a share of a quarter, and the other half for whoever needs it
    assert ([one.source for one in looked.sources], looked.unread) == (["gate/a"], 0)
    monkeypatch.setattr("billproof.usage.arrivals.MOST_BYTES", size)
    assert arrivals(world.objects, range(4), now=LATER).unread == 1


def test_past_its_limit_a_compacted_day_counts_as_one_object_and_not_as_the_segments_that_it_covers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = compacted("2013-01-04", "2013-01-05", "2013-01-06")
    send(world, datetime(2013, 1, 7, tzinfo=UTC), flight(91, day="2013-01-04", source="gate/a"))
    send(world, datetime(2013, 1, 7, 1, tzinfo=UTC), flight(92, day="2013-01-04", source="gate/a"))
    for limit in ("MOST_READ", "LEAST_READ"):
        monkeypatch.setattr(f"billproof.usage.arrivals.{limit}", 1)
    assert told(world, LATER)[1] == 4  # the 5th; of the 4th what is compacted, and two segments that came later


def test_more_sources_than_a_look_tells_apart_are_counted_as_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(accounts={"UA"})
    for day, sources in (("2013-01-05", "abc"), ("2013-01-06", "ab")):
        events = [flight(n, day=day, source=f"gate/{source}", id=f"{day}{source}") for n, source in enumerate(sources)]
        send(world, datetime.fromisoformat(f"{day}T18:00:00+00:00"), *events)
    monkeypatch.setattr("billproof.usage.arrivals.MOST_SOURCES", 2)
    for is_compacted in (False, True):
        if is_compacted:
            compact_day(0, "2013-01-05", objects=world.objects, meters=world.directory.meters())
        assert [source for source, *_ in told(world, LATER)[0]] == ["gate/a", "gate/b"]
        assert told(world, LATER)[1] == 1
