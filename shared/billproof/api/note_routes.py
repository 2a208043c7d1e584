"""The route of what people note of an exception. It needs no right that deciding one does not have."""

from typing import Any

from billproof.api.routes import Route, RouteCall
from billproof.approvals.notes import ExceptionNote, WantedNote
from billproof.composition import Composition


def _note(call: RouteCall[WantedNote], ports: Composition) -> ExceptionNote:
    """Keep a comment, who looks after an exception, or until when it is put aside; it decides nothing."""
    from billproof.approvals.noting import note_exception

    return note_exception(
        call.request,
        caller=call.caller.identity,
        exception_store=ports.exception_store,
        policies=ports.policies,
        now=ports.now(),
    )


ROUTES: dict[str, Route[Any]] = {"POST /v1/exceptions/{exception}/notes": Route(WantedNote, None, _note)}
