"""Numbers for clean drafts, and on to the ERP and the customer."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.pipeline.model import BatchRequest, StepResult
from billproof.pipeline.steps.release_invoices import release_invoices


@step(BatchRequest, name="release_invoices")
def handler(request: BatchRequest, ports: Composition) -> StepResult:
    """Release the batch."""
    return release_invoices(
        run_id=request.run_id,
        batch_id=request.batch_id,
        objects=ports.objects,
        register=ports.register,
        directory=ports.directory,
        postings=ports.postings,
        deliveries=ports.deliveries,
        now=ports.now(),
    )
