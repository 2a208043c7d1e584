"""Exchange rates: for invoices in another currency than the books of their legal entity.

An invoice is in its contract's currency, and is converted into the books' once, at the last published rate on or
before its issue date (IAS 21.21 and 21.22, ASC 830-20-30-1: the rate of the day of the transaction; article
91(2) of Directive 2006/112/EC for the tax base). A credit note keeps the rate of its invoice, so that both come to
nothing in the books, too.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.model import Day, Exact, Model, decimal_text
from billproof.money import CONTEXT, EXPONENTS, Money, Rounding, Taxed
from billproof.names import Version


class ExchangeRate(Model):
    """What one unit of the first currency of `id` (`EUR-USD`) is worth in the second on a day, and who says so."""

    kind: Literal["exchange_rate"] = "exchange_rate"
    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z]{3}$")]
    day: Day
    version: Version
    rate: Annotated[Exact, Field(gt=0)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _of_two_currencies(self) -> Self:
        base, quote = self.currencies
        if base == quote or not {base, quote} <= EXPONENTS.keys():
            message = f"{self.id}: a rate is between two currencies of ISO 4217"
            raise ValueError(message)
        return self

    @property
    def currencies(self) -> tuple[str, str]:
        """The currency of which it prices one unit, and the one in which it does."""
        base, _, quote = self.id.partition("-")
        return base, quote

    @property
    def text(self) -> str:
        """The rate as people read it."""
        base, quote = self.currencies
        return f"1 {base} = {decimal_text(self.rate)} {quote}, {self.source}, {self.day}"

    def is_between(self, first: str, second: str) -> bool:
        """Say whether it converts one currency into the other; it does so in both directions."""
        return {first, second} == set(self.currencies)

    def holds_on(self, day: date, *, days: int) -> bool:
        """Say whether it may be used on a day: published on it, or not longer than some days before it."""
        return self.day <= day <= self.day + timedelta(days=days)

    def convert(self, amount: Money, rounding: Rounding) -> Money:
        """Convert an amount of one of the currencies into the other one, rounded once."""
        return Money.rounded(self.exact(amount), self.other(amount.currency), rounding)

    def exact(self, amount: Money) -> Decimal:
        """Return what an amount of one of the currencies comes to in the other one, before it is rounded."""
        if amount.currency == self.currencies[0]:
            return CONTEXT.multiply(amount.amount, self.rate)
        return CONTEXT.divide(amount.amount, self.rate)

    def other(self, currency: str) -> str:
        """Return the currency into which one of the two is converted."""
        base, quote = self.currencies
        return quote if currency == base else base

    def convert_taxed(self, amounts: Taxed, rounding: Rounding) -> Taxed:
        """Convert a net amount and its tax, each rounded once; the gross amount is their sum."""
        return Taxed.of(self.convert(amounts.net, rounding), self.convert(amounts.tax, rounding))
