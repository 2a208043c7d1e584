"""Invoices against the ledger: in one call or, where there are many, part by part."""

from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model
from billproof.reconciliation.model import ReconciliationOutcome
from billproof.reconciliation.parts import PartItem, join_parts, reconcile_part
from billproof.reconciliation.service import ReconciliationResult, reconcile_all


class ReconciliationRequest(Model):
    """A legal entity and a month; without them every legal entity and its last two whole months.

    With a part it is the part of a month to reconcile, and with the key of the parts those to put together.
    """

    legal_entity: str | None = None
    period: str | None = None
    part: int | None = None
    round: str = ""
    parts_key: str = ""


@step(ReconciliationRequest, name="reconcile")
def handler(request: ReconciliationRequest, ports: Composition) -> ReconciliationResult:
    """Reconcile, and count what differs."""
    sources = ports.reconciliation_sources()
    if request.part is not None:
        item = PartItem.model_validate(request.model_dump(include=set(PartItem.model_fields)))
        return ReconciliationResult.of_part(reconcile_part(item, sources))
    if request.parts_key:
        result = ReconciliationResult.of(join_parts(request.parts_key, sources))
    else:
        result = reconcile_all(
            legal_entity=request.legal_entity,
            period=request.period,
            now=ports.now(),
            sources=sources,
            part_size=ports.settings.part_size,
        )
    if result.outcome is not ReconciliationOutcome.DIVIDED:
        count("Variances", result.variances)
    return result
