"""What a charge's price is over its days: the steps of its ramp, and the uplifts of its contract's renewals.

version from 1 January  |====================>   states the prices of its own first day
ramp step               |        |===========>   states the price of its first day
renewals                |    x        x          each raises what was stated before it
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from itertools import pairwise

from billproof.contracts.charges import Charge
from billproof.contracts.model import Contract
from billproof.contracts.renewals import Renewal
from billproof.money import exactly
from billproof.periods import DateRange, add_months, intersection
from billproof.pricing.models.base import PriceModel

HUNDRED = Decimal(100)


def raises_prices(contract: Contract) -> bool:
    """Say whether a contract raises its prices itself when it renews."""
    return contract.renewal is not None and contract.renewal.automatic


def prices_over(
    charge: Charge, contract: Contract, days: DateRange, until: date
) -> Iterator[tuple[DateRange, PriceModel]]:
    """Yield the price of a charge with the days on which it holds, as far as `until` where they are open.

    A renewal raises what was stated before it: by the version from its first day on, or by a step of the ramp.
    """
    steps: dict[date, PriceModel] = {step.start: step.price for step in charge.ramp}
    renewal, stated = contract.renewal, contract.effective.start
    last = until if days.end is None else min(until, days.end)
    renewals = [day for day in _renewals(renewal, last) if day > stated] if renewal and raises_prices(contract) else []
    base = charge.price
    edges = sorted({days.start, *steps, *renewals})
    for start, end in [*pairwise(edges), (edges[-1], None)]:
        if start in steps:
            base, stated = steps[start], max(stated, start)
        held = intersection(days, DateRange(start=start, end=end))
        if held is not None:
            past = [day for day in renewals if stated < day <= start]
            yield held, uplifted(base, renewal, past) if renewal and past else base


def _renewals(renewal: Renewal, last: date) -> Iterator[date]:
    """Yield the days of renewal before another."""
    day, number = renewal.renews_on, 0
    while day < last:
        yield day
        number += 1
        day = add_months(renewal.renews_on, number * renewal.term_months)


@exactly
def uplifted(price: PriceModel, renewal: Renewal, days: Iterable[date]) -> PriceModel:
    """Return a price after the renewals of some days, each on the price that the one before left.

    Amounts are rounded half up to the renewal's `price_decimals`. Raises UnpriceableCharge for a fixed uplift on
    anything but a flat price, and where the index table has no value.
    """
    places = Decimal(1).scaleb(-renewal.price_decimals)
    for day in days:
        if renewal.uplift_amount is not None:
            price = price.raised_by(renewal.uplift_amount)
            continue
        price = price.scaled(partial(_scaled, factor=_factor(renewal, day), places=places))
    return price


def _scaled(amount: Decimal, *, factor: Decimal, places: Decimal) -> Decimal:
    return (amount * factor).quantize(places, ROUND_HALF_UP)


def _factor(renewal: Renewal, day: date) -> Decimal:
    if renewal.uplift_percent is not None:
        return 1 + renewal.uplift_percent / HUNDRED
    before = add_months(day, -renewal.term_months)
    values = [_index(renewal, before), _index(renewal, day)]
    return values[1] / values[0]


def _index(renewal: Renewal, day: date) -> Decimal:
    held = [step.value for step in renewal.index if step.start <= day]
    return held[-1] if held else renewal.index[0].value
