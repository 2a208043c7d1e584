"""A person's decision about a receipt: what it pays, that what it paid was wrong, or that it went back."""

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.asking import known_person
from billproof.composition import Composition
from billproof.payments.decisions import DecidedReceipt, ReceiptDecision


@api_call(ReceiptDecision, name="decide_receipt")
def handler(call: RouteCall[ReceiptDecision], ports: Composition) -> DecidedReceipt:
    """Do what the caller decided, and have it booked; what applies receipts is loaded for a person of the policy."""
    person = known_person(ports.policies, call.request.legal_entity, call.caller.identity)
    from billproof.payments.deciding import decide_receipt

    sources = ports.cash_sources()
    return decide_receipt(call.request, decided_by=person.id, sources=sources, events=ports.payment_events)
