"""Amounts with a currency, and the only places where an amount is rounded or divided.

Currencies and their minor units: ISO 4217 (the maintenance agency's list one, 2024-06-25).
"""

import decimal
import functools
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import field_validator, model_validator

from billproof.errors import InvalidMoney
from billproof.model import Exact, Model

# Every ISO 4217 currency whose minor unit is not two decimals, then those with two.
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"
_TWO_DECIMALS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
    "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
    "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWL"
)
EXPONENTS: dict[str, int] = {
    code: digits
    for digits, codes in ((0, _NO_DECIMALS), (2, _TWO_DECIMALS), (3, _THREE_DECIMALS), (4, _FOUR_DECIMALS))
    for code in codes.split()
}

# Wide enough for 23+15 digit quantities times 23+15 digit prices: no product or sum is ever rounded by accident.
CONTEXT = decimal.Context(prec=96, traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow])


REMAINDER_DIGITS = Decimal("1e-12")
"""Weights that never end are off by far less, so that two equal remainders may differ beyond these digits only."""
SETTLED_DIGITS = Decimal("1e-24")
"""Sums of shares that never end are off by far less; no price, quantity or share differs from half a unit by so little.
"""


def settled(exact: Decimal) -> Decimal:
    """Return a share, or a sum of shares, as the fraction that it stands for: a third is written a shade too small.

    Without it half a cent that is a sixth of 20.67 dollars would be rounded like a shade more than half a cent.
    """
    return exact.quantize(SETTLED_DIGITS, context=CONTEXT)


def exactly[**P, R](rule: Callable[P, R]) -> Callable[P, R]:
    """Run a rule in CONTEXT: the operators of Decimal otherwise round to 28 digits in silence."""

    @functools.wraps(rule)
    def exact(*args: P.args, **kwargs: P.kwargs) -> R:
        with decimal.localcontext(CONTEXT):
            return rule(*args, **kwargs)

    return exact


class Rounding(StrEnum):
    """A named rounding policy; both treat negative amounts as the mirror of positive ones."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"

    @property
    def mode(self) -> str:
        """The decimal module's name for this policy."""
        return {"half_up": decimal.ROUND_HALF_UP, "half_even": decimal.ROUND_HALF_EVEN}[self.value]


def exponent(currency: str) -> int:
    """Say how many decimals the currency's minor unit has; an unknown currency raises InvalidMoney."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        message = f"{currency!r} is not a currency of ISO 4217"
        raise InvalidMoney(message) from None


@functools.cache
def unit(currency: str) -> Decimal:
    """Return the smallest amount of the currency: 0.01 for USD, 1 for JPY."""
    return Decimal(1).scaleb(-exponent(currency))


LARGEST_DIGIT = 22
"""The place of the first of the 23 digits that an amount may have before the point."""


class Money(Model):
    """An exact amount of one currency; it refuses to mix with another."""

    amount: Exact
    currency: str

    @field_validator("currency")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            exponent(value)
        except InvalidMoney:
            message = "this is not a currency of ISO 4217"
            raise ValueError(message) from None
        return value

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> "Money":
        """Make an amount already in whole minor units, such as 12.34 USD; anything finer raises InvalidMoney."""
        if isinstance(amount, float):
            message = f"{amount!r} is a float, and money is exact"
            raise InvalidMoney(message)
        value = Decimal(amount)
        if value != value.quantize(unit(currency), context=CONTEXT):
            message = f"{amount} is finer than the minor unit of {currency}: round it by a policy first"
            raise InvalidMoney(message)
        return cls._in_minor_units(value.quantize(unit(currency), context=CONTEXT), currency)

    @staticmethod
    @functools.cache
    def zero(currency: str) -> "Money":
        """Return nothing, in this currency; an unknown one raises InvalidMoney."""
        return Money.of(0, currency)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str, rounding: Rounding) -> "Money":
        """Round an exact amount once, to the currency's minor unit, by the named policy."""
        return cls.of(settled(amount).quantize(unit(currency), rounding=rounding.mode, context=CONTEXT), currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            message = f"{self.currency} and {other.currency} do not add up"
            raise InvalidMoney(message)

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return self._exact(CONTEXT.add(self.amount, other.amount))

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return self._exact(CONTEXT.subtract(self.amount, other.amount))

    def plus(self, amounts: Iterable["Money"]) -> "Money":
        """Add many amounts of the same currency."""
        whole = self.amount
        for amount in amounts:
            self._same(amount)
            whole = CONTEXT.add(whole, amount.amount)
        return self._exact(whole)

    def __neg__(self) -> "Money":
        return self._exact(CONTEXT.minus(self.amount))

    def _exact(self, amount: Decimal) -> "Money":
        return self._in_minor_units(amount, self.currency)

    @classmethod
    def _in_minor_units(cls, amount: Decimal, currency: str) -> "Money":
        """Make an amount in whole minor units of a known currency: only its digits need a look."""
        if amount.adjusted() > LARGEST_DIGIT:
            return cls(amount=amount, currency=currency)  # which says what is wrong
        return cls.construct_trusted(amount=amount, currency=currency)

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    @property
    def text(self) -> str:
        """The amount with all its minor digits: 12.30, not 12.3; nothing has no sign."""
        return f"{CONTEXT.plus(self.amount.quantize(unit(self.currency), context=CONTEXT)):f}"

    @property
    def is_zero(self) -> bool:
        """Whether nothing is left."""
        return self.amount == 0


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add amounts of one currency; an empty sum is zero."""
    return Money.zero(currency).plus(amounts)


@exactly
def allocate(amount: Money, weights: Sequence[Decimal]) -> list[Money]:
    """Share an amount in proportion to weights, to the last minor unit: the shares always add up to the amount.

    Each share is first cut toward zero; the units left over go one by one to the largest cut-off parts, earlier shares
    first (largest remainder). Raises InvalidMoney where the weights are negative or add up to zero.
    """
    whole = sum(weights, Decimal(0))
    if whole <= 0 or any(weight < 0 for weight in weights):
        message = "weights must not be negative and must not all be zero"
        raise InvalidMoney(message)
    smallest = unit(amount.currency)
    sign = -1 if amount.amount < 0 else 1
    units = abs(amount.amount) // smallest
    ideal = [units * weight / whole for weight in weights]
    shares = [share.to_integral_value(rounding=decimal.ROUND_FLOOR) for share in ideal]
    left = int(units - sum(shares, Decimal(0)))
    for index in _by_remainder(shares, ideal)[:left]:
        shares[index] += 1
    return [Money.of(sign * share * smallest, amount.currency) for share in shares]


@exactly
def share_out(whole: Money, exact: Sequence[Decimal]) -> list[Money]:
    """Share a rounded sum over the exact amounts that it is the sum of: each is off by less than a minor unit.

    Each is first cut down to the unit; what the sum has more goes unit by unit to the largest cut-off parts, earlier
    amounts first. An amount in whole units stays as it is, and amounts that differ in sign alone cancel out.
    """
    smallest = unit(whole.currency)
    units = [amount / smallest for amount in exact]
    shares = [amount.to_integral_value(rounding=decimal.ROUND_FLOOR) for amount in units]
    left = int(whole.amount / smallest - sum(shares, Decimal(0)))
    for index in _by_remainder(shares, units)[:left]:
        shares[index] += 1
    return [Money.of(share * smallest, whole.currency) for share in shares]


def _by_remainder(shares: Sequence[Decimal], exact: Sequence[Decimal]) -> list[int]:
    """Order shares by what was cut off them, the largest first, then the earlier; a shade of one is no difference."""
    cut_off = [(amount - share).quantize(REMAINDER_DIGITS) for share, amount in zip(shares, exact, strict=True)]
    return sorted(range(len(shares)), key=lambda index: (-cut_off[index], index))


class Taxed(Model):
    """A net amount, the tax on it and the gross amount: net + tax = gross, or it cannot be made."""

    net: Money
    tax: Money
    gross: Money

    @staticmethod
    def of(net: Money, tax: Money) -> "Taxed":
        """Add tax to a net amount: what is made so adds up and needs no second look."""
        return Taxed.construct_trusted(net=net, tax=tax, gross=net + tax)

    @property
    def is_zero(self) -> bool:
        """Whether it is nothing, before and after tax."""
        return self.net.is_zero and self.tax.is_zero

    def __add__(self, other: "Taxed") -> "Taxed":
        return Taxed.of(self.net + other.net, self.tax + other.tax)

    @staticmethod
    def total(amounts: Sequence["Taxed"], currency: str) -> "Taxed":
        """Add up net amounts and taxes; an empty sum is zero."""
        return Taxed.of(
            total((taxed.net for taxed in amounts), currency), total((taxed.tax for taxed in amounts), currency)
        )

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.net + self.tax != self.gross:
            message = f"net {self.net} + tax {self.tax} is not gross {self.gross}"
            raise ValueError(message)
        return self
