"""The price models, as pure functions from what was used to explained steps.

Bounds of tiers are inclusive at the top, and quantities may be fractional: 5.001 over a bound of 5 enters the next
tier. Nothing is rounded here; the line is, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from billproof.contracts.prices import (
    Capacity,
    Dynamic,
    Flat,
    Graduated,
    GraduatedPercentage,
    Matrix,
    Milestone,
    OneOff,
    Package,
    Percentage,
    PerUnit,
    Price,
    Seats,
    Tier,
    Volume,
)
from billproof.errors import UnpriceableCharge
from billproof.model import decimal_text
from billproof.money import exactly
from billproof.pricing.model import Step
from billproof.usage.readings import PricedQuantity, Transactions, TransactionTally

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
SMALLEST = Decimal("1e-15")
"""The finest difference between two quantities."""
LARGEST = Decimal(10) ** 23 - 1
"""More than any amount that is priced; a cut beyond it is met by none."""
MAX_STEPS = 50
"""Prices of a dynamic charge that are shown one by one."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a price model prices: a quantity, and what some models need to know of it."""

    quantity: Decimal = ZERO
    dimension: Mapping[str, str] = field(default_factory=dict)
    tally: TransactionTally | None = None
    prices: tuple[PricedQuantity, ...] = ()
    meters: Mapping[str, Decimal] = field(default_factory=dict)


@exactly
def price_steps(price: Price, used: Used) -> tuple[Step, ...]:
    """Price what was used; fixed prices ignore it. The steps' amounts add up to the price.

    Raises UnpriceableCharge where no cell of a matrix and no tier of a capacity fits.
    """
    match price:
        case Flat() | OneOff() | Milestone():
            return (step_of("fixed amount", ONE, price.amount),)
        case Seats():
            return (step_of("seats", Decimal(price.seats), price.unit_price),)
        case Percentage():
            return _percentage(price, used.tally or TransactionTally())
        case Dynamic():
            return _dynamic(used)
        case Matrix() | Capacity():
            return (_matrix(price, used) if isinstance(price, Matrix) else _capacity(price, used.meters),)
        case _:
            return _quantity_steps(price, used.quantity)


def _quantity_steps(
    price: PerUnit | Package | Graduated | Volume | GraduatedPercentage, quantity: Decimal
) -> tuple[Step, ...]:
    match price:
        case PerUnit():
            return (step_of("units", quantity, price.unit_price),)
        case Package():
            return (_package(price, quantity),)
        case Graduated():
            return _graduated(price.tiers, quantity, flat_fee_at_zero=price.flat_fee_at_zero)
        case Volume():
            return (_volume(price, quantity),)
        case GraduatedPercentage():
            return _graduated_percentage(price, quantity)


def amount_of(steps: Iterable[Step]) -> Decimal:
    """Add up the amounts of steps."""
    return sum((step.amount for step in steps), ZERO)


@exactly
def step_of(label: str, quantity: Decimal, unit_price: Decimal, flat_fee: Decimal = ZERO) -> Step:
    """Write down one multiplication: quantity x unit price + flat fee."""
    amount = quantity * unit_price + flat_fee
    return Step(label=label, quantity=quantity, unit_price=unit_price, flat_fee=flat_fee, amount=amount)


def _whole_blocks(quantity: Decimal, size: Decimal) -> Decimal:
    return (quantity / size).to_integral_value(rounding=ROUND_CEILING)


def _package(price: Package, quantity: Decimal) -> Step:
    packages = _whole_blocks(quantity, price.package_size)
    return step_of(f"packages of {decimal_text(price.package_size)}", packages, price.package_price)


def _bounds(tiers: tuple[Tier, ...]) -> list[tuple[Tier, Decimal]]:
    """Pair each tier with the bound below it."""
    below = [ZERO, *(tier.up_to for tier in tiers[:-1] if tier.up_to is not None)]
    return list(zip(tiers, below, strict=True))


def _tier_step(tier: Tier, below: Decimal, quantity: Decimal, *, prefix: str = "", fee: bool = True) -> Step:
    label = f"{prefix}over {decimal_text(below)}" + (
        f" to {decimal_text(tier.up_to)}" if tier.up_to is not None else ""
    )
    flat_fee = tier.flat_fee if fee else ZERO
    if tier.block_size is None:
        return step_of(label, quantity, tier.unit_price, flat_fee)
    label += f", blocks of {decimal_text(tier.block_size)}"
    return step_of(label, _whole_blocks(quantity, tier.block_size), tier.unit_price, flat_fee)


def _graduated(tiers: tuple[Tier, ...], quantity: Decimal, *, flat_fee_at_zero: bool) -> tuple[Step, ...]:
    steps = []
    for number, (tier, below) in enumerate(_bounds(tiers)):
        if quantity <= below and number > 0:
            break
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        steps.append(_tier_step(tier, below, top - below, fee=flat_fee_at_zero or quantity != 0))
    return tuple(steps)


def _volume(price: Volume, quantity: Decimal) -> Step:
    fits = (pair for pair in _bounds(price.tiers) if pair[0].up_to is None or quantity <= pair[0].up_to)
    tier, below = next(fits)  # the last tier has no bound
    fee = price.flat_fee_at_zero or quantity != 0
    return _tier_step(tier, below, quantity, prefix="all units, ", fee=fee)


def _graduated_percentage(price: GraduatedPercentage, amount: Decimal) -> tuple[Step, ...]:
    tiers = tuple(
        Tier(up_to=tier.up_to, unit_price=tier.percent.scaleb(-2), flat_fee=tier.flat_fee) for tier in price.tiers
    )
    steps = _graduated(tiers, amount, flat_fee_at_zero=price.flat_fee_at_zero)
    return tuple(
        step.model_copy(update={"label": f"{decimal_text(tier.percent)} % {step.label}"})
        for tier, step in zip(price.tiers, steps, strict=False)
    )


def transactions_of(price: Percentage) -> Transactions:
    """Return how transactions are to be counted for a percentage price.

    A fee of rate x amount + fixed meets its minimum below (minimum - fixed) / rate and its maximum above
    (maximum - fixed) / rate. Amounts have 15 decimals at most, so both cuts can be moved onto that grid exactly.
    """
    low = high = None
    if price.percent > 0:
        if price.minimum is not None:
            low = _cut(price.minimum - price.fixed_fee, price.percent, ROUND_CEILING)
        if price.maximum is not None:
            high = _cut(price.maximum - price.fixed_fee, price.percent, ROUND_FLOOR) + SMALLEST
    return Transactions(free_transactions=price.free_transactions, free_amount=price.free_amount, low=low, high=high)


@exactly
def _cut(fee: Decimal, percent: Decimal, rounding: str) -> Decimal:
    cut = (fee * HUNDRED / percent).quantize(SMALLEST, rounding=rounding)
    return min(cut, LARGEST)


def _percentage(price: Percentage, tally: TransactionTally) -> tuple[Step, ...]:
    rate = price.percent / HUNDRED
    label = f"{decimal_text(price.percent)} % of {tally.events} transactions"
    fees = price.fixed_fee * tally.events
    steps = [step_of(label, tally.amount, rate, fees)] if tally.events else []
    if tally.events and price.percent == 0:  # every fee is the fixed one, within the bounds
        each = max(price.fixed_fee, price.minimum or ZERO)
        each = each if price.maximum is None else min(each, price.maximum)
        steps = [step_of("transactions", Decimal(tally.events), each)]
    if tally.low_events and price.minimum is not None:
        steps.append(step_of("transactions at the minimum", Decimal(tally.low_events), price.minimum))
    if tally.high_events and price.maximum is not None:
        steps.append(step_of("transactions at the maximum", Decimal(tally.high_events), price.maximum))
    if tally.covered_events or not steps:
        steps.append(step_of("free transactions", Decimal(tally.covered_events), ZERO))
    return tuple(steps)


def _matrix(price: Matrix, used: Used) -> Step:
    for cell in price.cells:
        if all(used.dimension.get(name, "") == value for name, value in cell.match.items()):
            label = ", ".join(f"{name} {value}" for name, value in cell.match.items())
            return step_of(label, used.quantity, cell.unit_price)
    if price.otherwise is not None or used.quantity == 0:
        return step_of("any other", used.quantity, price.otherwise or ZERO)
    described = ", ".join(f"{name} {value!r}" for name, value in used.dimension.items())
    message = f"no cell of the matrix prices {described or 'usage without properties'}"
    raise UnpriceableCharge(message)


def _dynamic(used: Used) -> tuple[Step, ...]:
    steps = [step_of("units at the price of their event", each.quantity, each.unit_price) for each in used.prices]
    shown, others = steps[:MAX_STEPS], steps[MAX_STEPS:]
    if others:
        shown.append(step_of(f"units at {len(others)} more prices", ONE, amount_of(others)))
    return tuple(shown) or (step_of("no units", ZERO, ZERO),)


def _capacity(price: Capacity, meters: Mapping[str, Decimal]) -> Step:
    for number, tier in enumerate(price.tiers, start=1):
        if all(meters.get(meter, ZERO) <= most for meter, most in tier.limits.items()):
            held = ", ".join(f"{meter} up to {decimal_text(most)}" for meter, most in sorted(tier.limits.items()))
            return step_of(f"tier {number}: {held or 'no limit'}", ONE, tier.amount)
    used = ", ".join(f"{meter} {decimal_text(quantity)}" for meter, quantity in sorted(meters.items()))
    message = f"no tier holds {used}"
    raise UnpriceableCharge(message)
