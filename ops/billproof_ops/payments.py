"""Receipts, and what people decide about them, for the command."""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.conservation.cash import CashStatement, cash_statement
from billproof.ids import canonical_json
from billproof.masterdata.csv_files import CsvStatementFormat
from billproof.payments.cash import ReceiptState
from billproof.payments.model import CashReceipt
from billproof.payments.statements import BankStatement, Continuity, MovementKind, follows
from billproof.payments.statements import receipts as receipts_of
from billproof_ops.api import Operation, call
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.model import Shown
from billproof_ops.queues import send_all
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
        if not only_waiting or not state.applications:
            yield state


def send_receipts(target: Target, arrived: Iterable[CashReceipt]) -> int:
    """Queue receipts to be taken in; return how many."""
    bodies = (
        canonical_json({"kind": "receipt", "receipt": receipt.model_dump(mode="json")}).decode() for receipt in arrived
    )
    return sum(send_all(target, "PaymentEventsQueueUrl", ((body, 1) for body in bodies)))


class ImportedStatement(Shown):
    """A statement of a bank, and how many receipts of it were sent on."""

    statement: str
    legal_entity: str
    account: str
    days: str
    opening: str
    closing: str
    entries: int
    receipts: int
    taken_back: int


def import_statements(target: Target, data: bytes, declared: CsvStatementFormat | None) -> list[ImportedStatement]:
    """Read a bank's file, find whose account each statement is of, and send its receipts on; again changes nothing.

    Raises InvalidInput for a file that is not sound, and OpsError where a statement does not follow the one before it
    in the file, or is of no cash account: then nothing is sent.
    """
    statements = parse_statement(data, declared)
    entities = [(_entity_of(target, statement), statement) for statement in statements]
    for earlier, later in pairwise(statements):
        if (earlier.account, earlier.is_notification, later.is_notification) == (later.account, False, False):
            succession = follows(earlier, later)
            if succession.continuity in {Continuity.GAP, Continuity.OVERLAP}:
                message = f"{later.id} has a {succession.continuity.value} to {earlier.id}: {succession.reason}"
                raise OpsError(message)
    return [_imported(target, entity, statement) for entity, statement in entities]


def _entity_of(target: Target, statement: BankStatement) -> str:
    for entity in target.ports.directory.legal_entities():
        if entity.cash_account(statement.account) is not None:
            return entity.id
    message = "the file is of an account that is a cash account of no legal entity: publish it there (cash_accounts)"
    raise OpsError(message)


def _imported(target: Target, entity: str, statement: BankStatement) -> ImportedStatement:
    sent = send_receipts(target, receipts_of(statement, entity))
    return ImportedStatement(
        statement=statement.id,
        legal_entity=entity,
        account=statement.account,
        days=f"{statement.starts_on} to {statement.ends_on}",
        opening=str(statement.opening) if statement.opening else "",
        closing=str(statement.closing) if statement.closing else "",
        entries=len(statement.entries),
        receipts=sent,
        taken_back=sum(entry.kind is MovementKind.REVERSAL for entry in statement.entries),
    )


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
