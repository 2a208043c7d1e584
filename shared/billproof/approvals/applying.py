"""Carry out an approval: release the held invoice or credit note with the amounts that were approved, issued now."""

from datetime import datetime
from enum import StrEnum

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.model import Kind, Verdict
from billproof.approvals.superseding import document_of
from billproof.errors import Conflict
from billproof.invoicing.register import Register
from billproof.invoicing.releasing import OUTDATED, exclude_unbilled, release_credit, release_held
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.pipeline.artefacts import DRAFTED, Artefacts
from billproof.pipeline.issue_days import today_of
from billproof.pipeline.issuing import Issuing
from billproof.ports import Objects, Queue


class ApplyOutcome(StrEnum):
    """What became of an approved invoice, or of usage that no invoice bills."""

    RELEASED = "released"
    OUTDATED = "outdated"
    EXCLUDED = "excluded"


class Applied(Model):
    """What became of an approved invoice: `released` under a number, or `outdated` and why.

    Without a document there was only usage of months that no invoice bills: it is `excluded` now.
    """

    exception: str
    outcome: ApplyOutcome
    number: str | None
    reason: str = ""


def apply_decision(
    *,
    exception: str,
    exception_store: ExceptionStore,
    objects: Objects,
    register: Register,
    directory: Directory,
    postings: Queue,
    deliveries: Queue,
    now: datetime,
) -> Applied:
    """Release the invoice or credit note that was approved, with the amounts that were approved, issued on this day.

    Where there is no document, the usage of months that no invoice bills is excluded.

    One whose tax is another on this day, or whose late usage was billed meanwhile, is outdated and not released. Raises
    Conflict where nobody approved it.
    """
    state = exception_store.state(exception)
    opened = state.opened
    if state.decision is None or state.decision.verdict is not Verdict.APPROVED or opened.kind is Kind.RUN:
        message = f"exception {exception} was not approved: nothing is released"
        raise Conflict(message)
    reason = OUTDATED
    if opened.batch is None:
        released = release_credit(
            document_id=document_of(opened),
            request_id=opened.run,
            objects=objects,
            register=register,
            postings=postings,
            deliveries=deliveries,
            today=today_of(directory.legal_entity(opened.legal_entity), now),
        )
    else:
        batch = Artefacts(objects).read(DRAFTED, opened.run, opened.batch)
        if exclude_unbilled(batch, opened.subject, register=register):
            return Applied(exception=exception, outcome=ApplyOutcome.EXCLUDED, number=None)
        held = release_held(
            batch,
            opened.subject,
            register=register,
            postings=postings,
            deliveries=deliveries,
            issues=Issuing(opened.run, opened.batch, objects=objects, directory=directory, now=now),
        )
        released, reason = held.released, held.reason
    if released is None:
        return Applied(exception=exception, outcome=ApplyOutcome.OUTDATED, number=None, reason=reason)
    return Applied(exception=exception, outcome=ApplyOutcome.RELEASED, number=released.number)
