"""What a person does with dead letters: look which queues have any, what they say, and send them back."""

from billproof.api.calls import api_call
from billproof.api.letter_routes import ROUTES
from billproof.api.routes import RouteCall
from billproof.approvals.actions import OperatorActions
from billproof.approvals.redriving_letters import LettersRedriven, WantedRedrive, redrive_letters
from billproof.composition import Composition


@api_call(WantedRedrive, name="redrive_letters", beside=ROUTES)
def handler(call: RouteCall[WantedRedrive], ports: Composition) -> LettersRedriven:
    """Show the dead letters of a queue with their values masked, or send them back to it."""
    return redrive_letters(
        call.request,
        caller=call.caller.identity,
        letters=ports.dead_letters,
        access=ports.access,
        actions=lambda: OperatorActions(ports.decisions),
        clock=ports.now,
    )
