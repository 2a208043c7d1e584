"""What the last month earned of deferred revenue."""

from billproof.composition import Composition
from billproof.erp.recognition import RecognitionResult, recognize_revenue
from billproof.handlers import count, step
from billproof.model import Model


class RecognitionRequest(Model):
    """A legal entity and a month; without them every legal entity, its last whole month and a few before it."""

    legal_entity: str | None = None
    month: str | None = None


@step(RecognitionRequest, name="recognize_revenue")
def handler(request: RecognitionRequest, ports: Composition) -> RecognitionResult:
    """Post the month's revenue, and count the entries."""
    result = recognize_revenue(
        legal_entity=request.legal_entity,
        month=request.month,
        now=ports.now(),
        directory=ports.directory,
        register=ports.register,
        objects=ports.objects,
        erps=ports.erps,
    )
    count("RevenueEntriesPosted", sum(month.posted for month in result.months))
    return result
