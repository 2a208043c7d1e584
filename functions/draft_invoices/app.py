"""The documents of a batch."""

from billproof.composition import Composition
from billproof.handlers import BatchRequest, step
from billproof.invoicing.service import draft_invoices
from billproof.pricing.service import StepResult


@step(BatchRequest)
def handler(request: BatchRequest, ports: Composition) -> StepResult:
    """Take the step for one batch."""
    return draft_invoices(run_id=request.run_id, batch_id=request.batch_id, objects=ports.objects)
