"""What is used of a month that is under way: from compacted days and the segments since then."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof.pipeline.live_usage import RunningUsage, running_usage
from billproof.usage.compaction import compact_day
from billproof_ops import cli
from billproof_ops.target import Target
from tests.support.fakes import MemoryWorkflows
from tests.support.world import INC, JANUARY, World, flight

DAY = "2013-01-05"


def running(world: World) -> RunningUsage:
    return running_usage(
        legal_entity=INC, account="UA", period=JANUARY, sources=world.preview_sources(), now=world.now()
    )


def quantity(usage: RunningUsage, meter: str) -> str:
    return f"{sum(quantity.quantity for quantity in usage.quantities if quantity.meter == meter):f}"


def test_running_usage_is_what_is_compacted_and_what_came_since_and_comes_to_the_next_invoice() -> None:
    world = World(buckets=1)
    world.ingest([flight(1), flight(2)])
    compact_day(0, DAY, objects=world.objects, meters=world.directory.meters())
    first = running(world)
    assert (first.counts.metered, quantity(first, "flights_handled")) == (2, "2")
    world.ingest([flight(3), flight(1)])
    second = running(world)
    assert (second.counts.metered, second.counts.duplicate, quantity(second, "flights_handled")) == (3, 1, "3")
    world.bill()
    totals = world.invoice(f"{INC}.{JANUARY}.UA").totals
    assert (second.net, second.gross) == (totals.net, totals.gross)


def test_what_cannot_be_priced_has_quantities_and_says_why_there_is_no_price() -> None:
    world = World(buckets=1)
    world.ingest(flight(number, data={"distance": "9" * 23}) for number in range(2))
    usage = running(world)
    assert (usage.net, [finding.code for finding in usage.findings]) == (None, ["quantity_out_of_range"])
    assert quantity(usage, "flights_handled") == "2"


def test_a_month_without_usage_has_the_fees_alone() -> None:
    usage = running(World(buckets=1))
    assert usage.counts.copies == 0
    assert usage.net is not None


def test_the_command_shows_what_is_used_and_starts_one_round_of_compaction(monkeypatch: pytest.MonkeyPatch) -> None:
    world, rounds = World(buckets=1), MemoryWorkflows()
    world.ingest([flight(1), flight(2)])
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world, machine=lambda _: rounds))
    shown = CliRunner().invoke(cli.app, ["usage", "show", "UA", "-p", JANUARY])
    assert (shown.exit_code, "2 events, 2 of them priced" in shown.output, "net so far" in shown.output) == (0, 1, 1)
    for said in ("compacts", "already compacts"):
        started = CliRunner().invoke(cli.app, ["usage", "compact", "-p", JANUARY])
        assert (started.exit_code, f" {said} the days of {JANUARY}" in started.output) == (0, True)
