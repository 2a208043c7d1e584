"""The documents of a batch."""

from billproof.aws.handlers import BatchRequest, step
from billproof.aws.ports import Ports
from billproof.invoicing.service import draft_invoices
from billproof.pricing.service import Stepped


@step(BatchRequest)
def handler(request: BatchRequest, ports: Ports) -> Stepped:
    """Take the step for one batch."""
    return draft_invoices(run_id=request.run_id, batch_id=request.batch_id, objects=ports.objects)
