"""Usage that cannot be read is never taken for no usage: whose it may be is held, everybody else is billed."""

from datetime import UTC, datetime

import pytest

from billproof.errors import ObjectUnreadable
from billproof.findings import Severity
from billproof.invoicing.drafts import DraftOutcome
from billproof.masterdata.meters import Meter
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import DRAFTED, TALLY, USAGE, Artefacts
from billproof.pipeline.model import RunStatement
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof.usage.compaction import compact_day
from billproof.usage.keys import bucket_name, usage_prefix
from tests.support.charges import charge
from tests.support.late_usage import FEB, JAN, RUN_DAYS
from tests.support.lives import Life
from tests.support.spoilt import SPOILT
from tests.support.world import INC, World, flight

pytestmark = pytest.mark.long

DAY = "2013-01-05"
NEIGHBOUR, LACKING = "B6", "UA"
"""They lie in two buckets."""


def world_of_two_buckets() -> World:
    world = World(accounts={NEIGHBOUR, LACKING}, buckets=4)
    world.hold_for_no_amount()
    for account in (NEIGHBOUR, LACKING):
        world.ingest([flight(number, account=account) for number in (1, 2)])
        world.ingest([flight(3, account=account, day="2013-01-09")])
    return world


def bill(world: World, month: str = JAN) -> RunStatement:
    world.moment = RUN_DAYS[month]
    statement = world.bill(INC, month)
    world.post_all(INC, month)
    return statement


def segment(world: World, account: str, day: str = DAY) -> str:
    bucket = {NEIGHBOUR: 0, LACKING: 2}[account]
    (key,) = world.objects.keys(usage_prefix(bucket, day))
    return key


def blocked(statement: RunStatement) -> dict[str, str]:
    return {
        finding.account: finding.path
        for finding in statement.findings
        if finding.code == "object_unreadable" and finding.severity is Severity.BLOCKING
    }


def is_released(world: World, account: str, month: str = JAN) -> bool:
    return world.register.released(f"{INC}.{month}.{account}") is not None


def amounts(world: World, month: str = JAN) -> dict[str, str]:
    names = (NEIGHBOUR, LACKING)
    return {name: world.invoice(f"{INC}.{month}.{name}").totals.gross.text for name in names}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_segment_holds_who_has_its_day_and_once_it_is_restored_all_of_it_is_billed(how: str) -> None:
    untouched = world_of_two_buckets()
    bill(untouched)
    world = world_of_two_buckets()
    key = segment(world, LACKING)
    intact = world.objects.items[key]
    world.objects.items[key] = SPOILT[how](intact)
    assert blocked(bill(world)) == {LACKING: key}
    assert [is_released(world, name) for name in (NEIGHBOUR, LACKING)] == [True, False]
    assert {(one.kind, one.where) for one in prove_run(f"{INC}-{JAN}-001", stores=world.stores()).differences} == {
        (DifferenceKind.SEGMENT, key)
    }
    world.objects.items[key] = intact
    assert blocked(bill(world)) == {}
    assert amounts(world) == amounts(untouched)
    for run in ("001", "002"):
        assert prove_run(f"{INC}-{JAN}-{run}", stores=world.stores()).differences == ()


def test_a_segment_that_a_run_listed_and_that_is_gone_holds_who_has_its_day() -> None:
    world = world_of_two_buckets()
    world.moment = RUN_DAYS[JAN]
    run = world.start()
    plan = world.plan(run)
    key = segment(world, LACKING)
    del world.objects.items[key]
    for bucket in plan.buckets:
        aggregate_usage(run_id=run, bucket=bucket, objects=world.objects)
    world.check(run)
    for batch in plan.batches:
        world.invoice_batch(run, batch)
    drafts = [one for batch in plan.batches for one in Artefacts(world.objects).read(DRAFTED, run, batch).drafts]
    held = {draft.account: [finding.path for finding in draft.findings] for draft in drafts if draft.findings}
    assert held == {LACKING: [key]}
    assert {draft.account: draft.outcome for draft in drafts} == {
        NEIGHBOUR: DraftOutcome.CLEAN,
        LACKING: DraftOutcome.HELD,
    }


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_list_of_an_earlier_run_holds_whose_late_usage_it_bounds(how: str) -> None:
    untouched, world = world_of_two_buckets(), world_of_two_buckets()
    for each in (untouched, world):
        bill(each)
        each.moment = datetime(2013, 2, 20, tzinfo=UTC)
        for account in (NEIGHBOUR, LACKING):
            each.ingest([flight(7, account=account), flight(1, account=account, day="2013-02-03")])
    bill(untouched, FEB)
    (key,) = world.objects.keys(f"runs/{INC}-{JAN}-001/segments/0002-")
    intact = world.objects.items[key]
    world.objects.items[key] = SPOILT[how](intact)
    assert blocked(bill(world, FEB)) == {LACKING: key}
    assert is_released(world, NEIGHBOUR, FEB)
    world.objects.items[key] = intact
    bill(world, FEB)
    assert amounts(world, FEB) == amounts(untouched, FEB)
    for run in ("001", "002"):
        assert prove_run(f"{INC}-{FEB}-{run}", stores=world.stores()).differences == ()


def test_a_list_that_is_spoilt_before_its_own_run_reads_it_holds_the_accounts_of_its_bucket() -> None:
    world = world_of_two_buckets()
    world.moment = RUN_DAYS[JAN]
    run = world.start()
    plan = world.plan(run)
    (key,) = world.objects.keys(f"runs/{run}/segments/0002-")
    world.objects.items[key] += b"?"
    for bucket in plan.buckets:
        aggregate_usage(run_id=run, bucket=bucket, objects=world.objects)
    used = [
        Artefacts(world.objects).read(USAGE, run, part).accounts for part in Artefacts(world.objects).parts(USAGE, run)
    ]
    lacked = {one.account: one.unreadable for accounts in used for one in accounts}
    assert lacked == {NEIGHBOUR: (), LACKING: (key,)}
    assert Artefacts(world.objects).read(TALLY, run, bucket_name(2)).unreadable == (key,)


def test_an_invoice_that_is_released_stays_as_it_is_where_its_usage_no_longer_reads() -> None:
    world = world_of_two_buckets()
    bill(world)
    before = amounts(world)
    key = segment(world, LACKING)
    world.objects.items[key] = b""
    statement = bill(world)
    assert blocked(statement) == {LACKING: key}
    assert amounts(world) == before
    assert (statement.released, statement.already_released) == (0, 2)


def test_a_run_that_says_falsely_that_it_could_not_read_a_segment_is_found() -> None:
    world = world_of_two_buckets()
    bill(world)
    artefacts, run = Artefacts(world.objects), f"{INC}-{JAN}-001"
    tally = artefacts.read(TALLY, run, bucket_name(2))
    lie = tally.model_copy(update={"unreadable": (segment(world, LACKING),)})
    artefacts.write(TALLY, run, lie, part=bucket_name(2))
    assert f"{LACKING} {JAN}" in {one.where for one in prove_run(run, stores=world.stores()).differences}


@pytest.mark.parametrize("how", SPOILT)
def test_a_day_with_a_spoilt_segment_is_not_compacted_and_one_that_was_is_billed_from_its_columns(how: str) -> None:
    world = world_of_two_buckets()
    compact_day(0, DAY, objects=world.objects, meters=world.directory.meters())
    for account in (NEIGHBOUR, LACKING):
        key = segment(world, account)
        world.objects.items[key] = SPOILT[how](world.objects.items[key])
    with pytest.raises(ObjectUnreadable, match=r"usage/bucket=0002"):
        compact_day(2, DAY, objects=world.objects, meters=world.directory.meters())
    assert blocked(bill(world)) == {LACKING: segment(world, LACKING)}
    assert is_released(world, NEIGHBOUR)


@pytest.mark.parametrize("what", ["segment", "list"])
def test_a_level_that_cannot_be_read_from_the_days_before_holds_its_account(what: str) -> None:
    account = Life(charge("stored", {"model": "per_unit", "unit_price": "1"}, meter="storage"))
    read = {"event_type": "flight.departed", "value_property": "distance", "unit": "GB"}
    account.world.publish(Meter(id="storage", version=1, name="Storage", aggregation="latest", **read))
    account.use("2012-12-10", "20")
    account.use("2013-01-10", "5")
    world = account.world
    if what == "segment":
        (key,) = world.objects.keys(usage_prefix(0, "2012-12-10"))
        world.objects.items[key] = b""
        assert blocked(bill(world))["UA"] == key
        return
    world.moment = RUN_DAYS[JAN]
    run = world.start()
    world.plan(run)
    (own,) = world.objects.keys(f"runs/{run}/segments/0000-")
    key = own.replace(".json.zst", "-before.json.zst")
    world.objects.items[key] = b"{}"
    aggregate_usage(run_id=run, bucket=0, objects=world.objects)
    parts = Artefacts(world.objects).parts(USAGE, run)
    used = [one for part in parts for one in Artefacts(world.objects).read(USAGE, run, part).accounts]
    assert {one.unreadable for one in used if one.account == "UA"} == {(key,)}
