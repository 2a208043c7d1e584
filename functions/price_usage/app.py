"""From quantities and terms to lines."""

from billproof.aws.handlers import BatchRequest, step
from billproof.aws.ports import Ports
from billproof.pricing.service import Stepped, price_usage


@step(BatchRequest)
def handler(request: BatchRequest, ports: Ports) -> Stepped:
    """Take the step for one batch."""
    return price_usage(run_id=request.run_id, batch_id=request.batch_id, objects=ports.objects)
