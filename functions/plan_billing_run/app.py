"""The first step of a billing run: freeze the terms, cut the work."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.planning import Planned, RunSizes, plan_billing_run


@step(PlanRequest, name="plan_billing_run")
def handler(request: PlanRequest, ports: Composition) -> Planned:
    """Plan the run."""
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
