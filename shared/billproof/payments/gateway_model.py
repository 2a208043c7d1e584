"""What a gateway says of its balance: movements, each told once under its own reference, and no card numbers.

    charge          + what a customer paid                      dispute_won     + what a dispute took comes back
    refund          - what went back to the customer            dispute_lost    0
    dispute         - what the customer's bank took back        fee             - what the gateway keeps
    payout          - what the gateway sent to the bank

A payout is what its movements add up to, to the unit.
"""

import re
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from billproof.escaping import escape
from billproof.ids import digest
from billproof.masterdata.gateways import MovementOfGateway
from billproof.model import Day, Model
from billproof.money import Money
from billproof.names import Name
from billproof.payments.model import Payer, ReceiptReference, ReceiptSource, Text, refuse_fractions
from billproof.personal_numbers import has_card_number

_SEPARATORS = re.compile("[%#/]")
SIGNS = {
    MovementOfGateway.CHARGE: 1,
    MovementOfGateway.REFUND: -1,
    MovementOfGateway.DISPUTE: -1,
    MovementOfGateway.DISPUTE_WON: 1,
    MovementOfGateway.DISPUTE_LOST: 0,
    MovementOfGateway.PAYOUT: -1,
}
"""The sign of what a movement does to the gateway's balance; a fee may have either."""
OF_A_CHARGE = {
    MovementOfGateway.REFUND,
    MovementOfGateway.DISPUTE,
    MovementOfGateway.DISPUTE_WON,
    MovementOfGateway.DISPUTE_LOST,
}


def movement_name(of: str, reference: str) -> str:
    """Name a movement by what it is or whose it is, and its reference: any text, so what separates them is escaped."""
    return "/".join((of, escape(reference, _SEPARATORS)))


class GatewayMovement(Model):
    """One movement of a gateway's balance: told twice under one reference, it is one.

    `amount` is what it does to the balance. `original` is the reference of the charge that a refund or dispute is of;
    `payout` that of the payout which settles it, once the gateway says so. Nothing of it may look like a card's number.
    """

    legal_entity: Name
    source: ReceiptSource
    movement: MovementOfGateway
    reference: ReceiptReference
    amount: Money
    booked_on: Day
    original: ReceiptReference | None = None
    payout: ReceiptReference | None = None
    payer: Payer = Field(default_factory=Payer)
    remittance: Text = ""

    @field_validator("reference", "original", "payout", "remittance")
    @classmethod
    def _is_no_card(cls, text: str | None) -> str | None:
        if text is not None and has_card_number(text):
            message = "this may be the number of a card, and no card data is kept"
            raise ValueError(message)
        return text

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        refuse_fractions(self.amount)
        amount, sign = self.amount.amount, SIGNS.get(self.movement)
        is_right = amount * sign > 0 if sign else (amount == 0) == (sign == 0)
        if not is_right:
            message = f"the amount of a {self.movement.value} has another sign"
            raise ValueError(message)
        if (self.movement in OF_A_CHARGE) != (self.original is not None):
            message = "a refund or dispute names the charge that it is of; nothing else does"
            raise ValueError(message)
        if self.movement is MovementOfGateway.PAYOUT and self.payout is not None:
            message = "a payout is part of no payout"
            raise ValueError(message)
        if any(text is not None and has_card_number(text) for text in (self.payer.name, self.payer.account)):
            message = "the payer may be the number of a card, and no card data is kept"
            raise ValueError(message)
        return self

    @property
    def id(self) -> str:
        """The same for the same movement, on every machine: `G` and 24 digits of a digest."""
        return f"G{digest([self.legal_entity, self.source, self.movement.value, self.reference])[:24]}"

    @property
    def content(self) -> "GatewayMovement":
        """What is the same however often it is told: which payout settles it is often known later."""
        return self.model_copy(update={"payout": None})

    def moves_as(self, other: "GatewayMovement") -> bool:
        """Say whether another tells of the same money: whoever paid, and whatever the text with it is."""
        return self.content == other.content.model_copy(update={"payer": self.payer, "remittance": self.remittance})


class GatewayTold(Model):
    """A gateway told of a movement."""

    kind: Literal["gateway"]
    movement: GatewayMovement


def is_of(won: GatewayMovement, other: GatewayMovement) -> bool:
    """Say whether another movement of a charge has the name of the dispute that was won."""
    return other.reference == won.reference


def is_due(movement: GatewayMovement, of_charge: Sequence[GatewayMovement]) -> bool:
    """Say whether what a movement comes to can be done: what a dispute gave back waits until that dispute is told.

    Where no dispute has its name it waits until some took as much. One of its name that took less is told: the gateway
    gave back more than it took.
    """
    if movement.movement is not MovementOfGateway.DISPUTE_WON:
        return True
    if any(one.movement is MovementOfGateway.DISPUTE and is_of(movement, one) for one in of_charge):
        return True
    kinds = {MovementOfGateway.DISPUTE, MovementOfGateway.DISPUTE_WON}
    moved = [one.amount for one in of_charge[: of_charge.index(movement) + 1] if one.movement in kinds]
    return Money.zero(movement.amount.currency).plus(moved).amount <= 0
