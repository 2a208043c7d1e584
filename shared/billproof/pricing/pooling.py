"""Adding up what a family of accounts used, for charges that pool it: all of them fill the tiers together."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from billproof.masterdata.meters import Aggregation, Meter
from billproof.model import decimal_text
from billproof.money import exactly
from billproof.readings import PricedQuantity, Quantity, Reading

ADDITIVE = {Aggregation.COUNT, Aggregation.SUM}
"""What may be added up over accounts: the most of two accounts is not the most of both together."""


def is_additive(meter: Meter) -> bool:
    """Say whether quantities of several accounts add up to the quantity of all of them."""
    return meter.aggregation in ADDITIVE


@exactly
def pooled(used: Mapping[str, Sequence[Quantity]], reading: Reading, part: str) -> list[Quantity]:
    """Add the quantities of all accounts up, for each combination of the grouping properties."""
    by_group: dict[tuple[str, ...], Quantity] = {}
    for quantities in used.values():
        for quantity in quantities:
            if quantity.is_of(reading, part):
                key = tuple(quantity.dimension.values())
                by_group[key] = _together(by_group[key], quantity) if key in by_group else quantity
    return list(by_group.values())


def shares(used: Mapping[str, Sequence[Quantity]], reading: Reading, part: str, dimension: dict[str, str]) -> str:
    """Say what each account used of a pooled quantity."""
    mine = {
        account: sum((one.quantity for one in quantities if _is(one, reading, part, dimension)), Decimal(0))
        for account, quantities in used.items()
    }
    return ", ".join(f"{account} {decimal_text(quantity)}" for account, quantity in mine.items() if quantity)


def _is(quantity: Quantity, reading: Reading, part: str, dimension: dict[str, str]) -> bool:
    return quantity.is_of(reading, part) and quantity.dimension == dimension


def _together(one: Quantity, other: Quantity) -> Quantity:
    prices: dict[Decimal, Decimal] = {}
    for priced in (*one.prices, *other.prices):
        prices[priced.unit_price] = prices.get(priced.unit_price, Decimal(0)) + priced.quantity
    return one.model_copy(
        update={
            "quantity": one.quantity + other.quantity,
            "events": one.events + other.events,
            "prices": tuple(
                PricedQuantity(unit_price=price, quantity=quantity) for price, quantity in sorted(prices.items())
            ),
        }
    )
