"""A request for a credit note or write-off. Who may invoke this function may ask; somebody else decides."""

from billproof.approvals.credits import CreditRequested, request_credit
from billproof.composition import Composition
from billproof.handlers import step
from billproof.invoicing.credit_requests import CreditRequest


@step(CreditRequest, name="request_credit")
def handler(request: CreditRequest, ports: Composition) -> CreditRequested:
    """Draft it and let it wait for approval."""
    return request_credit(
        request,
        register=ports.register,
        directory=ports.directory,
        objects=ports.objects,
        exception_store=ports.exception_store,
        workflows=ports.exceptions,
        now=ports.now(),
    )
