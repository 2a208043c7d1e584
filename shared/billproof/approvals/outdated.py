"""The exception of an approval that could not be carried out: what was approved is not what is due any more.

approved -> not released -> another exception, for which the same execution of invoice_exception waits
"""

from dataclasses import replace
from datetime import datetime

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.model import ExceptionRecord, Verdict
from billproof.findings import Finding
from billproof.identities import ExceptionId, InvoiceId
from billproof.invoicing.balances import BALANCE_OVER_LIMIT
from billproof.invoicing.held import RequestedCredit
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.periods import instant_text
from billproof.store_keys import ExceptionOrdinal


def open_outdated(
    opened: ExceptionRecord,
    finding: Finding,
    *,
    exception_store: ExceptionStore,
    directory: Directory,
    now: datetime,
) -> ExceptionRecord:
    """Keep the exception of an approval that could not be carried out, and return it; the same again is kept once.

    Its workflow is the one that waited for the approval. Only a larger balance can be approved as it is: anything else
    has to be drafted, or asked for, anew.
    """
    has_balances = directory.legal_entity(opened.legal_entity).chart_of_accounts.customer_balance is not None
    raised = opened.model_copy(
        update={
            "id": _next_id(opened),
            "findings": (finding,),
            "can_approve": finding.code == BALANCE_OVER_LIMIT and has_balances,
            "opened_at": instant_text(now),
        }
    )
    exception_store.open(raised)
    return exception_store.state(raised.id).opened


def outdated_by(opened: ExceptionRecord, exception_store: ExceptionStore) -> ExceptionRecord | None:
    """Return the exception that says why an approval could not be carried out, or None."""
    identity = ExceptionId.parse(opened.id)
    states = exception_store.of_subject(identity.legal_entity, identity.period, identity.subject)
    return next((state.opened for state in states if state.opened.id == _next_id(opened)), None)


def is_refused(requested: RequestedCredit, *, register: Register, exception_store: ExceptionStore) -> bool:
    """Say whether a credit note that is not released never will be: it was rejected, or its slots were taken."""
    if register.is_outdated(requested.invoice, requested.places):
        return True
    document = InvoiceId.parse(requested.invoice)
    states = exception_store.of_subject(document.legal_entity, document.period, document.subject)
    return any(state.status == Verdict.REJECTED for state in states)


def _next_id(opened: ExceptionRecord) -> str:
    identity = ExceptionId.parse(opened.id)
    ordinal = ExceptionOrdinal.parse(identity.ordinal)
    return str(replace(identity, ordinal=str(replace(ordinal, attempt=ordinal.attempt + 1))))
