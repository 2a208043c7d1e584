"""What a person notes of what a customer owes: a promise to pay, a pause, that somebody else collects, and its end."""

from datetime import date, datetime

from billproof.errors import Contended, InvalidInput
from billproof.invoicing.links import revoke_links
from billproof.payments.receivables import Receivables
from billproof.receivables.collection_book import CollectionBook
from billproof.receivables.notes import CollectionNote, NotedCollection, NoteVerdict
from billproof.receivables.reminders import CollectionFact, CollectionKind, CollectionState
from billproof.retrying import attempts

MAX_ATTEMPTS = 20
UNSAID = {"ordinal", "day"}
"""What does not tell a note from the same one that was noted before."""


def note_collection(
    wanted: CollectionNote,
    *,
    noted_by: str,
    receivables: Receivables,
    book: CollectionBook,
    today: date,
    now: datetime,
) -> NotedCollection:
    """Keep what a person noted; the same as was noted last changes nothing.

    What is reachable is kept with the addresses, and that links are revoked beside their documents.

    Raises InvalidInput for an account of another legal entity, a number that is no invoice of it, a day that is past,
    an address that did not fail, and Contended where others kept adding facts.
    """
    _refuse(wanted, receivables, today)
    if wanted.address is not None:
        addresses = receivables.register.addresses
        addresses.works(wanted.legal_entity, wanted.address, said_by=noted_by, reason=wanted.reason, now=now)
        return _noted(wanted, book.state(wanted.legal_entity, wanted.account))
    if wanted.verdict is NoteVerdict.UNLINKED:
        for item in filter(None, map(receivables.numbered, wanted.numbers)):
            revoke_links(item.document, receivables.register, revoked_by=noted_by, reason=wanted.reason, now=now)
        return _noted(wanted, book.state(wanted.legal_entity, wanted.account))
    for _ in attempts(MAX_ATTEMPTS):
        state = book.state(wanted.legal_entity, wanted.account)
        fact = CollectionFact(
            ordinal=state.next_ordinal,
            kind=CollectionKind(wanted.verdict.value),
            day=today,
            numbers=wanted.numbers,
            until=wanted.until,
            decided_by=noted_by,
            reason=wanted.reason,
        )
        if _is_noted(fact, state) or book.add(wanted.legal_entity, wanted.account, fact):
            return _noted(wanted, CollectionState((*state.facts, fact)))
    message = f"others kept adding facts of {wanted.account}"
    raise Contended(message)


def _noted(wanted: CollectionNote, state: CollectionState) -> NotedCollection:
    return NotedCollection(
        account=wanted.account,
        verdict=wanted.verdict,
        numbers=wanted.numbers,
        until=wanted.until,
        is_handed_over=state.handed_over is not None,
    )


def _is_noted(fact: CollectionFact, state: CollectionState) -> bool:
    last = state.facts[-1] if state.facts else None
    return last is not None and last.model_dump(exclude=UNSAID) == fact.model_dump(exclude=UNSAID)


def _refuse(wanted: CollectionNote, receivables: Receivables, today: date) -> None:
    known = receivables.directory.account(wanted.account)
    if known is None or known.legal_entity != wanted.legal_entity:
        message = f"{wanted.legal_entity} has no such account"
        raise InvalidInput(message)
    for number in wanted.numbers:
        item = receivables.numbered(number)
        if item is None or item.account != wanted.account:
            message = f"{wanted.account} has no invoice of a number that is named"
            raise InvalidInput(message)
    if wanted.until is not None and wanted.until < today:
        message = f"{wanted.until} is past: a promise or pause holds until a day to come"
        raise InvalidInput(message)
