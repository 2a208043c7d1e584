"""A person's decision about an exception. Who may invoke this function may decide; the policy says what."""

from billproof.approvals.deciding import decide_exception
from billproof.approvals.model import Answer, Verdict
from billproof.composition import Composition
from billproof.handlers import step
from billproof.model import Model


class DecisionRequest(Model):
    """An exception, what is decided, by whom and why."""

    exception: str
    verdict: Verdict
    decided_by: str
    reason: str


@step(DecisionRequest, name="decide_exception")
def handler(request: DecisionRequest, ports: Composition) -> Answer:
    """Take the decision, or refuse it with a reason."""
    return decide_exception(
        exception=request.exception,
        verdict=request.verdict,
        decided_by=request.decided_by,
        reason=request.reason,
        exception_store=ports.exception_store,
        register=ports.register,
        directory=ports.directory,
        tokens=ports.tokens,
        now=ports.now(),
    )
