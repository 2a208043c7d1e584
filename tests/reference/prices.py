"""Price models: what a quantity costs, and apart from that the flat fees of tiers, which are owed once."""

from collections.abc import Iterable
from fractions import Fraction

from tests.reference.figures import Document, number

Cost = tuple[Fraction, Fraction]
"""What a quantity costs, and the flat fees of the tiers that it enters."""
NOTHING = Fraction(0)


class UnpriceableError(Exception):
    """The terms say no price: the invoice is held instead."""


def up(exact: Fraction) -> int:
    return -(-exact.numerator // exact.denominator)


def cost(price: Document, quantity: Fraction, dimension: dict[str, str]) -> Cost:
    """Price a quantity of units by any model that reads a quantity alone."""
    model = price["model"]
    if model == "per_unit":
        return quantity * number(price["unit_price"]), NOTHING
    if model == "package":
        return up(quantity / number(price["package_size"])) * number(price["package_price"]), NOTHING
    if model == "matrix":
        return (quantity * _cell(price, dimension) if quantity else NOTHING), NOTHING
    if model == "volume":
        return _volume(price, quantity)
    if model in ("graduated", "graduated_percentage"):
        return _graduated(price, quantity)
    message = f"no quantity is priced by {model}"
    raise UnpriceableError(message)


def _cell(price: Document, dimension: dict[str, str]) -> Fraction:
    for cell in price["cells"]:
        if all(dimension.get(name) == value for name, value in cell["match"].items()):
            return number(cell["unit_price"])
    if price.get("otherwise") is None:
        message = f"no cell fits {dimension}"
        raise UnpriceableError(message)
    return number(price["otherwise"])


def _units(tier: Document, units: Fraction) -> Fraction:
    if "percent" in tier:
        return units * number(tier["percent"]) / 100
    if tier.get("block_size") is not None:
        return up(units / number(tier["block_size"])) * number(tier["unit_price"])
    return units * number(tier["unit_price"])


def _first_fee(price: Document) -> Cost:
    owed = price.get("flat_fee_at_zero", True)
    return NOTHING, number(price["tiers"][0].get("flat_fee")) if owed else NOTHING


def _graduated(price: Document, quantity: Fraction) -> Cost:
    if quantity == 0:
        return _first_fee(price)
    units = fees = below = NOTHING
    for tier in price["tiers"]:
        if quantity <= below:
            break
        top = quantity if tier["up_to"] is None else min(quantity, number(tier["up_to"]))
        units += _units(tier, top - below)
        fees += number(tier.get("flat_fee"))
        below = top if tier["up_to"] is None else number(tier["up_to"])
    return units, fees


def _volume(price: Document, quantity: Fraction) -> Cost:
    if quantity == 0:
        return _first_fee(price)
    for tier in price["tiers"]:
        if tier["up_to"] is None or quantity <= number(tier["up_to"]):
            return _units(tier, quantity), number(tier.get("flat_fee"))
    message = "the last tier has a bound"
    raise UnpriceableError(message)


def transaction_fees(price: Document, amounts: Iterable[Fraction]) -> list[Fraction]:
    """Return the fee of each transaction, in the order of their times; the first ones are free, as far as it goes.

    Those are free with which the amounts so far are not above the free amount.
    """
    free_count, free_amount = price.get("free_transactions"), price.get("free_amount")
    most = number(free_amount) if free_amount is not None else None
    before, fees = NOTHING, []
    for place, amount in enumerate(amounts):
        is_first = place < free_count if free_count is not None else most is not None
        room = amount if most is None else most - before
        before += amount
        if is_first and amount <= room:
            fees.append(NOTHING)
        else:
            fees.append(_fee(price, amount - max(room, NOTHING) if is_first else amount))
    return fees


def _fee(price: Document, amount: Fraction) -> Fraction:
    fee = amount * number(price["percent"]) / 100 + number(price.get("fixed_fee"))
    if price.get("minimum") is not None:
        fee = max(fee, number(price["minimum"]))
    if price.get("maximum") is not None:
        fee = min(fee, number(price["maximum"]))
    return fee


def capacity(price: Document, quantities: dict[str, Fraction]) -> Fraction:
    """Return the amount of the first tier whose limits hold every quantity."""
    for tier in price["tiers"]:
        if all(quantities.get(meter, NOTHING) <= number(limit) for meter, limit in tier["limits"].items()):
            return number(tier["amount"])
    message = f"no tier holds {quantities}"
    raise UnpriceableError(message)
