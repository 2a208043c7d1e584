"""What a person does with a refused usage event: decide that it is not to be billed, or send it again."""

from billproof.api.calls import api_call
from billproof.api.routes import Route, RouteCall
from billproof.approvals.dismissing import dismiss_event
from billproof.composition import Composition
from billproof.model import Model
from billproof.usage.refusal_model import Dismissal, ResentEvent


class ResendingRequest(Model):
    """A refused event that is sent again. Who sends it is the caller."""

    event: str


class DismissalRequest(ResendingRequest):
    """A refused event and why it is dismissed. Who dismisses it is the caller."""

    reason: str


def resend(call: RouteCall[ResendingRequest], ports: Composition) -> ResentEvent:
    """Send a refused event to its queue again, as it came; it counts once, however often it is sent."""
    from billproof.approvals.resending import resend_event

    return resend_event(
        call.request.event,
        caller=call.caller.identity,
        policies=ports.policies,
        directory=ports.directory,
        objects=ports.objects,
        queue=ports.usage_events,
        decisions=ports.decisions,
        clock=ports.now,
    )


RESENDING = {"POST /v1/refused-events/{event}/resendings": Route(ResendingRequest, None, resend)}


@api_call(DismissalRequest, name="dismiss_event", beside=RESENDING)
def handler(call: RouteCall[DismissalRequest], ports: Composition) -> Dismissal:
    """Dismiss the event; one that is dismissed already stays so, as it was."""
    return dismiss_event(
        call.request.event,
        reason=call.request.reason,
        caller=call.caller.identity,
        policies=ports.policies,
        directory=ports.directory,
        objects=ports.objects,
        now=ports.now(),
    )
