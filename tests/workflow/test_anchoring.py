"""Every whole day has an anchor, recorded in the chain: those that are removed are missed, whoever writes them anew."""

from datetime import UTC, date, datetime

import pytest

from billproof.audit.findings import AuditFindingKind
from billproof.audit.heads import anchor_days, anchor_key
from billproof.audit.verifying import verify
from tests.support.faults import Fuse, Killed
from tests.support.verifying import audited, verified
from tests.support.world import World, flight

TODAY = date(2013, 2, 6)
DAYS = [date(2013, 2, day) for day in (2, 3, 4, 5)]


def written(*, anchored: bool = True) -> World:
    """Something is stored on the 2nd, the 3rd and the 5th; then it is the 6th."""
    world = World(accounts={"UA"})
    for day in (3, 5):
        world.moment = datetime(2013, 2, day, 12, tzinfo=UTC)
        world.ingest([flight(day)])
        world.settle()
    world.moment = datetime(2013, 2, 6, 1, 15, tzinfo=UTC)
    if anchored:
        assert anchor_days(world.chain, world.anchors, today=TODAY) == DAYS
        world.settle()
    return world


def missed(world: World, today: date | None = None) -> list[str]:
    findings = verified(world, today=today).findings
    assert {finding.kind for finding in findings} <= {AuditFindingKind.ANCHOR_MISSING}
    return [finding.where.removeprefix("anchor of ") for finding in findings]


def test_the_first_call_anchors_every_day_since_the_first_record_and_each_anchor_has_a_record() -> None:
    world = written()
    assert missed(world, TODAY) == []
    assert anchor_days(world.chain, world.anchors, today=TODAY) == []


@pytest.mark.parametrize("gone", [DAYS, DAYS[:1], DAYS[2:], DAYS[-1:]], ids=["all", "first", "last two", "last"])
def test_anchors_that_were_recorded_and_are_gone_are_missed_day_by_day_and_each_once(gone: list[date]) -> None:
    world = written()
    for day in gone:
        del world.anchors.items[anchor_key(day)]
    assert sorted(missed(world)) == sorted(map(str, gone))
    assert sorted(missed(world, TODAY)) == sorted(map(str, gone))


def test_in_parts_and_in_a_window_they_are_missed_as_in_one() -> None:
    world = written()
    world.anchors.items.clear()
    whole = verify(audited(world)).findings
    assert sorted(verify(audited(world), blocks_at_once=2).findings, key=str) == sorted(whole, key=str)
    assert sorted(verify(audited(world), since="2013-02-06T00:00:00Z").findings, key=str) == sorted(whole, key=str)


@pytest.mark.parametrize(
    ("today", "due"),
    [(3, []), (4, ["2013-02-02"]), (6, ["2013-02-02", "2013-02-03"]), (7, ["2013-02-02", "2013-02-03", "2013-02-05"])],
)
def test_a_chain_that_nothing_ever_anchored_is_missed_from_the_day_after_next_on(today: int, due: list[str]) -> None:
    world = written(anchored=False)
    assert missed(world) == []
    assert missed(world, date(2013, 2, today)) == due


def test_anchors_of_before_they_had_records_are_missed_by_the_days_of_the_chain() -> None:
    world = written(anchored=False)
    anchor_days(world.chain, world.anchors.memory, today=TODAY)
    assert missed(world, TODAY) == []
    world.anchors.items.clear()
    assert missed(world, date(2013, 2, 7)) == ["2013-02-02", "2013-02-03", "2013-02-05"]


def test_anchors_that_are_written_anew_over_the_same_chain_hold_and_over_another_do_not() -> None:
    world = written()
    world.anchors.items.clear()
    anchor_days(world.chain, world.anchors, today=TODAY)
    world.settle()
    assert missed(world, TODAY) == []
    world.anchors.items.clear()
    of_the_fifth = (key for key, block in world.audit.items.items() if block.get("at", "").startswith("2013-02-05"))
    del world.audit.items[max(of_the_fifth)]
    world.chain.forget()
    anchor_days(world.chain, world.anchors, today=TODAY)
    world.settle()
    kinds = {finding.kind for finding in verified(world, today=TODAY).findings if finding.where.startswith("anchors ")}
    assert kinds == {AuditFindingKind.OVERWRITTEN}


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("number", range(1, 13))
def test_a_call_that_is_stopped_at_a_write_is_made_good_by_the_next(
    monkeypatch: pytest.MonkeyPatch, number: int, *, after_effect: bool
) -> None:
    world, fuse = written(anchored=False), Fuse()
    with monkeypatch.context() as patched:
        for port, name in ((world.anchors.memory, "create"), (world.audit, "create"), (world.audit, "create_all")):
            patched.setattr(port, name, fuse.around(getattr(port, name)))
        fuse.arm(number, after_effect=after_effect)
        try:
            anchor_days(world.chain, world.anchors, today=TODAY)
        except Killed:
            world.chain.forget()
    anchor_days(world.chain, world.anchors, today=TODAY)
    world.settle()
    assert sorted(world.anchors.items) == [anchor_key(day) for day in DAYS]
    assert missed(world, TODAY) == []
