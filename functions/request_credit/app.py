"""A person's request for a credit note or write-off: somebody else decides."""

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.asking_credits import ask_for_credit
from billproof.approvals.model import CreditRequested
from billproof.composition import Composition
from billproof.invoicing.credit_requests import WantedCredit


@api_call(WantedCredit, name="request_credit")
def handler(call: RouteCall[WantedCredit], ports: Composition) -> CreditRequested:
    """Draft it and let it wait for approval; its id is the key under which the same request is one."""
    return ask_for_credit(
        call.request,
        caller=call.caller.identity,
        policies=ports.policies,
        requests=ports.requests,
        register=ports.register,
        directory=ports.directory,
        objects=ports.objects,
        cash_book=ports.cash_book,
        exception_store=ports.exception_store,
        workflows=ports.exceptions,
        now=ports.now(),
    )
