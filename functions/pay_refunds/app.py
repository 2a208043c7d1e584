"""The daily schedule: what credit notes say is to be refunded is, through the gateway that took the money."""

from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model
from billproof.payments.refunding import PaidRefunds, pay_all_refunds
from billproof.payments.unanswered import refuse_unanswered


class RefundRequest(Model):
    """A legal entity; without one all of them."""

    legal_entity: str | None = None


class RefundsResult(Model):
    """What was done for each legal entity."""

    entities: tuple[PaidRefunds, ...]


@step(RefundRequest, name="pay_refunds")
def handler(request: RefundRequest, ports: Composition) -> RefundsResult:
    """Have what is due refunded, and count that and what a gateway refuses."""
    ids = [request.legal_entity] if request.legal_entity else ports.directory.entity_ids()
    entities = pay_all_refunds(ids, ports.refund_sources, ports.now)
    count("RefundsPaid", sum(entity.paid for entity in entities))
    count("RefundsRefused", sum(entity.refused for entity in entities))
    refuse_unanswered(entities)
    return RefundsResult(entities=tuple(entities))
