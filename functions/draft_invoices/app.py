"""The documents of a batch."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.pipeline.model import BatchRequest, StepResult
from billproof.pipeline.steps.draft_invoices import draft_invoices


@step(BatchRequest, name="draft_invoices")
def handler(request: BatchRequest, ports: Composition) -> StepResult:
    """Take the step for one batch."""
    return draft_invoices(run_id=request.run_id, batch_id=request.batch_id, objects=ports.objects)
