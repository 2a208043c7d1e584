"""The controls on the lines of a batch."""

from billproof.composition import Composition
from billproof.controls.service import validate_pricing
from billproof.handlers import BatchRequest, step
from billproof.pricing.service import StepResult


@step(BatchRequest)
def handler(request: BatchRequest, ports: Composition) -> StepResult:
    """Take the step for one batch."""
    return validate_pricing(run_id=request.run_id, batch_id=request.batch_id, objects=ports.objects)
