"""A person's note that a customer disputes an invoice, a line of it, or a part of that line."""

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.asking import known_person
from billproof.composition import Composition
from billproof.identities import InvoiceId
from billproof.receivables.dispute_notes import DisputeAnswer, WantedDispute


@api_call(WantedDispute, name="dispute_invoice")
def handler(call: RouteCall[WantedDispute], ports: Composition) -> DisputeAnswer:
    """Keep what is disputed; what reads receivables is loaded for a person of the policy."""
    entity = InvoiceId.parse(call.request.invoice).legal_entity
    person = known_person(ports.policies, entity, call.caller.identity)
    from billproof.pipeline.issue_days import today_of
    from billproof.receivables.disputing import dispute_invoice

    return dispute_invoice(
        call.request,
        opened_by=person.id,
        receivables=ports.cash_sources().receivables(entity),
        book=ports.dispute_book,
        today=today_of(ports.directory.legal_entity(entity), ports.now()),
    )
