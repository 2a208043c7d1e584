"""What an approval leads to: the release of what was held, or a month that is open again."""

from billproof.approvals.applying import Applied, ApplyOutcome, apply_decision
from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model


class ApplyDecisionRequest(Model):
    """An exception that was approved."""

    exception: str


@step(ApplyDecisionRequest, name="apply_decision")
def handler(request: ApplyDecisionRequest, ports: Composition) -> Applied:
    """Release the invoice or credit note, issued on this day; or reopen the month."""
    result = apply_decision(
        exception=request.exception,
        exception_store=ports.exception_store,
        policies=ports.policies,
        objects=ports.objects,
        register=ports.register,
        directory=ports.directory,
        cash_book=ports.cash_book,
        runs=ports.runs,
        postings=ports.postings,
        deliveries=ports.deliveries,
        now=ports.now(),
    )
    count("InvoicesReleased", int(result.outcome is ApplyOutcome.RELEASED))
    return result
