"""A version of a legal entity's policy, published by one person and in force once another has confirmed it."""

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.policy import Policy
from billproof.approvals.publishing import PolicyState, publish_policy
from billproof.composition import Composition


@api_call(Policy, name="publish_policy")
def handler(call: RouteCall[Policy], ports: Composition) -> PolicyState:
    """Keep the version: it decides nothing yet."""
    return publish_policy(call.request, caller=call.caller.identity, directory=ports.directory, now=ports.now())
