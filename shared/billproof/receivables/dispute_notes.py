"""What a person says of a dispute, in words that load nothing: receivables/disputing.py does it."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.findings import Owner
from billproof.model import Day, Exact, Model
from billproof.money import Money
from billproof.names import Name, NumberInPath, Reason
from billproof.receivables.disputes import DisputeCause, DisputeStatus, DisputeVerdict

PositiveNet = Annotated[Exact, Field(gt=0)]


class WantedDispute(Model):
    """What a customer disputes: an invoice, or a line of it, or a net amount of that line. Who notes it is the caller.

    `contract` tells lines of the same name apart, where two contracts are on one invoice.
    """

    invoice: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    line: Annotated[str, StringConstraints(min_length=1, max_length=1_000)] | None = None
    contract: Name | None = None
    amount: PositiveNet | None = None
    cause: DisputeCause
    owner: Owner
    deadline: Day
    reason: Reason

    @model_validator(mode="after")
    def _names_a_line(self) -> Self:
        if self.line is None and (self.amount is not None or self.contract is not None):
            message = "an amount or a contract is of a line: name the line"
            raise ValueError(message)
        return self


class DisputeDecision(Model):
    """A dispute of an account, and what is decided of it. Who decides is the caller.

    What is partial has the net `amount` of the line that is credited; nothing else has one.
    """

    legal_entity: Name
    account: Name
    dispute: NumberInPath
    verdict: DisputeVerdict
    amount: PositiveNet | None = None
    reason: Reason

    @model_validator(mode="after")
    def _says_what_its_verdict_needs(self) -> Self:
        if (self.verdict is DisputeVerdict.PARTIAL) != (self.amount is not None):
            message = "what is partial has an amount; nothing else has one"
            raise ValueError(message)
        return self


class DisputeAnswer(Model):
    """Where a dispute stands; `credit` is the credit note that waits for approval, empty where none was asked for."""

    account: str
    dispute: int
    number: str
    status: DisputeStatus
    amount: Money
    credit: str
