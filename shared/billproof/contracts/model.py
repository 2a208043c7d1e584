"""Contracts: versions of the terms between an account and its legal entity."""

import operator
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from billproof.contracts.charges import Charge, Commitment, Credit, Discount, SpendCap, Waiver
from billproof.contracts.renewals import Renewal
from billproof.ids import digest
from billproof.model import Exact, Flag, Model
from billproof.money import CONTEXT, unit
from billproof.names import Currency, EventType, Name, Reference, TimeZone, Version
from billproof.periods import DateRange
from billproof.proration import ProrationTerms


class Exclusion(Model):
    """Events that the contract does not bill, with the clause that says so."""

    event_type: EventType
    reason: str


class ZeroInvoices(StrEnum):
    """What becomes of invoices that come to nothing: they are kept as records, or sent as any other."""

    KEPT = "kept"
    SENT = "sent"

    @classmethod
    def of(cls, terms: Iterable["ZeroInvoices"]) -> "ZeroInvoices":
        """Return what becomes of an invoice for several contracts: it is sent where one of them says so."""
        return cls.SENT if cls.SENT in terms else cls.KEPT


class CashDiscount(Model):
    """What a customer may take off an invoice that it pays within `days` of its issue, in percent of all of it."""

    percent: Annotated[Exact, Field(gt=0, le=20, decimal_places=2)]
    days: Annotated[int, Field(strict=True, ge=1, le=365)]


class Contract(Model):
    """A version of the terms between an account and its legal entity.

    A version governs from the start of its `effective` range until a higher version does; `effective.end` ends the
    contract. With `prices_include_tax` its prices are what the customer pays, and tax is taken out of them.
    `zero_invoices` says whether invoices of nothing are sent, or kept as records. With `charges_automatically` what is
    due is charged to the payment method that the account saved. Its documents say the customer's `purchase_order`, and
    its `number` on paper. Who pays its invoices soon may take the `cash_discount`.
    """

    kind: Literal["contract"] = "contract"
    id: Name
    account: Name
    version: Version
    signed_by: str
    effective: DateRange
    currency: Currency
    time_zone: TimeZone
    charges: Annotated[tuple[Charge, ...], Field(min_length=1, max_length=2_000)]
    discounts: tuple[Discount, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    caps: tuple[SpendCap, ...] = ()
    credits: tuple[Credit, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    renewal: Renewal | None = None
    proration: ProrationTerms = Field(default_factory=ProrationTerms)
    prices_include_tax: Flag = False
    zero_invoices: ZeroInvoices = ZeroInvoices.KEPT
    charges_automatically: Flag = Field(default=False, exclude_if=operator.not_)
    purchase_order: Reference | None = Field(default=None, exclude_if=operator.not_)
    number: Reference | None = Field(default=None, exclude_if=operator.not_)
    cash_discount: CashDiscount | None = Field(default=None, exclude_if=operator.not_)

    @property
    def terms_digest(self) -> str:
        """The SHA-256 of the terms as canonical JSON, what is left at its default left out."""
        return digest(self.model_dump(mode="json", exclude_defaults=True))

    @property
    def rolls_over(self) -> bool:
        """Whether some charge carries over what is left of its allowance."""
        return any(charge.rollover for charge in self.charges)

    @model_validator(mode="after")
    def _names_are_sound(self) -> Self:
        reductions: list[Discount | Commitment | SpendCap | Credit | Waiver] = [
            *self.discounts,
            *self.commitments,
            *self.caps,
            *self.credits,
            *self.waivers,
        ]
        ids = [term.id for term in (*self.charges, *reductions)]
        if len(set(ids)) != len(ids):
            message = f"contract {self.id}: two terms share an id"
            raise ValueError(message)
        charges = {charge.id for charge in self.charges}
        for term in reductions:
            unknown = set(term.charges) - charges
            if unknown:
                message = f"contract {self.id}: {term.id} names charges that do not exist: {sorted(unknown)}"
                raise ValueError(message)
        for credit in self.credits:
            if credit.amount != credit.amount.quantize(unit(self.currency), context=CONTEXT):
                message = f"contract {self.id}: credit {credit.id} is finer than the minor unit of {self.currency}"
                raise ValueError(message)
            target = next((other for other in self.credits if other.id == credit.rolls_over_to), None)
            if credit.rolls_over_to is not None and (
                target is None or credit.effective.end is None or target.effective.start < credit.effective.end
            ):
                message = f"contract {self.id}: {credit.id} rolls over to a credit that begins when it has expired"
                raise ValueError(message)
        return self
