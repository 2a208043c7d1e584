"""Tax on the lines of a batch."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.pipeline.model import BatchRequest, StepResult
from billproof.pipeline.steps.calculate_tax import calculate_tax


@step(BatchRequest, name="calculate_tax")
def handler(request: BatchRequest, ports: Composition) -> StepResult:
    """Take the step for one batch."""
    return calculate_tax(
        run_id=request.run_id, batch_id=request.batch_id, objects=ports.objects, engines=ports.tax_engines
    )
