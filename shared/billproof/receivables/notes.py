"""What a person may note of what a customer owes, in words that load nothing: receivables/noting.py does it."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.masterdata.documents import MailAddress
from billproof.model import Day, Model
from billproof.names import Name, Reason

NotedNumber = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class NoteVerdict(StrEnum):
    """What is noted: the customer promised to pay, documents are left out, somebody else collects, or none of it.

    `reachable` is of an address of the customer that failed: mails to it arrive again. `unlinked` revokes the links to
    the pages of documents.
    """

    PROMISED = "promised"
    PAUSED = "paused"
    HANDED_OVER = "handed_over"
    RESUMED = "resumed"
    REACHABLE = "reachable"
    UNLINKED = "unlinked"


class CollectionNote(Model):
    """An account, and what is noted of it. Who notes it is the caller.

    `numbers` are invoices of the account; without them a note is of all that it owes. A promise has the day until which
    the customer pays; a pause may have one. What is handed over is the whole customer. What is reachable is an
    `address` that failed.
    """

    legal_entity: Name
    account: Name
    verdict: NoteVerdict
    reason: Reason
    numbers: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=64)], ...], Field(max_length=90)
    ] = ()
    until: Day | None = None
    address: MailAddress | None = None

    @model_validator(mode="after")
    def _says_what_its_verdict_needs(self) -> Self:
        may_end = self.verdict in {NoteVerdict.PROMISED, NoteVerdict.PAUSED}
        if (self.verdict is NoteVerdict.PROMISED and self.until is None) or (self.until and not may_end):
            message = "a promise has a day until which it holds, a pause may have one; nothing else has"
            raise ValueError(message)
        if self.numbers and self.verdict is NoteVerdict.HANDED_OVER:
            message = "what is handed over is the whole customer: name no invoices"
            raise ValueError(message)
        if (self.verdict is NoteVerdict.REACHABLE) != (self.address is not None):
            message = "what is reachable is an address; nothing else has one"
            raise ValueError(message)
        if not self.numbers and self.verdict is NoteVerdict.UNLINKED:
            message = "links are of documents: name their numbers"
            raise ValueError(message)
        if self.numbers and self.verdict is NoteVerdict.REACHABLE:
            message = "an address is of no invoice: name no invoices"
            raise ValueError(message)
        return self


class NotedCollection(Model):
    """Where a customer stands after a note: what was noted, and the invoices that are left out of reminders now."""

    account: str
    verdict: NoteVerdict
    numbers: tuple[str, ...]
    until: Day | None
    is_handed_over: bool
