"""Amounts as Stripe writes them: whole numbers of a unit that is not always the currency's own minor unit.

docs.stripe.com/currencies: of the currencies without decimals Stripe counts units, of those with three thousandths, and
of all others hundredths. ISK and UGX have no decimals, and are counted in hundredths all the same. MGA is counted in
units, of which ISO 4217 has fifths.
"""

from decimal import Decimal

from billproof.errors import InvalidMoney
from billproof.money import CONTEXT, Money, exponent

_UNITS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THOUSANDTHS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


def decimals_of(currency: str) -> int:
    """Return how many decimals the amounts of a currency have at Stripe; raises InvalidMoney for an unknown one."""
    exponent(currency)
    if currency in _UNITS:
        return 0
    return 3 if currency in _THOUSANDTHS else 2


def money_of(units: object, currency: object) -> Money:
    """Return what Stripe writes as so many units of a currency in small letters.

    Raises InvalidMoney for what is no whole number, an unknown currency, and an amount finer than its minor unit.
    """
    code = currency.upper() if isinstance(currency, str) else ""
    decimals = decimals_of(code)
    if not isinstance(units, int) or isinstance(units, bool):
        message = "an amount of Stripe is a whole number"
        raise InvalidMoney(message)
    return Money.of(Decimal(units).scaleb(-decimals, context=CONTEXT), code)


def units_of(money: Money) -> int:
    """Return an amount as Stripe takes it; raises InvalidMoney where it cannot be written so.

    The last digit of thousandths is to be zero: card networks take no finer amounts.
    """
    units = money.amount.scaleb(decimals_of(money.currency), context=CONTEXT)
    is_fine = money.currency in _THOUSANDTHS and units % 10 != 0
    if units != units.to_integral_value() or is_fine:
        message = f"Stripe takes no amount as fine as {money}"
        raise InvalidMoney(message)
    return int(units)
