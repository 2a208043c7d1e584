"""What is divided into parts where there is much of it, and what is earned or declared beside an invoice."""

import json
from typing import cast

from billproof.erp.declaring import Declared
from billproof.invoicing.annex import annex_of
from billproof.invoicing.delivery import annex_key
from billproof.invoicing.facts import DECLARED
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import RUN_PLAN, Artefacts
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import join_parts, plan_billing_run, plan_part
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes
from billproof.reconciliation import parts as reconciliation
from tests.support.charges import miles
from tests.support.families import CHILDREN, PARENT, family
from tests.support.histories import History, Step
from tests.support.lives import Life
from tests.support.waiting import run, waiting
from tests.support.world import INC, JANUARY, REQUESTER, World, flight

RUN = f"{INC}-{JANUARY}-001"
INVOICE = f"{INC}.{JANUARY}.{PARENT}"


def _ports(world: World) -> PlanPorts:
    return PlanPorts(world.directory, world.register, world.objects, world.runs)


def _sizes(world: World) -> RunSizes:
    return RunSizes(buckets=world.buckets(), batch_size=3, max_concurrency=1, part_size=2)


def sent(world: World) -> None:
    world._sent = 0
    world.ingest([flight(number, account=account) for account in (PARENT, *CHILDREN) for number in range(4)])


def divided(world: World) -> None:
    request = PlanRequest(run_id=RUN, legal_entity=INC, period=JANUARY, requested_by=REQUESTER)
    planned = plan_billing_run(request, ports=_ports(world), sizes=_sizes(world), now=world.now())
    assert planned.outcome == "divided"


def parts_planned(world: World) -> None:
    for item in json.loads(world.objects.get(f"runs/{RUN}/maps/parts.json")):
        request = PlanRequest.model_validate(item)
        plan_part(request, request.part or 0, ports=_ports(world), sizes=_sizes(world))


def joined(world: World) -> None:
    (item, *_) = json.loads(world.objects.get(f"runs/{RUN}/maps/parts.json"))
    fields = {name: value for name, value in item.items() if name != "part"}
    assert join_parts(PlanRequest.model_validate(fields), ports=_ports(world), sizes=_sizes(world)).outcome == "planned"


def incomplete(world: World) -> None:
    """The batches are missing: what is missing is written down, and they are done."""
    plan = Artefacts(world.objects).read(RUN_PLAN, RUN)
    for bucket in plan.buckets:
        aggregate_usage(run_id=RUN, bucket=bucket, objects=world.objects)
    world.check(RUN)
    world.close(RUN)


def billed(world: World) -> None:
    for batch in Artefacts(world.objects).read(RUN_PLAN, RUN).batches:
        world.invoice_batch(RUN, batch)
    world.close(RUN)


def released(world: World) -> None:
    """Its tax is declared to an engine, and its lines are in an annex."""
    world.approve_all()
    world.post_all()
    known = world.register.released(INVOICE)
    assert known is not None
    world.register.add(INVOICE, DECLARED, Declared(transactions={}))
    world.objects.put(annex_key(known), annex_of(world.invoice(INVOICE), known))


def reconciled(world: World) -> None:
    key = reconciliation.write_items([(INC, JANUARY)], "one", world.objects)
    for item in json.loads(world.objects.get(key)):
        part = reconciliation.PartItem.model_validate(item)
        reconciliation.reconcile_part(part, world.reconciliation_sources())
    reconciliation.join_parts(key, world.reconciliation_sources())


IN_PARTS = History(
    "in-parts",
    family,
    (
        Step(("ingest_usage",), "ingest", sent),
        Step(("request_run",), "request", World.start),
        Step(("plan_billing_run",), "divide", divided),
        Step(("plan_billing_run",), "plan-parts", parts_planned),
        Step(("plan_billing_run",), "join", joined),
        Step(("close_billing_run",), "miss", incomplete),
        Step((), "bill", billed),
        Step((), "release", released),
        Step(("reconcile",), "reconcile-parts", reconciled),
    ),
)


def life() -> World:
    begun = waiting(miles("1"))
    vars(begun.world)["life"] = begun
    return begun.world


def accrued(world: World) -> None:
    """Its invoice waits for a person while its month ends: what it earned is an asset."""
    world.ingest([flight(1)])
    run(cast("Life", vars(world)["life"]), 1)


ASSETS = History("assets", life, (Step((), "earn", accrued),))
