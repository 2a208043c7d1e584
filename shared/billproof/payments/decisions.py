"""What a person may say of a receipt, in words that load nothing: payments/deciding.py does it."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.model import Model
from billproof.money import Money
from billproof.names import Name, Nonnegative, Reason
from billproof.payments.model import ReceiptStatus


class ReceiptVerdict(StrEnum):
    """What a person decides: it is applied, what it was applied to is open again, or it went back, or a part of it.

    A gateway's difference is what it gave back beyond what it took, or took beyond what was paid: other income, or a
    loss of ours.
    """

    APPLIED = "applied"
    REVERSED = "reversed"
    RETURNED = "returned"
    REFUNDED = "refunded"
    GATEWAY_DIFFERENCE = "gateway_difference"


GONE_BACK = {ReceiptVerdict.RETURNED, ReceiptVerdict.REFUNDED}
OF_AN_AMOUNT = {*GONE_BACK, ReceiptVerdict.GATEWAY_DIFFERENCE}


class PaidInvoice(Model):
    """How much of a receipt pays an invoice, in the receipt's currency."""

    number: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    amount: Nonnegative


class ReceiptDecision(Model):
    """A receipt, and what is decided about it. Who decides is the caller.

    An application names the account, and in `pays` invoices with amounts: what they leave of the receipt stays on the
    account. What was returned or refunded, or is a gateway's difference, is an `amount`. A reversal names nothing.
    `reference` is what the bank's return, or our payment to the customer, is called, where a statement told of it: it
    waits no more then.
    """

    legal_entity: Name
    receipt: Annotated[str, StringConstraints(pattern=r"^R[0-9a-f]{24}$")]
    verdict: ReceiptVerdict
    reason: Reason
    account: Name | None = None
    pays: Annotated[tuple[PaidInvoice, ...], Field(max_length=90)] = ()
    amount: Nonnegative | None = None
    reference: Annotated[str, StringConstraints(max_length=256)] = ""

    @model_validator(mode="after")
    def _says_what_its_verdict_needs(self) -> Self:
        is_applied = self.verdict is ReceiptVerdict.APPLIED
        if is_applied != (self.account is not None) or (self.pays and not is_applied):
            message = "an application names the account and may name invoices; nothing else does"
            raise ValueError(message)
        if (self.verdict in OF_AN_AMOUNT) != (self.amount is not None):
            message = "what is returned, refunded or a gateway's difference is an amount; nothing else names one"
            raise ValueError(message)
        if self.reference and self.verdict not in GONE_BACK:
            message = "only what is returned or refunded has the reference of what a bank told of"
            raise ValueError(message)
        return self


class NotedDecision(ReceiptDecision):
    """What a person decided about a receipt, as it is kept."""

    decided_by: str


class DecidedReceipt(Model):
    """Where a receipt stands after a decision."""

    receipt: str
    status: ReceiptStatus
    account: str | None
    amount: Money
    applied: Money
    unapplied: Money
