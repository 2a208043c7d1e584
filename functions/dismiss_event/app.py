"""What a person does with a refused usage event: decide that it is not to be billed, or send it again."""

from billproof.api.calls import api_call
from billproof.api.refused_routes import RESENDING
from billproof.api.routes import RouteCall
from billproof.approvals.dismissing import dismiss_event
from billproof.composition import Composition
from billproof.model import Model
from billproof.usage.refusal_model import Dismissal


class DismissalRequest(Model):
    """A refused event and why it is dismissed. Who dismisses it is the caller."""

    event: str
    reason: str


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
