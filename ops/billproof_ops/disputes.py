"""What customers dispute, for the command."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from billproof.approvals.outdated import is_refused
from billproof.money import Money
from billproof.receivables.disputes import DisputeStatus
from billproof.receivables.disputing import credit_outcomes
from billproof_ops.api import Operation, call
from billproof_ops.model import Shown
from billproof_ops.target import Target

DISPUTE_INVOICE = Operation("DisputeInvoiceName", "/v1/disputes")
RESOLVE_DISPUTE = Operation("ResolveDisputeName", "/v1/accounts/{account}/disputes/{dispute}/decisions")
WAITING = {DisputeStatus.OPEN, DisputeStatus.WAITS_FOR_CREDIT}


class DisputeRow(Shown):
    """A dispute and where it stands."""

    account: str
    dispute: int
    number: str
    line: str
    amount: str
    cause: str
    status: str
    owner: str
    deadline: str


def rows(target: Target, entity: str, *, only_waiting: bool) -> Iterator[DisputeRow]:
    """Yield the disputes of a legal entity, account by account, or only those that wait for something."""
    ports = target.ports
    receivables = ports.cash_sources().receivables(entity)
    refused = partial(is_refused, register=ports.register, exception_store=ports.exception_store)
    for account in target.ports.directory.members(entity):
        for state in target.ports.dispute_book.of_account(entity, account):
            opened = state.opened
            status = state.status(credit_outcomes(opened.evidence.invoice, receivables, refused))
            if status in WAITING or not only_waiting:
                yield DisputeRow(
                    account=account,
                    dispute=opened.ordinal,
                    number=opened.number,
                    line=opened.evidence.line or "",
                    amount=str(opened.amount),
                    cause=opened.cause.value,
                    status=status.value.replace("_", " "),
                    owner=opened.owner.value,
                    deadline=opened.deadline.isoformat(),
                )


def open_dispute(target: Target, wanted: dict[str, Any], *, who: str | None) -> Any:
    """Ask the API to keep what a customer disputes, and return where the dispute stands."""
    return call(target, DISPUTE_INVOICE, wanted, who=who)


def resolve(target: Target, wanted: dict[str, Any], *, who: str | None) -> Any:
    """Ask the API to decide a dispute, and return where it stands."""
    return call(target, RESOLVE_DISPUTE, wanted, who=who)


def answer_line(answer: dict[str, Any]) -> str:
    """Say where a dispute stands."""
    status = answer["status"].replace("_", " ")
    credit = f", credit note {answer['credit']}" if answer["credit"] else ""
    return f"{answer['account']} {answer['dispute']}, {answer['number']}: {status}, {Money(**answer['amount'])}{credit}"
