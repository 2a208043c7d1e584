"""The release of an invoice that was held and then approved."""

from billproof.approvals.service import Applied, apply_decision
from billproof.aws.handlers import count, step
from billproof.aws.ports import Ports
from billproof.model import Model


class Request(Model):
    """An exception that was approved."""

    exception: str


@step(Request)
def handler(request: Request, ports: Ports) -> Applied:
    """Release the invoice as it was held."""
    result = apply_decision(
        exception=request.exception,
        casebook=ports.casebook,
        objects=ports.objects,
        register=ports.register,
        postings=ports.postings,
        deliveries=ports.deliveries,
    )
    count("InvoicesReleased", int(result.outcome == "released"))
    return result
