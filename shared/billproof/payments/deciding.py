"""What a person decides about a receipt: what it pays, whose it is, or that what it paid was wrong."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.errors import InvalidInput
from billproof.ids import canonical_json
from billproof.model import Model
from billproof.money import Money
from billproof.names import Name, Nonnegative
from billproof.payments.cash import ReceiptState, ReceiptStatus, UseKind
from billproof.payments.desk import CashDecision
from billproof.payments.service import CashSources, ReceiptDecided
from billproof.ports import Queue

LEAST_REASON = 3


class ReceiptVerdict(StrEnum):
    """What a person decides: it is applied, what it was applied to is open again, or it went back, or a part of it."""

    APPLIED = "applied"
    REVERSED = "reversed"
    RETURNED = "returned"
    REFUNDED = "refunded"


GIVEN_BACK = {ReceiptVerdict.RETURNED: UseKind.RETURNED, ReceiptVerdict.REFUNDED: UseKind.REFUNDED}


class PaidInvoice(Model):
    """How much of a receipt pays an invoice, in the receipt's currency."""

    number: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    amount: Nonnegative


class ReceiptDecision(Model):
    """A receipt, and what is decided about it. Who decides is the caller.

    An application names the account, and in `pays` invoices with amounts: what they leave of the receipt stays on the
    account. What was returned or refunded is an `amount`. A reversal names nothing.
    """

    legal_entity: Name
    receipt: Annotated[str, StringConstraints(pattern=r"^R[0-9a-f]{24}$")]
    verdict: ReceiptVerdict
    reason: Annotated[str, StringConstraints(min_length=LEAST_REASON, max_length=500)]
    account: Name | None = None
    pays: Annotated[tuple[PaidInvoice, ...], Field(max_length=90)] = ()
    amount: Nonnegative | None = None

    @model_validator(mode="after")
    def _says_what_its_verdict_needs(self) -> Self:
        is_applied = self.verdict is ReceiptVerdict.APPLIED
        if is_applied != (self.account is not None) or (self.pays and not is_applied):
            message = "an application names the account and may name invoices; nothing else does"
            raise ValueError(message)
        if (self.verdict in GIVEN_BACK) != (self.amount is not None):
            message = "what is returned or refunded is an amount; nothing else names one"
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
    decision = CashDecision(by=decided_by, reason=wanted.reason.strip())
    if len(decision.reason) < LEAST_REASON:
        message = "a decision needs a reason that another person understands"
        raise InvalidInput(message)
    state = _decided(wanted, sources, decision)
    decided = ReceiptDecided(kind="decided", legal_entity=wanted.legal_entity, receipt=wanted.receipt)
    events.send([canonical_json(decided.model_dump(mode="json")).decode()])
    return decided_receipt(state)


def _decided(wanted: ReceiptDecision, sources: CashSources, decision: CashDecision) -> ReceiptState:
    desk = sources.desk(wanted.legal_entity)
    currency = sources.book.state(wanted.legal_entity, wanted.receipt).receipt.amount.currency
    if wanted.amount is not None:
        amount = Money.of(wanted.amount, currency)
        return desk.give_back(wanted.receipt, amount, GIVEN_BACK[wanted.verdict], decision)
    if wanted.account is None:
        return desk.reverse(wanted.receipt, decision)
    payments = [(paid.number, Money.of(paid.amount, currency)) for paid in wanted.pays]
    return desk.decide(wanted.receipt, account=wanted.account, payments=payments, decision=decision)


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
