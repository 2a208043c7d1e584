"""What arrives and what is open: receipts, open items, and how one pays the other.

A receipt is what a bank or a payment gateway says arrived; nobody changes it. An open item is a released document of
which something is not paid. A match says which items a receipt pays, by which rule, and how sure that is.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.errors import InvalidMoney
from billproof.ids import digest
from billproof.model import Day, Exact, Model
from billproof.money import Money
from billproof.names import Name

Text = Annotated[str, StringConstraints(max_length=4096)]
ReceiptSource = Annotated[str, StringConstraints(min_length=1, max_length=128)]
ReceiptReference = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Confidence = Annotated[Exact, Field(ge=0, le=1)]


class Channel(StrEnum):
    """How money arrives."""

    BANK = "bank"
    GATEWAY = "gateway"


class Payer(Model):
    """Who paid, as the bank or gateway says: a name, and an account as an IBAN or the bank's own number."""

    name: Annotated[str, StringConstraints(max_length=200)] | None = None
    account: Annotated[str, StringConstraints(max_length=64)] | None = None


class CashReceipt(Model):
    """Money that arrived for a legal entity: told twice under one source and reference, it is one receipt.

    `source` is the bank account or gateway that it arrived on, `reference` the source's own id of it. `amount` is what
    is credited, above zero; `charges` is what banks on the way kept of what the payer sent. `structured` is a reference
    of ISO 11649 where the payer gave one; `remittance` is all other text, whole.
    """

    legal_entity: Name
    channel: Channel
    source: ReceiptSource
    reference: ReceiptReference
    amount: Money
    charges: Money | None = None
    booked_on: Day
    payer: Payer = Field(default_factory=Payer)
    structured: Annotated[str, StringConstraints(max_length=35)] | None = None
    remittance: Text = ""
    statement: str | None = None

    @model_validator(mode="after")
    def _is_worth_something(self) -> Self:
        if self.amount.amount <= 0:
            message = "a receipt is an amount above zero"
            raise ValueError(message)
        for money in (self.amount, self.charges):
            if money is not None:
                refuse_fractions(money)
        if self.charges is not None and (self.charges.amount < 0 or self.charges.currency != self.amount.currency):
            message = "charges are an amount of the receipt's currency, not below zero"
            raise ValueError(message)
        return self

    def tells_of(self, other: "CashReceipt") -> bool:
        """Say whether another tells the same of this money: a notification and then a statement may, both."""
        return self.model_copy(update={"statement": other.statement}) == other

    @property
    def id(self) -> str:
        """The same for the same money, on every machine: `R` and 24 digits of a digest."""
        return receipt_id(self.legal_entity, self.channel, self.source, self.reference)


def refuse_fractions(money: Money) -> None:
    """Raise ValueError for an amount that is finer than its currency's minor unit."""
    try:
        Money.of(money.amount, money.currency)
    except InvalidMoney as error:
        raise ValueError(str(error)) from None


def receipt_id(legal_entity: str, channel: Channel, source: str, reference: str) -> str:
    """Name the money that a source calls by a reference."""
    return f"R{digest([legal_entity, channel.value, source, reference])[:24]}"


class OpenItem(Model):
    """A released document and what is open of it, in its own currency; nothing where it is paid.

    `discount` may be taken of it by who pays until `discount_until`.
    """

    document: str
    number: str
    account: str
    issued: Day
    due: Day
    gross: Money
    open: Money
    discount: Money | None = None
    discount_until: Day | None = None


class Allocation(Model):
    """What of a receipt pays a document, and what the document is freed of besides, in its own currency.

    paid + discount + tolerance + charges is what it is settled by: `discount` as its terms allow, `tolerance` a small
    difference that the policy gives up, `charges` what banks on the way kept.
    """

    document: str
    number: str
    paid: Money
    discount: Money | None = None
    tolerance: Money | None = None
    charges: Money | None = None

    @property
    def settled(self) -> Money:
        """What is not open of the document any more."""
        extras = (part for part in (self.discount, self.tolerance, self.charges) if part is not None)
        return self.paid.plus(extras)


class MatchOutcome(StrEnum):
    """What a match leads to."""

    APPLIED = "applied"
    """It is sure enough: the receipt pays the documents, and what is left of it is the account's."""
    PROPOSED = "proposed"
    """A person decides."""
    UNKNOWN = "unknown"
    """Nobody knows whose it is."""


class Match(Model):
    """Whose a receipt is and what it pays, by which rule, why, and how sure that is.

    Without allocations all of it is left on the account. `others` are what it may be as well, best first.
    """

    outcome: MatchOutcome
    rule: str
    confidence: Confidence
    account: str | None = None
    allocations: tuple[Allocation, ...] = ()
    evidence: tuple[str, ...] = ()
    others: tuple["Match", ...] = ()


class Remembered(Model):
    """What a person decided of a payer: whose money comes from that name or account."""

    kind: Literal["iban", "name"]
    value: str
    account: str


class UseKind(StrEnum):
    """What happened to a receipt."""

    APPLIED = "applied"
    PROPOSED = "proposed"
    REVERSED = "reversed"
    RETURNED = "returned"
    REFUNDED = "refunded"
    PAID_OUT = "paid_out"


class ReceiptStatus(StrEnum):
    """Where a receipt stands."""

    NEW = "new"
    PROPOSED = "proposed"
    APPLIED = "applied"
    PART_APPLIED = "part_applied"
    ON_ACCOUNT = "on_account"
    RETURNED = "returned"
    PAID_OUT = "paid_out"
