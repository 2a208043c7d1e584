"""The first steps of a billing run: freeze the terms, cut the work; of many accounts part by part."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import PartPlanned, Planned, join_parts, plan_billing_run, plan_part
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes
from billproof.pipeline.starting import refuse_other_request


@step(PlanRequest, name="plan_billing_run")
def handler(request: PlanRequest, ports: Composition) -> Planned | PartPlanned:
    """Plan the run for who asked for it, or one part of its accounts, or put the parts together."""
    refuse_other_request(ports.runs, request.run_id, request.requested_by)
    settings = ports.settings
    sizes = RunSizes(ports.buckets(), settings.batch_size, settings.max_concurrency, settings.part_size)
    reads = PlanPorts(ports.directory, ports.register, ports.objects, ports.runs, ports.cash_book)
    if request.part is not None:
        return plan_part(request, request.part, ports=reads, sizes=sizes)
    if request.parts:
        return join_parts(request, ports=reads, sizes=sizes)
    return plan_billing_run(request, ports=reads, sizes=sizes, now=ports.now())
