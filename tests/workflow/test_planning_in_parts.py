"""Of many accounts the planning of a run is divided; whatever the parts, the bills are the same."""

import json

import pytest

from billproof.errors import NotFound
from billproof.masterdata.keys import MEMBER_SHARDS
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import RUN_PLAN, Artefacts
from billproof.pipeline.closing import read_statement
from billproof.pipeline.model import PlanRequest, RunStatement
from billproof.pipeline.planning import Planned, PlanOutcome, join_parts, plan_billing_run, plan_part
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes
from billproof.usage.buckets import Buckets
from tests.bench import load
from tests.support.families import CHILDREN, PARENT, amounts, family, holds
from tests.support.world import INC, JANUARY, REQUESTER, World, flight

ACCOUNTS, PART_SIZE = 40, 2
SIZES = RunSizes(buckets=Buckets((4,)), batch_size=3, max_concurrency=1, part_size=PART_SIZE)


def filled(**shape: int) -> World:
    world = load.world(**{"accounts": ACCOUNTS, "buckets": 4, **shape})
    load.ingest(world, load.calls(2_000, accounts=ACCOUNTS))
    return world


def ports(world: World) -> PlanPorts:
    return PlanPorts(world.directory, world.register, world.objects, world.runs)


def begin(world: World, run: str) -> Planned:
    request = PlanRequest(run_id=run, legal_entity=INC, period=JANUARY, requested_by=REQUESTER)
    return plan_billing_run(request, ports=ports(world), sizes=SIZES, now=world.now())


def parts_of(world: World, planned: Planned) -> list[PlanRequest]:
    return [PlanRequest.model_validate(item) for item in json.loads(world.objects.get(planned.parts_key))]


def joined(world: World, planned: Planned) -> Planned:
    fields = planned.model_dump(include={*PlanRequest.model_fields})
    return join_parts(PlanRequest.model_validate(fields), ports=ports(world), sizes=SIZES)


def bill_in_parts(world: World) -> RunStatement:
    run = world.start()
    planned = begin(world, run)
    assert planned.outcome is PlanOutcome.DIVIDED
    for request in reversed(parts_of(world, planned)):
        plan_part(request, request.part or 0, ports=ports(world), sizes=SIZES)
    assert joined(world, planned).outcome is PlanOutcome.PLANNED
    plan = Artefacts(world.objects).read(RUN_PLAN, run)
    for bucket in plan.buckets:
        aggregate_usage(run_id=run, bucket=bucket, objects=world.objects)
    world.check(run)
    for batch in plan.batches:
        world.invoice_batch(run, batch)
    assert world.close(run).outcome == "closed"
    world.billing_runs.statuses[run] = "SUCCEEDED"
    return read_statement(world.objects, run)


@pytest.mark.long
def test_a_run_that_is_planned_in_parts_bills_as_one_that_is_not_and_is_proved() -> None:
    divided, whole = filled(), filled()
    assert bill_in_parts(divided).model_dump(exclude={"findings"}) == whole.bill().model_dump(exclude={"findings"})
    for world in (divided, whole):
        world.approve_all()
        world.post_all()
    for name in map(load.account_name, range(ACCOUNTS)):
        invoices = [world.invoice(f"{INC}.{JANUARY}.{name}") for world in (divided, whole)]
        assert invoices[0].totals == invoices[1].totals
        assert [line.amounts for line in invoices[0].lines] == [line.amounts for line in invoices[1].lines]
    holds(divided)


def test_a_family_whose_members_are_in_several_parts_is_billed_together() -> None:
    divided, whole = family(), family()
    for world in (divided, whole):
        world.ingest([flight(number, account=account) for account in (PARENT, *CHILDREN) for number in range(4)])
    bill_in_parts(divided)
    whole.bill()
    for world in (divided, whole):
        world.approve_all()
        world.post_all()
    assert len({account for account, _ in amounts(divided)}) > 1
    assert amounts(divided) == amounts(whole)
    holds(divided)


def test_each_account_is_in_one_part_and_a_part_has_about_as_many_as_it_may() -> None:
    world = filled()
    planned = begin(world, world.start())
    requests = parts_of(world, planned)
    assert planned.parts == len(requests) == 2 * MEMBER_SHARDS
    members = [
        member
        for request in requests
        for member in world.directory.members_of_part(INC, request.part or 0, request.parts)
    ]
    assert sorted(members) == [*map(load.account_name, range(ACCOUNTS))]


def test_a_part_that_was_not_planned_again_is_missed() -> None:
    world = filled()
    run = world.start()
    first = begin(world, run)
    for request in parts_of(world, first):
        plan_part(request, request.part or 0, ports=ports(world), sizes=SIZES)
    joined(world, first)
    world.ingest([])
    again = begin(world, run)
    *others, _last = parts_of(world, again)
    for request in others:
        plan_part(request, request.part or 0, ports=ports(world), sizes=SIZES)
    with pytest.raises(NotFound, match="was not planned again"):
        joined(world, again)
