"""The daily schedule: what is due of customers who are charged automatically is, by the method that they saved."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.model import Model
from billproof.payments.unanswered import refuse_unanswered
from billproof.receivables.charging import ChargedCustomers, charge_all_customers


class ChargeRequest(Model):
    """A legal entity; without one all of them."""

    legal_entity: str | None = None


class ChargesResult(Model):
    """What was done for each legal entity."""

    entities: tuple[ChargedCustomers, ...]


@step(ChargeRequest, name="charge_customers")
def handler(request: ChargeRequest, ports: Composition) -> ChargesResult:
    """Have what is due charged."""
    ids = [request.legal_entity] if request.legal_entity else ports.directory.entity_ids()
    entities = charge_all_customers(ids, ports.charge_sources, ports.now)
    refuse_unanswered(entities)
    return ChargesResult(entities=tuple(entities))
