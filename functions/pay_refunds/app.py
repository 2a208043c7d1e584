"""The daily schedule: what credit notes say is to be refunded is, through the gateway that took the money."""

from billproof.composition import Composition
from billproof.errors import work_apart
from billproof.handlers import count, step
from billproof.model import Model
from billproof.payments.refunding import MOST_TIME, PaidRefunds, pay_refunds


class RefundRequest(Model):
    """A legal entity; without one all of them."""

    legal_entity: str | None = None


class RefundsResult(Model):
    """What was done for each legal entity."""

    entities: tuple[PaidRefunds, ...]


@step(RefundRequest, name="pay_refunds")
def handler(request: RefundRequest, ports: Composition) -> RefundsResult:
    """Have what is due refunded, and count that and what a gateway refuses."""
    until = ports.now() + MOST_TIME
    ids = [request.legal_entity] if request.legal_entity else ports.directory.entity_ids()

    def work(entity: str) -> PaidRefunds:
        return pay_refunds(ports.refund_sources(entity), until=until)

    entities = work_apart(work, ((entity, entity) for entity in ids))
    count("RefundsPaid", sum(entity.paid for entity in entities))
    count("RefundsRefused", sum(entity.refused for entity in entities))
    return RefundsResult(entities=tuple(entities))
