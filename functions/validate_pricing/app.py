"""The controls on the lines of a batch."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.pipeline.model import BatchRequest, StepResult
from billproof.pipeline.steps.validate_pricing import validate_pricing


@step(BatchRequest, name="validate_pricing")
def handler(request: BatchRequest, ports: Composition) -> StepResult:
    """Take the step for one batch."""
    return validate_pricing(run_id=request.run_id, batch_id=request.batch_id, objects=ports.objects)
