"""Credit notes that people ask for; who asks for a run alone does not load what drafts them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from billproof.approvals.asking import known_person
from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.governing import PolicyBook
from billproof.approvals.model import CreditRequested
from billproof.approvals.requests import Asked, Requests
from billproof.callers import Identity
from billproof.errors import NotFound
from billproof.identities import InvoiceId
from billproof.ids import shown
from billproof.invoicing.credit_requests import CreditRequest, WantedCredit
from billproof.periods import instant_text
from billproof.ports import Objects, Workflows

if TYPE_CHECKING:
    from billproof.invoicing.register import Register
    from billproof.masterdata.directory import Directory
    from billproof.payments.book import CashBook


def ask_for_credit(
    wanted: WantedCredit,
    *,
    caller: Identity,
    policies: PolicyBook,
    requests: Requests,
    register: Register,
    directory: Directory,
    objects: Objects,
    cash_book: CashBook,
    exception_store: ExceptionStore,
    workflows: Workflows,
    now: datetime,
) -> CreditRequested:
    """Draft a credit note that a person asks for, and let it wait for another person.

    Raises what request_credit raises, and NotAllowed for a caller who is no person of the policy.
    """
    released = register.released(wanted.invoice)
    entity = released.legal_entity if released else _entity_of(wanted.invoice)
    person = known_person(policies, entity, caller)
    from billproof.approvals.credits import request_credit  # what drafts: who may not ask does not wait for it

    def note(document: str) -> None:
        requests.note(entity, document, Asked(requested_by=person.id, identity=caller, asked_at=instant_text(now)))

    return request_credit(
        CreditRequest.model_validate({**wanted.model_dump(mode="json"), "requested_by": person.id}),
        register=register,
        directory=directory,
        objects=objects,
        cash_book=cash_book,
        exception_store=exception_store,
        workflows=workflows,
        now=now,
        before_exception=note,
    )


def _entity_of(invoice: str) -> str:
    """Return the legal entity that an invoice's id names; raises NotFound."""
    try:
        return InvoiceId.parse(invoice).legal_entity
    except NotFound:
        message = f"invoice {shown(invoice)} is not released"
        raise NotFound(message) from None
