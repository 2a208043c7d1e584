"""Receipts, and what people decide about them, for the command."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from billproof.conservation.cash import CashStatement, cash_statement
from billproof.payments.cash import ReceiptState
from billproof_ops.api import Operation, call
from billproof_ops.errors import WrongUse
from billproof_ops.model import Shown
from billproof_ops.target import Target

DECIDE_RECEIPT = Operation("DecideReceiptName", "/v1/receipts/{receipt}/decisions")


class ReceiptRow(Shown):
    """A receipt and where it stands."""

    receipt: str
    booked_on: str
    amount: str
    status: str
    account: str
    rule: str
    confidence: str
    unapplied: str


def receipt_row(state: ReceiptState) -> ReceiptRow:
    """Say where a receipt stands: by which rule, and how sure, its last match is."""
    match = next((use.match for use in reversed(state.uses) if use.match is not None), None)
    proposed = (match.account or "") if match is not None and state.proposal is not None else ""
    return ReceiptRow(
        receipt=state.receipt.id,
        booked_on=state.receipt.booked_on.isoformat(),
        amount=str(state.receipt.amount),
        status=state.status.value,
        account=state.account or (f"{proposed}?" if proposed else ""),
        rule=match.rule if match else "",
        confidence=f"{match.confidence:.2f}" if match else "",
        unapplied=str(state.unapplied.amount),
    )


def receipts(target: Target, entity: str, period: str, *, only_waiting: bool = False) -> Iterator[ReceiptState]:
    """Yield the receipts that were booked in a month, or only those that wait for a person."""
    for state in target.ports.cash_book.received(entity, period):
        if not only_waiting or state.waits:
            yield state


def decide(target: Target, wanted: dict[str, Any], *, who: str | None) -> Any:
    """Ask the API for a decision about a receipt, and return where it stands then."""
    return call(target, DECIDE_RECEIPT, wanted, who=who)


def read_payment(text: str) -> dict[str, str]:
    """Read `NUMBER=AMOUNT`; raises WrongUse for anything else."""
    number, separator, amount = text.rpartition("=")
    try:
        is_amount = bool(separator and number) and Decimal(amount) > 0
    except InvalidOperation:
        is_amount = False
    if not is_amount:
        message = f"{text!r} is not a number and an amount, such as SKY-US-2013-000001=12.34"
        raise WrongUse(message)
    return {"number": number, "amount": amount}


def statement(target: Target, entity: str) -> CashStatement:
    """Return where all that was released and received went, for each customer and in all."""
    return cash_statement(target.ports.cash_sources().receivables(entity), target.ports.dispute_book)
