"""The last step of a billing run: nothing may be missing; then the statement."""

from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.pipeline.closing import Closed, close_billing_run
from billproof.pipeline.model import RunRequest


@step(RunRequest, name="close_billing_run")
def handler(request: RunRequest, ports: Composition) -> Closed:
    """Close the run, or name the batches that are missing."""
    result = close_billing_run(run_id=request.run_id, objects=ports.objects, records=ports.runs)
    count("InvoicesReleased", result.released)
    count("InvoicesHeld", result.held)
    return result
