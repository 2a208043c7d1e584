"""The confirmation of a policy by somebody who did not publish it."""

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.publishing import PolicyState, confirm_policy
from billproof.composition import Composition
from billproof.model import Model
from billproof.names import NumberInPath


class ConfirmationRequest(Model):
    """The version that is confirmed."""

    legal_entity: str
    version: NumberInPath


@api_call(ConfirmationRequest, name="confirm_policy")
def handler(call: RouteCall[ConfirmationRequest], ports: Composition) -> PolicyState:
    """Let the version take effect."""
    return confirm_policy(
        legal_entity=call.request.legal_entity,
        version=call.request.version,
        caller=call.caller.identity,
        policies=ports.policies,
        now=ports.now(),
    )
