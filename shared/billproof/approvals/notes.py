"""What people note of an exception: comments, who looks after it, until when it is put aside, and its return.

Nothing of it decides. What is put aside still holds its month, and its reminders still go out.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from billproof.callers import Identity
from billproof.model import Day, Model, Whole
from billproof.names import ONE_LINE, Name

LEAST_TEXT = 3
"""Letters of the shortest comment or reason that says anything."""


class ExceptionNoteKind(StrEnum):
    """What is noted: a comment, who looks after the exception, that it is put aside, or that it is not any more."""

    COMMENTED = "commented"
    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    RESUMED = "resumed"


NEED_TEXT = frozenset({ExceptionNoteKind.COMMENTED, ExceptionNoteKind.SNOOZED})


class WantedNote(Model):
    """An exception and what is noted of it. Who notes it is the caller.

    A comment and a snooze say why; a snooze has the day on which the exception is back. What is assigned to nobody
    has no `assignee`, which is the id of a person of the policy.
    """

    exception: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    kind: ExceptionNoteKind
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000), ONE_LINE] = ""
    assignee: Name | None = None
    until: Day | None = None

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        if self.kind in NEED_TEXT and len(self.text) < LEAST_TEXT:
            message = "a comment and a snooze need a text that another person understands"
            raise ValueError(message)
        if (self.until is not None) != (self.kind is ExceptionNoteKind.SNOOZED):
            message = "a snooze has the day on which the exception is back; nothing else has one"
            raise ValueError(message)
        if self.assignee is not None and self.kind is not ExceptionNoteKind.ASSIGNED:
            message = "only what is assigned has an assignee"
            raise ValueError(message)
        return self


class ExceptionNote(Model):
    """What a person noted, when, and by which identity."""

    ordinal: Whole
    kind: ExceptionNoteKind
    text: str
    assignee: str | None
    until: Day | None
    noted_by: str
    noted_at: str
    identity: Identity

    def says(self, wanted: WantedNote, noted_by: str) -> bool:
        """Say whether a person notes the same once more."""
        mine = (self.kind, self.text, self.assignee, self.until, self.noted_by)
        return mine == (wanted.kind, wanted.text, wanted.assignee, wanted.until, noted_by)


def assignee_of(notes: Iterable[ExceptionNote]) -> str | None:
    """Return who looks after an exception, or None; notes are in their order."""
    assigned = [note.assignee for note in notes if note.kind is ExceptionNoteKind.ASSIGNED]
    return assigned[-1] if assigned else None


def snoozed_until(notes: Iterable[ExceptionNote]) -> date | None:
    """Return the day until which an exception is put aside, or None; notes are in their order."""
    kinds = {ExceptionNoteKind.SNOOZED, ExceptionNoteKind.RESUMED}
    days = [note.until for note in notes if note.kind in kinds]
    return days[-1] if days else None
