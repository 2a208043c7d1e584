"""What a person asks for: a credit note or a write-off of a released invoice."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from billproof.model import Exact, Flag, Model
from billproof.names import ONE_LINE, Name
from billproof.periods import Period


class CreditReason(StrEnum):
    """Why something is taken back. What is uncollectible is written off: the customer gets no document."""

    BILLING_ERROR = "billing_error"
    SERVICE_LEVEL = "service_level"
    GOODWILL = "goodwill"
    CANCELLATION = "cancellation"
    DUPLICATE = "duplicate"
    UNCOLLECTIBLE = "uncollectible"


class LineCredit(Model):
    """What is taken back of a line: a net amount, or a quantity at what a unit cost; neither: all that is left.

    `contract` tells lines of the same name apart, where two contracts are on one invoice.
    """

    line: str
    contract: str | None = None
    amount: Annotated[Exact, Field(gt=0)] | None = None
    quantity: Annotated[Exact, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.amount is not None and self.quantity is not None:
            message = f"line {self.line}: give an amount or a quantity, not both"
            raise ValueError(message)
        return self


class WantedCredit(Model):
    """What a request to credit an invoice says: `id` is the requester's own name for it; the same request twice is one.

    Without lines all that is left of the invoice is credited. With `rebill` the next invoice bills again what the terms
    and usage of the period come to then. `refund` says that the money is to go back; `to_balance`, of an invoice
    that is paid, that all of it stays as a balance. Else it takes off what is open of the invoice first. Something may
    be given back for some `days` of a line: those to come reduce deferred revenue, and what is earned stays.
    """

    id: Name
    invoice: str
    reason: CreditReason
    note: Annotated[str, Field(min_length=3, max_length=1_000), ONE_LINE]
    lines: Annotated[tuple[LineCredit, ...], Field(max_length=1_000)] = ()
    rebill: Flag = False
    refund: Flag = False
    to_balance: Flag = False
    days: Period | None = None

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not asked for: requests of before keep their digests."""
        fields: dict[str, Any] = dump(self)
        left_out = {name for name in ("days", "to_balance") if not getattr(self, name)}
        return {name: fields[name] for name in fields if name not in left_out}

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if len({(wanted.contract, wanted.line) for wanted in self.lines}) != len(self.lines):
            message = "a line is named twice"
            raise ValueError(message)
        if self.refund and self.to_balance:
            message = "it is refunded or left to the balance, not both"
            raise ValueError(message)
        more_than_all = self.refund or self.to_balance or self.rebill or self.lines or self.days
        if self.reason is CreditReason.UNCOLLECTIBLE and more_than_all:
            message = "an uncollectible invoice is written off completely: it cannot be refunded or billed again"
            raise ValueError(message)
        return self


class CreditRequest(WantedCredit):
    """A request to credit an invoice, and the person of the policy who asks."""

    requested_by: str
