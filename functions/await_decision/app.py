"""The wait of an exception: its token is kept, and those who may decide are told."""

from billproof.approvals.model import WaitOutcome
from billproof.approvals.waiting import Waiting, await_decision
from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model


class AwaitDecisionRequest(Model):
    """An exception, and the task token that its workflow waits under."""

    exception: str
    task_token: str


@step(AwaitDecisionRequest, name="await_decision")
def handler(request: AwaitDecisionRequest, ports: Composition) -> Waiting:
    """Keep the token; from the second time on it is a reminder, later an escalation."""
    result = await_decision(
        exception=request.exception,
        token=request.task_token,
        exception_store=ports.exception_store,
        register=ports.register,
        directory=ports.directory,
        tokens=ports.tokens,
        mailer=ports.mailer,
        sender=ports.settings.sender,
        now=ports.now(),
    )
    count("NotificationsFailed", result.mails_failed)
    count("ExceptionsEscalated", int(result.outcome is WaitOutcome.ESCALATED))
    return result
