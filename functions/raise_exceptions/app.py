"""The held invoices of a batch, each to a workflow of its own that waits for a person."""

from billproof.approvals.raising import raise_exceptions
from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.pipeline.model import BatchRequest, StepResult


@step(BatchRequest, name="raise_exceptions")
def handler(request: BatchRequest, ports: Composition) -> StepResult:
    """Raise an exception for every invoice that was held."""
    result = raise_exceptions(
        run_id=request.run_id,
        batch_id=request.batch_id,
        objects=ports.objects,
        register=ports.register,
        exception_store=ports.exception_store,
        workflows=ports.exceptions,
        now=ports.now(),
    )
    count("ExceptionsRaised", result.findings)
    return result
