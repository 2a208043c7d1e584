"""A person's decision about an exception, which the policy allows or not, and what people note of one."""

from typing import Annotated

from billproof.api.calls import api_call, refuse
from billproof.api.note_routes import ROUTES
from billproof.api.routes import RouteCall
from billproof.approvals.deciding import decide_exception
from billproof.approvals.model import Answer, Verdict
from billproof.composition import Composition
from billproof.model import Model
from billproof.names import BOUNDED, ONE_LINE


class DecisionRequest(Model):
    """An exception, what is decided and why, and for which incident, if for one. Who decides is the caller."""

    exception: str
    verdict: Verdict
    reason: Annotated[str, BOUNDED, ONE_LINE]
    incident: Annotated[str, BOUNDED, ONE_LINE] = ""


@api_call(DecisionRequest, name="decide_exception", beside=ROUTES)
def handler(call: RouteCall[DecisionRequest], ports: Composition) -> Answer:
    """Take the decision, or refuse it with a reason."""
    answer = decide_exception(
        exception=call.request.exception,
        verdict=call.request.verdict,
        caller=call.caller.identity,
        reason=call.request.reason,
        incident=call.request.incident,
        exception_store=ports.exception_store,
        register=ports.register,
        policies=ports.policies,
        tokens=ports.tokens,
        now=ports.now(),
    )
    return refuse(answer)
