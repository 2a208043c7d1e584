"""Noting something of an exception: any person of the policy may, and it decides nothing.

note n is read -> note n + 1 is written where none is
                  ^ crash, or no answer: the same note again is the one that is there, and is kept once
"""

from datetime import date, datetime, timedelta

from billproof.approvals.asking import known_person
from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.governing import PolicyBook
from billproof.approvals.model import ExceptionState
from billproof.approvals.notes import ExceptionNote, ExceptionNoteKind, WantedNote
from billproof.callers import Identity
from billproof.errors import Conflict, Contended, InvalidInput
from billproof.ids import shown
from billproof.periods import instant_text
from billproof.retrying import attempts

MAX_ATTEMPTS = 20
MOST_NOTES = 500
"""Notes of one exception."""
LONGEST_SNOOZE = timedelta(days=31)


def note_exception(
    wanted: WantedNote, *, caller: Identity, exception_store: ExceptionStore, policies: PolicyBook, now: datetime
) -> ExceptionNote:
    """Keep what a person notes of an exception; the same as was noted last changes nothing.

    Raises NotFound where there is no such exception, NotAllowed for a caller who is no person of its legal entity's
    policy, InvalidInput for an assignee who is none or a day that is past or too far away, Conflict where it is decided
    (a comment is kept all the same), and Contended.
    """
    state = exception_store.state(wanted.exception)
    entity = state.opened.legal_entity
    person = known_person(policies, entity, caller)
    if wanted.assignee is not None and policies.in_force(entity).person(wanted.assignee) is None:
        message = f"the policy of {entity} has no person {shown(wanted.assignee)}"
        raise InvalidInput(message)
    _refuse_day(wanted.until, now.date())
    _refuse_decided(wanted, state)
    for _ in attempts(MAX_ATTEMPTS):
        notes = exception_store.notes(wanted.exception)
        last = notes[-1] if notes else None
        if last is not None and last.says(wanted, person.id):
            return last
        if len(notes) >= MOST_NOTES:
            message = f"{wanted.exception} has {MOST_NOTES} notes already"
            raise Conflict(message)
        note = ExceptionNote(
            ordinal=last.ordinal + 1 if last else 1,
            **wanted.model_dump(exclude={"exception"}),
            noted_by=person.id,
            noted_at=instant_text(now),
            identity=caller,
        )
        if exception_store.note(wanted.exception, note):
            return note
    message = f"others kept noting something of {wanted.exception}"
    raise Contended(message)


def _refuse_day(until: date | None, today: date) -> None:
    if until is None or today < until <= today + LONGEST_SNOOZE:
        return
    message = f"until: name a day after today, at most {LONGEST_SNOOZE.days} days ahead"
    raise InvalidInput(message)


def _refuse_decided(wanted: WantedNote, state: ExceptionState) -> None:
    if state.decision is not None and wanted.kind is not ExceptionNoteKind.COMMENTED:
        message = f"it is {state.decision.verdict} by {state.decision.decided_by}: it can only be commented on"
        raise Conflict(message)
