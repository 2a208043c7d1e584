"""What a person decides about a receipt: what it pays, whose it is, or that what it paid was wrong."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.errors import InvalidInput
from billproof.ids import canonical_json
from billproof.model import Model
from billproof.money import Money
from billproof.names import Name, Nonnegative
from billproof.payments.cash import ReceiptState, ReceiptStatus
from billproof.payments.desk import CashDecision
from billproof.payments.service import CashSources, ReceiptDecided
from billproof.ports import Queue

LEAST_REASON = 3


class ReceiptVerdict(StrEnum):
    """What a person decides: it is applied, or what it was applied to is open again."""

    APPLIED = "applied"
    REVERSED = "reversed"


class PaidInvoice(Model):
    """How much of a receipt pays an invoice, in the receipt's currency."""

    number: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    amount: Nonnegative


class ReceiptDecision(Model):
    """A receipt, and what is decided about it. Who decides is the caller.

    `pays` names invoices with amounts; what they leave of the receipt stays on the account. A reversal names neither.
    """

    legal_entity: Name
    receipt: Annotated[str, StringConstraints(pattern=r"^R[0-9a-f]{24}$")]
    verdict: ReceiptVerdict
    reason: Annotated[str, StringConstraints(min_length=LEAST_REASON, max_length=500)]
    account: Name | None = None
    pays: Annotated[tuple[PaidInvoice, ...], Field(max_length=90)] = ()

    @model_validator(mode="after")
    def _says_whose_it_is(self) -> Self:
        if (self.verdict is ReceiptVerdict.APPLIED) != (self.account is not None):
            message = "an application names the account; a reversal names neither account nor invoices"
            raise ValueError(message)
        if self.account is None and self.pays:
            message = "a reversal names no invoices"
            raise ValueError(message)
        return self


class DecidedReceipt(Model):
    """Where a receipt stands after a decision."""

    receipt: str
    status: ReceiptStatus
    account: str | None
    amount: Money
    applied: Money
    unapplied: Money


def decide_receipt(wanted: ReceiptDecision, *, decided_by: str, sources: CashSources, events: Queue) -> DecidedReceipt:
    """Do what a person decided, and have it booked.

    Raises NotFound where there is no such receipt or legal entity, and InvalidInput for an account or a number that is
    not of the legal entity, more than is left of the receipt, or more than is open of an invoice.
    """
    desk = sources.desk(wanted.legal_entity)
    decision = CashDecision(by=decided_by, reason=wanted.reason.strip())
    if len(decision.reason) < LEAST_REASON:
        message = "a decision needs a reason that another person understands"
        raise InvalidInput(message)
    if wanted.account is None:
        state = desk.reverse(wanted.receipt, decision)
    else:
        currency = sources.book.state(wanted.legal_entity, wanted.receipt).receipt.amount.currency
        payments = [(paid.number, Money.of(paid.amount, currency)) for paid in wanted.pays]
        state = desk.decide(wanted.receipt, account=wanted.account, payments=payments, decision=decision)
    decided = ReceiptDecided(kind="decided", legal_entity=wanted.legal_entity, receipt=wanted.receipt)
    events.send([canonical_json(decided.model_dump(mode="json")).decode()])
    return decided_receipt(state)


def decided_receipt(state: ReceiptState) -> DecidedReceipt:
    """Say where a receipt stands."""
    return DecidedReceipt(
        receipt=state.receipt.id,
        status=state.status,
        account=state.account,
        amount=state.receipt.amount,
        applied=state.applied.amount,
        unapplied=state.unapplied.amount,
    )
