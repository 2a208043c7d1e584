"""Unbilled exposure from roll-ups: the same money as previews of all accounts, and it says what it does not hold."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof.money import Money
from billproof.pipeline.exposure import Exposure, exposure
from billproof.pipeline.previewing import preview
from billproof.usage.compaction import compact_day
from billproof_ops import cli
from billproof_ops.demo import story
from billproof_ops.target import Target
from tests.support.playing import played_once
from tests.support.world import INC, JANUARY, World, flight

pytestmark = pytest.mark.long

DAYS = ("2013-01-01", "2013-01-05", "2013-01-06", "2013-02-01")


def compact(world: World) -> None:
    for bucket in world.buckets().current:
        for day in DAYS:
            compact_day(bucket, day, objects=world.objects, meters=world.directory.meters())


def exposed(world: World, *, is_fresh: bool = False) -> Exposure:
    sources = world.preview_sources()
    return exposure(legal_entity=INC, period=JANUARY, sources=sources, now=world.now(), is_fresh=is_fresh)


def previewed(world: World) -> dict[str, Money | None]:
    """What previews of all accounts come to, each drafted as an invoice."""
    previews = preview(legal_entity=INC, period=JANUARY, accounts=(), sources=world.preview_sources(), now=world.now())
    return {one.account: one.invoice.totals.net if one.invoice else None for one in previews if one.number is None}


def previewed_totals(world: World) -> tuple[Money, ...]:
    amounts = [net for net in previewed(world).values() if net is not None]
    return (Money.zero("USD").plus(amounts),)


def by_account(owed: Exposure) -> dict[str, Money | None]:
    return {account.account: account.net for account in owed.accounts}


@pytest.fixture
@played_once
def world() -> World:
    """Usage of every account of the demo, at the edges of the month, too, with copies; and before it of UA."""
    world = World(buckets=2)
    events: list[dict[str, Any]] = []
    for account in [account.id for account in story.master_data().accounts]:
        events += [flight(number, account=account, day=day) for number in range(40) for day in DAYS[1:3]]
        events += [
            flight(50, account=account, day="2013-01-01", time="2013-01-01T00:10:00-05:00"),
            *(
                [flight(51, account="UA", day="2013-01-01", time="2012-12-31T23:50:00-05:00")]
                if account == "UA"
                else []
            ),
            flight(52, account=account, day="2013-02-01", time="2013-01-31T23:59:59-05:00"),
            flight(53, account=account, day="2013-02-01", time="2013-02-01T00:00:00-05:00"),
        ]
    world.ingest(events)
    world.ingest(events[:10])
    return world


def test_what_is_owed_is_what_previews_of_all_accounts_come_to(world: World) -> None:
    compact(world)
    owed = exposed(world)
    assert by_account(owed) == previewed(world)
    assert owed.rolled_up >= 3
    assert owed.counted >= 1
    assert {account.events for account in owed.accounts} == {82}
    assert (owed.newer_segments, owed.released, owed.unpriced) == (0, 0, ())
    (total,) = owed.totals
    assert total.amount == sum((net.amount for net in by_account(owed).values() if net), Decimal(0)) > 0


def test_accounts_that_correct_something_are_counted_from_their_rows(world: World) -> None:
    world.ingest([{**flight(90, account="UA"), "corrects": "2013-01-05:UA:1"}, flight(91, account="WN")])
    compact(world)
    before = exposed(world)
    assert by_account(before) == previewed(world)


def test_what_is_newer_than_the_compactions_is_said(world: World) -> None:
    compact(world)
    rolled_up = exposed(world)
    world.ingest([flight(99, account="B6")])
    owed = exposed(world)
    assert owed.newer_segments == 1
    assert by_account(owed)["B6"] in {by_account(rolled_up)["B6"], previewed(world)["B6"]}


def test_what_is_fresh_holds_what_is_newer_than_the_compactions(world: World) -> None:
    """Without any compaction, with all, and with an event that comes after them: it is what previews come to."""
    assert by_account(exposed(world, is_fresh=True)) == previewed(world)
    compact(world)
    counted = exposed(world, is_fresh=True)
    world.ingest([flight(99, account="B6")])
    owed = exposed(world, is_fresh=True)
    assert by_account(owed) == previewed(world) != by_account(counted)
    assert owed.newer_segments == 0
    assert owed.rolled_up >= counted.rolled_up - 1, "only what is fresh of them is counted from rows"


def test_days_that_are_not_compacted_are_newer(world: World) -> None:
    owed = exposed(world)
    assert owed.newer_segments > 0
    assert owed.totals[0].amount < previewed_totals(world)[0].amount


def test_a_roll_up_that_is_not_there_or_not_as_it_was_written_is_made_up_for_by_the_rows(world: World) -> None:
    compact(world)
    known = exposed(world)
    (first, *_, last) = [key for key in world.objects.keys("compacted/") if key.endswith(".rollup")]
    world.objects.items[first] = b"PAR1"
    del world.objects.items[last]
    owed = exposed(world)
    assert (by_account(owed), owed.newer_segments, owed.rolled_up) == (by_account(known), 0, 0)


def test_a_sum_that_no_quantity_holds_leaves_no_roll_up_and_the_account_is_not_known() -> None:
    world = World(buckets=1)
    world.ingest(flight(number, data={"distance": "9" * 23}) for number in range(2))
    compact(world)
    owed = exposed(world)
    assert [account.account for account in owed.unpriced] == ["UA"]
    assert owed.unpriced[0].findings == ("quantity_out_of_range",)


def test_what_is_released_is_not_owed_any_more(world: World) -> None:
    compact(world)
    world.bill()
    owed = exposed(world)
    assert owed.released > 0
    assert by_account(owed) == previewed(world)


def test_the_command_prints_the_money_and_what_is_not_in_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    compact(world)
    world.ingest([flight(99, account="B6")])
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world))
    shown = CliRunner().invoke(cli.app, ["usage", "exposure", "-e", INC, "-p", JANUARY], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert f"in all {exposed(world).totals[0]}" in shown.output
    assert "not in it: 1 segments that came after the last compaction" in shown.output
