"""Bounces and complaints of SES, beside the invoices that they are about."""

from billproof.adapters.aws.ses import read_ses_event
from billproof.composition import Composition
from billproof.handlers import ReceivedMessage, count, each_message
from billproof.invoicing.delivery_events import Recorded, RecordOutcome, record_delivery_problem


@each_message
def handler(received: ReceivedMessage, ports: Composition) -> Recorded:
    """Keep what one event of SES says."""
    problem = read_ses_event(received.body)
    result = record_delivery_problem(problem, register=ports.register)
    count("DeliveryProblems", int(result.outcome is RecordOutcome.RECORDED and problem.is_over))
    return result
