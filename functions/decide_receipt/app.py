"""A person's decision about a receipt: what it pays, or that what it paid was wrong."""

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.asking import known_person
from billproof.composition import Composition
from billproof.payments.deciding import DecidedReceipt, ReceiptDecision, decide_receipt
from billproof.payments.service import CashSources


@api_call(ReceiptDecision, name="decide_receipt")
def handler(call: RouteCall[ReceiptDecision], ports: Composition) -> DecidedReceipt:
    """Apply the receipt as the caller says, or undo what was applied, and have it booked."""
    person = known_person(ports.policies, call.request.legal_entity, call.caller.identity)
    sources = CashSources(
        book=ports.cash_book,
        register=ports.register,
        directory=ports.directory,
        objects=ports.objects,
        now=ports.now(),
    )
    return decide_receipt(call.request, decided_by=person.id, sources=sources, events=ports.payment_events)
