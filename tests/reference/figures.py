"""Numbers and documents, read exactly: fractions from text, and the few places where a number is rounded."""

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

Document = dict[str, Any]

DECIMALS = {"JPY": 0, "KRW": 0, "CLP": 0, "BHD": 3, "KWD": 3, "TND": 3, "CLF": 4}
"""Minor units of ISO 4217 that are not two decimals; the reference model needs no more currencies than these."""


def decimals_of(currency: str) -> int:
    return DECIMALS.get(currency, 2)


def number(text: str | int | None) -> Fraction:
    return Fraction(text or 0)


def rounded(exact: Fraction, rounding: str = "half_up") -> int:
    """Round to a whole number; the halves treat negative numbers as the mirror of positive ones."""
    if rounding == "up":
        return -(-exact.numerator // exact.denominator)
    if rounding == "down":
        return exact.numerator // exact.denominator
    whole, rest = divmod(abs(exact.numerator), exact.denominator)
    twice = 2 * rest
    if twice > exact.denominator or (twice == exact.denominator and (rounding == "half_up" or whole % 2)):
        whole += 1
    return whole if exact >= 0 else -whole


def rounded_to(exact: Fraction, decimals: int, rounding: str) -> Fraction:
    scale = 10**decimals
    return Fraction(rounded(exact * scale, rounding), scale)


def by_rule(quantity: Fraction, rule: Document | None) -> Fraction:
    """Multiply, divide and round a quantity as a meter's `rounding` or a charge's `conversion` says."""
    if rule is None:
        return quantity
    exact = quantity * number(rule.get("multiply_by", "1")) / number(rule.get("divide_by", "1"))
    return rounded_to(exact, rule.get("decimals", 15), rule["rounding"])


def shared_out(amount: int, weights: Sequence[Fraction]) -> list[int]:
    """Share whole units by weights: each share rounded down, what remains to the largest fractions, then the first."""
    total = sum(weights, Fraction(0))
    if total == 0:
        return [0] * len(weights)
    exact = [amount * weight / total for weight in weights]
    shares = [share.numerator // share.denominator for share in exact]
    order = sorted(range(len(weights)), key=lambda index: (shares[index] - exact[index], index))
    for index in order[: amount - sum(shares)]:
        shares[index] += 1
    return shares


def money_text(units: int, currency: str) -> str:
    """Write minor units as an amount: 12345 of USD is 123.45."""
    decimals = decimals_of(currency)
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    return sign + (digits if not decimals else f"{digits[:-decimals]}.{digits[-decimals:]}")


def in_currency(amount: str, currency: str) -> str:
    """Return an amount of two decimals as one that the currency has: without them, or with a third one."""
    decimals = decimals_of(currency)
    return amount[:-3] if decimals == 0 else amount + "1" * (decimals - 2)


DEFAULTS: Document = {"flat_fee": "0", "fixed_fee": "0", "flat_fee_at_zero": True, "rollover": False, "pooled": False}
"""What a document may leave out because it says nothing else; any other field says nothing where it is null."""


def canonical(value: Any) -> str:
    """Write terms so that equal ones are equal text: numbers by value, what is left at nothing left out."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _plain(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if name == "maximum" or each != DEFAULTS.get(name)}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        try:
            return str(Fraction(value))
        except ValueError:
            return value
    return value
