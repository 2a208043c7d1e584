"""Who makes up a source for each event stops nobody: such sources are counted together, and usage is exact."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.completeness.other_sources import hidden_of, may_be_hidden
from billproof.completeness.rules import compare, silences
from billproof.completeness.service import COMPLETENESS
from billproof.pipeline.artefacts import PROFILE, TALLY, Artefacts
from billproof.usage import profiling, source_tallies
from billproof.usage.aggregation import aggregate
from billproof.usage.extras import Extras
from billproof.usage.model import ControlTotal
from billproof.usage.source_tallies import MOST_SOURCES
from billproof.usage.tallies import OTHER_SOURCES, BucketTally, DayTally, HourTally
from tests.support.usage_plans import ask, plan
from tests.support.world import INC, JANUARY, World, flight

RUN = f"{INC}-{JANUARY}-001"


def made_up(number: int, account: str = "UA") -> Iterator[dict[str, Any]]:
    """Yield events of which each has a source of its own."""
    for place in range(number):
        yield flight(place, account=account, id=f"x-{place}", source=f"a-{place:05d}")


def real(account: str = "UA") -> Iterator[dict[str, Any]]:
    for day in ("2013-01-07", "2013-01-08"):
        yield flight(1, account=account, day=day, source="zz/gateway")


def test_the_sources_that_come_on_most_days_keep_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_tallies, "MOST_SOURCES", 2)
    monkeypatch.setattr(profiling, "MOST_SOURCES_OF_AN_ACCOUNT", 2)
    world = World(accounts={"UA"})
    world.ingest([*made_up(5), *real()])
    extras = Extras()
    wanted = plan(ask("count"), ask("sum", "distance")).model_copy(update={"stated": (ask("sum", "distance"),)})
    (usage,) = aggregate(wanted, objects=world.objects, extras=extras)
    assert [(measured.meter, measured.quantity) for measured in usage.quantities] == [
        ("count", Decimal(7)),
        ("sum", Decimal(7_000)),
    ]
    assert {(day.source, day.day): day.events for day in extras.days} == {
        ("a-00000", "2013-01-05"): 1,
        (OTHER_SOURCES, "2013-01-05"): 4,
        ("zz/gateway", "2013-01-07"): 1,
        ("zz/gateway", "2013-01-08"): 1,
    }
    assert {(hour.source, hour.hour): hour.events for hour in extras.hours} == {
        ("a-00000", "2013-01-05T17"): 1,
        (OTHER_SOURCES, "2013-01-05T17"): 4,
        ("zz/gateway", "2013-01-07T17"): 1,
        ("zz/gateway", "2013-01-08T17"): 1,
    }
    assert extras.other_sources == 4
    profiles = {(one.source, one.events) for one in extras.profiles}
    assert profiles == {("a-00000", 1), (OTHER_SOURCES, 4), ("zz/gateway", 2)}


def test_a_source_for_each_event_stops_no_neighbour_and_is_told() -> None:
    world = World()
    world.ingest([*made_up(MOST_SOURCES + 200), *real("AS")], per_message=500)
    statement = world.bill()
    assert "AS" not in {finding.account for finding in statement.findings}
    (warning,) = [finding for finding in statement.findings if finding.code == "sources_counted_together"]
    assert "201 more" in warning.message
    artefacts = Artefacts(world.objects)
    tallies = [artefacts.read(TALLY, RUN, part) for part in artefacts.parts(TALLY, RUN)]
    assert sum(tally.other_sources for tally in tallies) == 201  # the gateway has a name, so one more has none
    assert sum(day.events for tally in tallies for day in tally.days) == MOST_SOURCES + 202
    assert max(len(tally.named_sources) for tally in tallies) == MOST_SOURCES
    profiles = [artefacts.read(PROFILE, RUN, part).profiles for part in artefacts.parts(PROFILE, RUN)]
    sources = {one.source for of_bucket in profiles for one in of_bucket if one.account == "UA"}
    assert len(sources) == profiling.MOST_SOURCES_OF_AN_ACCOUNT + 1
    assert len(artefacts.read(COMPLETENESS, RUN).sources) == MOST_SOURCES + 1


def tally(bucket: int, events: dict[str, int], other_sources: int = 0) -> BucketTally:
    hour = "2013-01-05T12"
    hours = tuple(
        HourTally(source=source, meter="m", hour=hour, events=number, total=Decimal(0))
        for source, number in events.items()
    )
    return BucketTally(run="r", bucket=bucket, hours=hours, days=(), other_sources=other_sources)


def stated(count: int) -> ControlTotal:
    return ControlTotal(
        source="s", id="1", meter="m", hour="2013-01-05T12", count=str(count), sum=None, received_at="2013"
    )


@pytest.mark.parametrize(
    ("count", "tallies", "others", "is_hidden"),
    [
        (9, [tally(0, {"s": 4}), tally(1, {OTHER_SOURCES: 50}, 3)], 5, True),  # five may be among the fifty
        (9, [tally(0, {"s": 4}), tally(1, {OTHER_SOURCES: 2}, 3)], 2, False),  # three are missing for sure
        (9, [tally(0, {"s": 4, OTHER_SOURCES: 50}, 3)], 0, False),  # the bucket counts all of `s` by its name
        (4, [tally(0, {"s": 4}), tally(1, {OTHER_SOURCES: 50}, 3)], 0, False),  # nothing is missing
        (9, [tally(0, {"s": 4})], 0, False),
    ],
)
def test_what_may_be_among_other_sources_is_not_held_against_a_source(
    *, count: int, tallies: list[BucketTally], others: int, is_hidden: bool
) -> None:
    hours = [hour for tally in tallies for hour in tally.hours]
    (compared,) = compare([stated(count)], hours, hidden_of(tallies))
    assert (compared.counted_events, compared.other_events, compared.may_be_hidden) == (4, others, is_hidden)


def test_other_sources_are_never_silent_and_a_source_among_them_may_not_be() -> None:
    days = [DayTally(source=OTHER_SOURCES, event_type="t", day=f"2013-01-{day:02d}", events=1) for day in range(1, 15)]
    assert silences(days, start=date(2013, 1, 1), end=date(2013, 2, 1)) == []
    assert may_be_hidden("s", [tally(0, {"t": 1}), tally(1, {OTHER_SOURCES: 1}, 1)])
    assert not may_be_hidden("s", [tally(0, {"s": 1}), tally(1, {OTHER_SOURCES: 1}, 1)])
    assert not may_be_hidden("s", [tally(0, {"t": 1})])
