"""Which open amounts add up to what arrived: an exact search in minor units, with a limit.

Both halves of the amounts are added up in every way, and each sum of one half is looked up in the other: 2^(n/2) sums
for n amounts instead of 2^n.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import islice
from math import gcd

from billproof.errors import InvalidMoney
from billproof.money import Money, exponent

MOST_AMOUNTS = 22
"""Amounts that are searched at most: 2,048 sums a half. Of more it is not known whether they add up."""
MOST_LOOKED_AT = 1_000
"""Subsets among which those of fewest amounts are looked for: of 22 equal amounts there are 700,000 of eleven."""
MOST_SUBSETS = 5
"""Subsets that are told apart at most: two are as many as it takes for a tie."""

_BETWEEN_THOUSANDS = r"[.,'\u2019\u00a0\u202f ]?"
LEAST_ROOM = 100
"""Amounts that a payment may have for each sum of open ones, at least: then one sum in a hundred is met by chance."""


def minor_units(money: Money) -> int:
    """Return an amount in the smallest units of its currency; raises InvalidMoney for a finer one."""
    scaled = money.amount.scaleb(exponent(money.currency))
    if scaled != scaled.to_integral_value():
        message = f"an amount is finer than the minor unit of {money.currency}"
        raise InvalidMoney(message)
    return int(scaled)


def money_of(units: int, currency: str) -> Money:
    """Return so many of the smallest units of a currency."""
    return Money.of(Decimal(units).scaleb(-exponent(currency)), currency)


def states(text: str, money: Money) -> bool:
    """Say whether a text has an amount: 12.00, 12,00, 1.234,50, 1,234.50, and 12 or 12,- where no cents are in it."""
    places = exponent(money.currency)
    whole, cents = divmod(abs(minor_units(money)), 10**places)
    pattern = rf"(?<![0-9])(?<![0-9][.,]){f'{whole:,}'.replace(',', _BETWEEN_THOUSANDS)}"
    if places:
        pattern += rf"[.,]{cents:0{places}d}" if cents else rf"(?:[.,]0{{{places}}})?"
    return re.search(pattern + r"(?![0-9]|[.,][0-9])", text) is not None


def subsets(amounts: Sequence[int], whole: int) -> list[tuple[int, ...]] | None:
    """Return the places of amounts above zero that add up to a whole, some subsets at most; None beyond the limit.

    The subsets come in a fixed order: of fewer amounts first, then by their places.
    """
    usable = [(place, amount) for place, amount in enumerate(amounts) if 0 < amount <= whole]
    reach = sum(amount for _, amount in usable)
    if reach < whole or whole <= 0:
        return []
    if reach == whole:
        return [tuple(place for place, _ in usable)]
    if len(usable) > MOST_AMOUNTS:
        return None
    middle = len(usable) // 2
    left: dict[int, list[int]] = {}
    for mask, part in enumerate(_sums([amount for _, amount in usable[:middle]])):
        left.setdefault(part, []).append(mask)
    masks = (
        mask | other << middle
        for other, part in enumerate(_sums([amount for _, amount in usable[middle:]]))
        for mask in left.get(whole - part, ())
    )
    places = [
        tuple(place for bit, (place, _) in enumerate(usable) if mask >> bit & 1)
        for mask in islice(masks, MOST_LOOKED_AT)
    ]
    return sorted(places, key=lambda subset: (len(subset), subset))[:MOST_SUBSETS]


def is_crowded(amounts: Sequence[int]) -> bool:
    """Say whether so many sums can be made of some amounts that one may be met by chance.

    That is about how many sums there are for each amount that a payment may have: between nothing and everything that
    is open, in steps of what all amounts are multiples of.
    """
    whole, step = sum(amounts), gcd(*amounts)
    return (step << len(amounts)) * LEAST_ROOM > whole


def _sums(amounts: Sequence[int]) -> list[int]:
    """Return the sum of every subset, at the place that has a bit for each amount in it."""
    sums = [0]
    for amount in amounts:
        sums += [part + amount for part in sums]
    return sums
