"""Invoices against the ledger."""

from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model
from billproof.reconciliation.service import ReconciliationResult, reconcile_all


class ReconciliationRequest(Model):
    """A legal entity and a month; without them every legal entity and its last two whole months."""

    legal_entity: str | None = None
    period: str | None = None


@step(ReconciliationRequest, name="reconcile")
def handler(request: ReconciliationRequest, ports: Composition) -> ReconciliationResult:
    """Reconcile, and count what differs."""
    result = reconcile_all(
        legal_entity=request.legal_entity,
        period=request.period,
        now=ports.now(),
        directory=ports.directory,
        register=ports.register,
        book=ports.cash_book,
        erps=ports.erps,
        objects=ports.objects,
    )
    count("Variances", result.variances)
    return result
