"""Shares of amounts: what of one amount belongs to a part of another one, which may be in another currency."""

from decimal import Decimal

from billproof.money import CONTEXT, Money, Rounding, unit


def share(whole: Money, part: Money, of: Money) -> Money:
    """Return what of an amount a part of another one comes to, rounded once in the amount's currency."""
    return whole if part == of else Money.rounded(_exact(whole, part, of), whole.currency, Rounding.HALF_UP)


def share_at_most(whole: Money, part: Money, of: Money) -> Money:
    """Return the share in whole minor units, never more than it is exactly."""
    rounded, exact = share(whole, part, of), _exact(whole, part, of)
    return rounded if rounded.amount <= exact else rounded - Money.of(unit(whole.currency), whole.currency)


def share_at_least(whole: Money, part: Money, of: Money) -> Money:
    """Return the share in whole minor units, never less than it is exactly."""
    return -share_at_most(-whole, part, of)


def _exact(whole: Money, part: Money, of: Money) -> Decimal:
    return CONTEXT.divide(CONTEXT.multiply(whole.amount, part.amount), of.amount)
