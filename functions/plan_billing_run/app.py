"""The first step of a billing run: freeze the terms, cut the work."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import Planned, RunSizes, plan_billing_run
from billproof.pipeline.starting import refuse_other_request


@step(PlanRequest, name="plan_billing_run")
def handler(request: PlanRequest, ports: Composition) -> Planned:
    """Plan the run, for who asked for it."""
    refuse_other_request(ports.runs, request.run_id, request.requested_by)
    settings = ports.settings
    return plan_billing_run(
        request,
        directory=ports.directory,
        register=ports.register,
        objects=ports.objects,
        runs=ports.runs,
        sizes=RunSizes(settings.buckets, settings.batch_size, settings.max_concurrency),
        now=ports.now(),
    )
