"""Sending refused usage events again: a person of the legal entity that states an event has its message read once more.

It counts once, however often it is sent; where its cause is still there, it is refused again. The log says what was
accepted since, and a fact who had it sent (actions.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from billproof.approvals.actions import Asker, OperatorAction, OperatorActions
from billproof.approvals.asking import known_person
from billproof.approvals.governing import PolicyBook
from billproof.audit.naming import SHARED
from billproof.callers import Identity
from billproof.errors import Conflict
from billproof.pipeline.attribution import Attribution
from billproof.ports import Objects, Queue, Records
from billproof.usage.refusal_model import ResentEvent
from billproof.usage.refused import find_refused

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory

MOST_BYTES = 1_000_000
"""Bytes of the largest message that a queue takes, with room for its envelope."""


def resend_event(
    event: str,
    *,
    caller: Identity,
    policies: PolicyBook,
    directory: Directory,
    objects: Objects,
    queue: Queue,
    decisions: Records,
    clock: Callable[[], datetime],
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
    actions = OperatorActions(decisions, entity or SHARED)
    by = Asker(person.id, caller)
    refused = f"refused: {line.reason}"
    with actions.recorded(OperatorAction.RESEND_EVENT, event, by=by, before=refused, clock=clock) as done:
        queue.send([line.raw])
        done.after = "sent to its queue"
    return ResentEvent(id=event, resent_by=person.id)
