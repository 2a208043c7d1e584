"""Carry out an approval: release the held invoice or credit note as it was held."""

from enum import StrEnum

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.model import Kind, Verdict
from billproof.approvals.superseding import document_of
from billproof.errors import Conflict
from billproof.invoicing.register import Register
from billproof.invoicing.releasing import release_credit, release_held
from billproof.model import Model
from billproof.pipeline.artefacts import DRAFTED, Artefacts
from billproof.ports import Objects, Queue


class ApplyOutcome(StrEnum):
    """What became of an approved invoice."""

    RELEASED = "released"
    OUTDATED = "outdated"


class Applied(Model):
    """What became of an approved invoice: `released` under a number, or `outdated`."""

    exception: str
    outcome: ApplyOutcome
    number: str | None


def apply_decision(
    *,
    exception: str,
    exception_store: ExceptionStore,
    objects: Objects,
    register: Register,
    postings: Queue,
    deliveries: Queue,
) -> Applied:
    """Release the invoice or credit note that was approved, as it was held.

    Raises Conflict where nobody approved it.
    """
    state = exception_store.state(exception)
    opened = state.opened
    if state.decision is None or state.decision.verdict is not Verdict.APPROVED or opened.kind is Kind.RUN:
        message = f"exception {exception} was not approved: nothing is released"
        raise Conflict(message)
    if opened.batch is None:
        released = release_credit(
            document_id=document_of(opened),
            request_id=opened.run,
            objects=objects,
            register=register,
            postings=postings,
            deliveries=deliveries,
        )
    else:
        released = release_held(
            Artefacts(objects).read(DRAFTED, opened.run, opened.batch),
            opened.subject,
            register=register,
            postings=postings,
            deliveries=deliveries,
        )
    if released is None:
        return Applied(exception=exception, outcome=ApplyOutcome.OUTDATED, number=None)
    return Applied(exception=exception, outcome=ApplyOutcome.RELEASED, number=released.number)
