"""What a run has, and is gone, is missed: it is never taken for what a run of before did not have."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from billproof.errors import NotFound
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import (
    AGGREGATION_PLAN,
    CHECK_WARNINGS,
    CONTROL_TOTALS,
    REFUSED,
    RUN_PLAN,
    SHARED_IDS,
    Artefact,
    Artefacts,
)
from billproof.pipeline.closing import read_statement
from billproof.pipeline.earlier_runs import EarlierRuns
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof.usage.buckets import Buckets
from tests.support.completeness import read_completeness
from tests.support.late_usage import FEB, JAN, RUN_DAYS
from tests.support.plans_of_before import as_of_before
from tests.support.refused_usage import RUN, TOTAL, bill, unreadable, world_with_refusals
from tests.support.world import INC, World, flight

ONE_BUCKET = Buckets((1,))

type Step = Callable[[], object]


def steps_of(world: World, run: str) -> list[Step]:
    """One bucket, and one batch."""
    (batch,) = Artefacts(world.objects).read(RUN_PLAN, run).batches
    return [
        lambda: aggregate_usage(run_id=run, bucket=0, objects=world.objects),
        lambda: world.check(run),
        lambda: world.invoice_batch(run, batch),
        lambda: world.close(run),
    ]


def go_on(steps: Iterable[Step]) -> None:
    for step in steps:
        step()


@pytest.mark.parametrize(
    ("artefact", "after"),
    [(REFUSED, 0), (CONTROL_TOTALS, 0), (REFUSED, 1), (REFUSED, 2), (SHARED_IDS, 2), (CHECK_WARNINGS, 2)],
    ids=lambda value: value.name if isinstance(value, Artefact) else str(value),
)
def test_a_list_of_a_run_that_is_gone_stops_the_run_by_name_and_not_as_one_that_it_never_had(
    artefact: Artefact[Any], after: int
) -> None:
    """A run of before has no such list: one that was gone was taken for that, and nothing of it was stated."""
    world = world_with_refusals()
    world.ingest([flight(2) | TOTAL])
    world.moment = RUN_DAYS[JAN]
    run = world.start()
    world.plan(run)
    steps = steps_of(world, run)
    go_on(steps[:after])
    gone = world.objects.items.pop(artefact.key(run))
    with pytest.raises(NotFound, match=artefact.key(run)):
        go_on(steps[after:])
    world.objects.items[artefact.key(run)] = gone
    go_on(steps[after:])
    assert {place.place for place in read_statement(world.objects, run).quarantine} == {"UA", "B6"}


def test_a_list_of_refused_events_that_is_gone_is_missed_by_the_proof_and_named_by_the_next_run() -> None:
    world = world_with_refusals()
    bill(world)
    del world.objects.items[REFUSED.key(RUN)]
    with pytest.raises(NotFound, match=REFUSED.key(RUN)):
        prove_run(RUN, stores=world.stores())
    assert unreadable(bill(world, FEB)) == [REFUSED.key(RUN)]


@pytest.mark.parametrize("spoil", [lambda items, key: items.pop(key), lambda items, key: items.update({key: b"{"})])
def test_a_list_of_ids_of_several_accounts_that_is_gone_or_spoilt_is_named_by_the_proof(
    spoil: Callable[..., Any],
) -> None:
    world = World(accounts={"UA", "WN"})
    world.ingest([flight(1, id="7"), flight(2, id="7", account="WN")])
    assert [finding.code for finding in bill(world).findings] == ["id_in_several_accounts"]
    world.post_all()
    assert prove_run(RUN, stores=world.stores()).differences == ()
    spoil(world.objects.items, SHARED_IDS.key(RUN))
    (difference,) = prove_run(RUN, stores=world.stores()).differences
    assert (difference.kind, difference.where) == (DifferenceKind.STATEMENT, SHARED_IDS.key(RUN))


def test_ids_of_the_month_before_that_are_gone_are_named_and_those_of_a_run_of_before_are_none() -> None:
    world = world_with_refusals()
    bill(world)
    (key,) = world.objects.keys(f"runs/{RUN}/ids/")
    del world.objects.items[key]
    bill(world, FEB)
    named = [finding.path for finding in read_completeness(world.objects, f"{INC}-{FEB}-001").findings]
    assert key in named
    as_of_before(world.objects, RUN)
    bill(world, FEB)
    assert key not in {finding.path for finding in read_completeness(world.objects, f"{INC}-{FEB}-002").findings}


def test_an_aggregation_plan_of_the_month_before_that_is_gone_is_never_taken_for_nothing_seen() -> None:
    """Usage of a month that no invoice bills was told again, as if no run had told of it."""
    world = World(accounts={"UA"})
    world.ingest([flight(1)])
    bill(world)
    runs = EarlierRuns(world.objects, ONE_BUCKET)
    assert runs.seen_by_run(RUN, "UA", JAN).manifest
    del world.objects.items[AGGREGATION_PLAN.key(RUN, "0000")]
    with pytest.raises(NotFound, match="aggregation-plan/0000"):
        EarlierRuns(world.objects, ONE_BUCKET).seen_by_run(RUN, "UA", JAN)
    assert not EarlierRuns(world.objects, Buckets((4,))).seen_by_run(RUN, "UA", JAN).manifest
