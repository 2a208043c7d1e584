"""From quantities and terms to lines."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.pipeline.model import BatchRequest, StepResult
from billproof.pipeline.steps.price_usage import price_usage


@step(BatchRequest, name="price_usage")
def handler(request: BatchRequest, ports: Composition) -> StepResult:
    """Take the step for one batch."""
    return price_usage(run_id=request.run_id, batch_id=request.batch_id, objects=ports.objects)
