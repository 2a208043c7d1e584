"""What arrives and what is open: receipts, open items, and how one pays the other.

A receipt is what a bank or a payment gateway says arrived; nobody changes it. An open item is a released document of
which something is not paid. A match says which items a receipt pays, by which rule, and how sure that is.
"""

import operator
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.errors import InvalidMoney
from billproof.ids import digest
from billproof.invoicing.offered_discounts import DiscountTax
from billproof.model import Day, Exact, Model
from billproof.money import Money
from billproof.names import Currency, Name
from billproof.payments.proportions import share, share_at_most

OTHER_CURRENCY = "other-currency"
"""The rule that leaves to people what comes in another currency than the documents."""

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


class BankRate(Model):
    """At which rate a bank converted a payment: one unit of `base` is `rate` of `quote`."""

    base: Currency
    quote: Currency
    rate: Annotated[Exact, Field(gt=0)]


class CashReceipt(Model):
    """Money that arrived for a legal entity: told twice under one source and reference, it is one receipt.

    `source` is the bank account or gateway that it arrived on, `reference` the source's own id of it. `amount` is what
    is credited, above zero; `charges` is what banks on the way kept of what the payer sent. `structured` is a reference
    of ISO 11649 where the payer gave one; `remittance` is all other text, whole. `value_on` is the value date where it
    is another day than that of the booking. `original` is what the payer sent where that is of another currency,
    `bank_rate` at which rate the bank converted it, where the statement says so.
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
    value_on: Day | None = Field(default=None, exclude_if=operator.not_)
    original: Money | None = Field(default=None, exclude_if=operator.not_)
    bank_rate: BankRate | None = Field(default=None, exclude_if=operator.not_)

    @model_validator(mode="after")
    def _is_worth_something(self) -> Self:
        if self.amount.amount <= 0:
            message = "a receipt is an amount above zero"
            raise ValueError(message)
        for money in (self.amount, self.charges, self.original):
            if money is not None:
                refuse_fractions(money)
        if self.charges is not None and (self.charges.amount < 0 or self.charges.currency != self.amount.currency):
            message = "charges are an amount of the receipt's currency, not below zero"
            raise ValueError(message)
        return self

    def tells_of(self, other: "CashReceipt") -> bool:
        """Say whether another tells the same of this money: a notification and then a statement may, both."""
        about = ("value_on", "original", "bank_rate")
        one, two = ({name: getattr(receipt, name) for name in about} for receipt in (self, other))
        agree = all(None in {one[name], two[name]} or one[name] == two[name] for name in about)
        return agree and self.model_copy(update={"statement": other.statement} | two) == other

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

    `discount` may be taken of it by who pays until `discount_until`; `discount_taxes` is the tax in it.
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
    discount_taxes: tuple[DiscountTax, ...] = Field(default=(), exclude_if=operator.not_)

    def discount_on(self, day: date) -> Money | None:
        """Return the discount that money of a day may take; a document that is paid in part has none any more."""
        if self.discount is None or self.discount_until is None or day > self.discount_until:
            return None
        return self.discount if self.open == self.gross and 0 < self.discount.amount < self.open.amount else None


class Conversion(Model):
    """How money in another currency pays a document: `received` is what of the receipt it takes.

    `worth` is what that is in the document's currency, rounded once, and `rate` what it was converted at, for people.
    """

    received: Money
    worth: Money
    rate: str


class Allocation(Model):
    """What of a receipt pays a document, and what the document is freed of besides, in its own currency.

    paid + discount + tolerance + charges is what it is settled by: `discount` as its terms allow, `tolerance` a small
    difference that the policy gives up, `charges` what banks on the way kept. `discount_taxes` is the tax in the
    discount. A receipt in another currency has a `conversion`: `paid` may differ from what that is worth, and the
    difference is one of exchange rates.
    """

    document: str
    number: str
    paid: Money
    discount: Money | None = None
    tolerance: Money | None = None
    charges: Money | None = None
    discount_taxes: tuple[DiscountTax, ...] = Field(default=(), exclude_if=operator.not_)
    conversion: Conversion | None = Field(default=None, exclude_if=operator.not_)

    @property
    def spent(self) -> Money:
        """What of the receipt it takes, in the receipt's currency."""
        return self.conversion.received if self.conversion else self.paid

    def of(self, paid: Money) -> "Allocation":
        """Return a part of it that frees the document of nothing else, at the same rate."""
        conversion = self.conversion
        if conversion is not None:
            received, worth = (share(part, paid, self.paid) for part in (conversion.received, conversion.worth))
            conversion = Conversion(received=received, worth=worth, rate=conversion.rate)
        return Allocation(document=self.document, number=self.number, paid=paid, conversion=conversion)

    def paid_by(self, left: Money) -> Money:
        """Return what of the document a rest of the receipt pays at most, as far as it is this."""
        if left.amount >= self.spent.amount:
            return self.paid
        return left if self.conversion is None else share_at_most(self.paid, left, self.spent)

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
    GATEWAY_DIFFERENCE = "gateway_difference"


class ReceiptStatus(StrEnum):
    """Where a receipt stands."""

    NEW = "new"
    PROPOSED = "proposed"
    APPLIED = "applied"
    PART_APPLIED = "part_applied"
    ON_ACCOUNT = "on_account"
    RETURNED = "returned"
    PAID_OUT = "paid_out"
