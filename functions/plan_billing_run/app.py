"""The first step of a billing run: freeze the terms, cut the work."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.model import Model
from billproof.pipeline.planning import Planned, plan_billing_run


class Request(Model):
    """A run, whose it is, its month, who asked for it, and the accounts that it is limited to, if any."""

    run_id: str
    legal_entity: str
    period: str
    requested_by: str
    only_accounts: tuple[str, ...] = ()


@step(Request)
def handler(request: Request, ports: Composition) -> Planned:
    """Plan the run."""
    return plan_billing_run(
        run_id=request.run_id,
        legal_entity=request.legal_entity,
        period=request.period,
        requested_by=request.requested_by,
        only_accounts=request.only_accounts,
        directory=ports.directory,
        register=ports.register,
        objects=ports.objects,
        buckets=ports.settings.buckets,
        batch_size=ports.settings.batch_size,
        max_concurrency=ports.settings.max_concurrency,
        now=ports.now(),
    )
