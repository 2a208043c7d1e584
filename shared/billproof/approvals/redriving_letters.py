"""Looking at dead letters and sending them back: what a person does who is one of every legal entity's policy.

Queues are those of all legal entities: who is a person of some of them sees and sends nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from billproof.access.service import Access
from billproof.approvals.actions import Asker, OperatorAction, OperatorActions
from billproof.callers import Identity
from billproof.errors import NotAllowed, NotFound
from billproof.ids import shown
from billproof.letters import DeadLetters, DeadQueue, masked
from billproof.model import Flag, Model, Whole, WrittenFlag

MOST_LETTERS = 50
"""Letters of one call: each of them takes three calls of SQS, and one of the log where it is shown."""


class ShownLetter(Model):
    """A dead letter with its values masked, and the error that its function logged last of it, where it did."""

    id: str
    sent_at: str
    content: str
    error: str


class DeadQueues(Model):
    """The work queues, and how many dead letters each has."""

    queues: tuple[DeadQueue, ...]


class WantedRedrive(Model):
    """A queue whose dead letters are looked at (`dry_run`), or sent back, at most so many."""

    queue: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    dry_run: WrittenFlag
    limit: Annotated[Whole, Field(ge=1, le=MOST_LETTERS)] = MOST_LETTERS


class LettersRedriven(Model):
    """What a redrive would send back, or how many it sent, and about how many letters are left."""

    queue: str
    dry_run: Flag
    letters: tuple[ShownLetter, ...]
    sent_back: Whole
    left: Whole


def dead_queues(caller: Identity, *, letters: DeadLetters, access: Access) -> DeadQueues:
    """Count the dead letters of every queue; raises NotAllowed for who is no person of every legal entity."""
    _refuse(caller, access)
    return DeadQueues(queues=tuple(letters.queues()))


def redrive_letters(
    wanted: WantedRedrive,
    *,
    caller: Identity,
    letters: DeadLetters,
    access: Access,
    actions: Callable[[], OperatorActions],
    clock: Callable[[], datetime],
) -> LettersRedriven:
    """Show the dead letters of a queue, or send them back, which is recorded; doing it again is harmless.

    Raises NotFound where there is no such queue, and NotAllowed for who is no person of every legal entity.
    """
    _refuse(caller, access)
    known, sent = [], 0
    if wanted.dry_run:
        known = letters.letters(wanted.queue, most=wanted.limit)
    else:
        before = f"{_left(wanted.queue, letters)} dead letters, at most {wanted.limit} to be sent back"
        by = Asker(str(caller), caller)
        action = OperatorAction.REDRIVE_LETTERS
        with actions().recorded(action, wanted.queue, by=by, before=before, clock=clock) as outcome:
            sent = letters.send_back(wanted.queue, most=wanted.limit)
            outcome.after = f"{sent} sent back"
    left = _left(wanted.queue, letters)
    return LettersRedriven(
        queue=wanted.queue,
        dry_run=wanted.dry_run,
        letters=tuple(
            ShownLetter(id=letter.id, sent_at=letter.sent_at, content=masked(letter.body), error=letter.error)
            for letter in known
        ),
        sent_back=sent,
        left=left,
    )


def _left(queue: str, letters: DeadLetters) -> int:
    """Return about how many letters of a queue are dead; raises NotFound."""
    for known in letters.queues():
        if known.queue == queue:
            return known.dead_letters
    message = f"there is no queue {shown(queue)}"
    raise NotFound(message)


def _refuse(caller: Identity, access: Access) -> None:
    if not access.is_person_of_all(caller):
        message = "queues are those of all legal entities: this takes a person whom the policy of each of them names"
        raise NotAllowed(message)
