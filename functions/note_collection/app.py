"""A person's note of what a customer owes: a promise to pay, a pause of reminders, a handover, or the end of these."""

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.asking import known_person
from billproof.composition import Composition
from billproof.receivables.notes import CollectionNote, NotedCollection


@api_call(CollectionNote, name="note_collection")
def handler(call: RouteCall[CollectionNote], ports: Composition) -> NotedCollection:
    """Keep what the caller notes of an account; what reads receivables is loaded for a person of the policy."""
    wanted = call.request
    person = known_person(ports.policies, wanted.legal_entity, call.caller.identity)
    from billproof.pipeline.issue_days import today_of
    from billproof.receivables.noting import note_collection

    return note_collection(
        wanted,
        noted_by=person.id,
        receivables=ports.cash_sources().receivables(wanted.legal_entity),
        book=ports.collection_book,
        now=ports.now(),
        today=today_of(ports.directory.legal_entity(wanted.legal_entity), ports.now()),
    )
