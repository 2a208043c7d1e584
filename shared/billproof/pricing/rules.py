"""The price models, as pure functions from a quantity to explained steps.

Bounds of tiers are inclusive at the top, and quantities may be fractional: 5.001 over a bound of 5 enters the next
tier. Nothing is rounded here; the line is, once.
"""

from decimal import ROUND_CEILING, Decimal

from billproof.contracts.prices import Flat, Graduated, OneOff, Package, PerUnit, Price, Seats, Tier, Volume
from billproof.model import decimal_text
from billproof.money import exactly
from billproof.pricing.model import Step


@exactly
def price_steps(price: Price, quantity: Decimal) -> tuple[Step, ...]:
    """Price a quantity of zero or more units; fixed prices ignore it. The steps' amounts add up to the price."""
    match price:
        case Flat() | OneOff():
            return (_step("fixed amount", Decimal(1), price.amount),)
        case Seats():
            return (_step("seats", Decimal(price.seats), price.unit_price),)
        case PerUnit():
            return (_step("units", quantity, price.unit_price),)
        case Package():
            return (_package(price, quantity),)
        case Graduated():
            return _graduated(price, quantity)
        case Volume():
            return (_volume(price, quantity),)


def _step(label: str, quantity: Decimal, unit_price: Decimal, flat_fee: Decimal = Decimal(0)) -> Step:
    amount = quantity * unit_price + flat_fee
    return Step(label=label, quantity=quantity, unit_price=unit_price, flat_fee=flat_fee, amount=amount)


def _package(price: Package, quantity: Decimal) -> Step:
    packages = (quantity / price.package_size).to_integral_value(rounding=ROUND_CEILING)
    return _step(f"packages of {decimal_text(price.package_size)}", packages, price.package_price)


def _bounds(tiers: tuple[Tier, ...]) -> list[tuple[Tier, Decimal]]:
    """Pair each tier with the bound below it."""
    below = [Decimal(0), *(tier.up_to for tier in tiers[:-1] if tier.up_to is not None)]
    return list(zip(tiers, below, strict=True))


def _label(tier: Tier, below: Decimal) -> str:
    return f"over {decimal_text(below)}" + (f" to {decimal_text(tier.up_to)}" if tier.up_to is not None else "")


def _graduated(price: Graduated, quantity: Decimal) -> tuple[Step, ...]:
    steps = []
    for number, (tier, below) in enumerate(_bounds(price.tiers)):
        if quantity <= below and number > 0:
            break
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        steps.append(_step(_label(tier, below), top - below, tier.unit_price, tier.flat_fee))
    return tuple(steps)


def _volume(price: Volume, quantity: Decimal) -> Step:
    for tier, below in _bounds(price.tiers):
        if tier.up_to is None or quantity <= tier.up_to:
            return _step(f"all units, {_label(tier, below)}", quantity, tier.unit_price, tier.flat_fee)
    message = "tiers end without a bound"  # a Tiered model cannot be made otherwise
    raise AssertionError(message)
