"""Sending refused usage events again: a person of the legal entity that states an event has its message read once more.

It counts once, however often it is sent; where its cause is still there, it is refused again. No fact is kept of it:
the log says what was accepted since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billproof.approvals.asking import known_person
from billproof.approvals.governing import PolicyBook
from billproof.callers import Identity
from billproof.errors import Conflict
from billproof.pipeline.attribution import Attribution
from billproof.ports import Objects, Queue
from billproof.usage.refusal_model import ResentEvent
from billproof.usage.refused import find_refused

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory

MOST_BYTES = 1_000_000
"""Bytes of the largest message that a queue takes, with room for its envelope."""


def resend_event(
    event: str, *, caller: Identity, policies: PolicyBook, directory: Directory, objects: Objects, queue: Queue
) -> ResentEvent:
    """Send a refused event to its queue again, as it came.

    Raises NotFound where there is no such event, NotAllowed for a caller who is no person of the legal entity that
    states it, Conflict where it is larger than a message, and ExternalServiceUnavailable.
    """
    line = find_refused(event, objects)
    entity, _ = Attribution(directory).of(line)
    person = known_person(policies, entity, caller)
    if len(line.raw.encode(errors="replace")) > MOST_BYTES:
        message = f"{event} is larger than a message: its source has to send it in parts"
        raise Conflict(message)
    queue.send([line.raw])
    return ResentEvent(id=event, resent_by=person.id)
