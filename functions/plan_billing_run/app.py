"""The first step of a billing run: freeze the terms, cut the work."""

from billproof.aws.handlers import step
from billproof.aws.ports import Ports
from billproof.model import Model
from billproof.runs.planning import Planned, plan_billing_run


class Request(Model):
    """A run, whose it is and its month."""

    run_id: str
    legal_entity: str
    period: str


@step(Request)
def handler(request: Request, ports: Ports) -> Planned:
    """Plan the run."""
    return plan_billing_run(
        run_id=request.run_id,
        legal_entity=request.legal_entity,
        period=request.period,
        directory=ports.directory,
        register=ports.register,
        objects=ports.objects,
        buckets=ports.settings.buckets,
        batch_size=ports.settings.batch_size,
        max_concurrency=ports.settings.max_concurrency,
        now=ports.now(),
    )
