"""A person's decision about an exception: the policy says who may take it."""

from http import HTTPStatus

from billproof.api import ApiCall, Problem, api_call
from billproof.approvals.deciding import decide_exception
from billproof.approvals.model import Answer, AnswerOutcome, Refusal, Verdict
from billproof.composition import Composition
from billproof.model import Model

STATUSES = {
    Refusal.ALREADY_DECIDED: HTTPStatus.CONFLICT,
    Refusal.NOTHING_TO_RELEASE: HTTPStatus.CONFLICT,
    Refusal.NO_REASON: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""How a refusal is answered; what another person may decide is forbidden to this one."""


class DecisionRequest(Model):
    """An exception, what is decided and why. Who decides is the caller."""

    exception: str
    verdict: Verdict
    reason: str


@api_call(DecisionRequest, name="decide_exception")
def handler(call: ApiCall[DecisionRequest], ports: Composition) -> Answer:
    """Take the decision, or refuse it with a reason."""
    answer = decide_exception(
        exception=call.request.exception,
        verdict=call.request.verdict,
        caller=call.caller,
        reason=call.request.reason,
        exception_store=ports.exception_store,
        register=ports.register,
        policies=ports.policies,
        tokens=ports.tokens,
        now=ports.now(),
    )
    if answer.outcome is AnswerOutcome.REFUSED and answer.refusal is not None:
        status = STATUSES.get(answer.refusal, HTTPStatus.FORBIDDEN)
        raise Problem(status, answer.refusal.value, answer.message, answer=answer.model_dump(mode="json"))
    return answer
