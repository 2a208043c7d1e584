"""Late usage and corrections, by one rule: the price of a period's whole quantity minus what is billed of it.

Every line of the earlier period is priced again, from all that is known of it now, under the contract versions that it
was billed under. Each unit so has its own period's price and tier position, discounts and commitments follow, and a
period that was billed in parts comes to what it would have come to in one.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from billproof.contracts.terms import BilledLine, EarlierPeriod
from billproof.money import exactly
from billproof.pricing.model import Adjusts, LineKind, PricedLine, Step
from billproof.usage.model import Quantity

ZERO = Decimal(0)


def difference_lines(earlier: EarlierPeriod, now: Iterable[PricedLine]) -> list[PricedLine]:
    """Return a line for each line of the earlier period whose amount or quantity is now another.

    `now` are all lines of the earlier period, priced again with `with_gone_dimensions`.
    """
    billed = {(line.contract, line.line): line for line in earlier.billed}
    lines: list[PricedLine] = []
    for line in now:
        lines += _difference(line, billed.get((line.explanation.contract, line.id)), earlier)
    return lines


def with_gone_dimensions(earlier: EarlierPeriod, quantities: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """Add a zero for every dimension that was billed and of which corrections left nothing, so that it is credited."""
    meters = {(contract.id, charge.id): charge for contract in earlier.contracts for charge in contract.charges}
    known = {(found.meter, found.group_by, tuple(found.dimension.items())) for found in quantities}
    gone = []
    for line in earlier.billed:
        charge = meters.get((line.contract, line.charge))
        if charge is None or charge.meter is None or not line.dimension:
            continue
        if (charge.meter, charge.group_by, tuple(line.dimension.items())) not in known:
            gone.append(
                Quantity(
                    meter=charge.meter, group_by=charge.group_by, dimension=line.dimension, quantity=ZERO, events=0
                )
            )
    return (*quantities, *gone)


@exactly
def _difference(line: PricedLine, before: BilledLine | None, earlier: EarlierPeriod) -> Iterator[PricedLine]:
    net = line.net - before.net if before else line.net
    quantities = {
        name: getattr(line, name) - (getattr(before, name) if before else ZERO)
        for name in ("quantity", "included_quantity", "billed_quantity")
    }
    if net.is_zero and not any(quantities.values()):
        return
    numbers = before.numbers if before else ()
    already = before.net.amount if before else ZERO
    step = Step(
        label=f"billed before on {', '.join(numbers)}" if numbers else "not billed before",
        quantity=Decimal(1),
        unit_price=-already,
        flat_fee=ZERO,
        amount=-already,
    )
    explanation = line.explanation.model_copy(
        update={
            "steps": (*line.explanation.steps, step),
            "exact_amount": line.explanation.exact_amount - already,
            "note": f"{earlier.period.name} as it is known now, less what was billed of it",
        }
    )
    changes = {
        "id": f"difference:{line.id}",
        "kind": LineKind.DIFFERENCE,
        "description": f"{line.description}, difference for {earlier.period.name}",
        "net": net,
        "explanation": explanation,
        "adjusts": Adjusts(period=earlier.period.name, line=line.id, numbers=numbers),
    }
    yield line.model_copy(update={**quantities, **changes})
