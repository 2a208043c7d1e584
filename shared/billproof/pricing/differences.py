"""Late usage and corrections, by one rule: the price of a period's whole quantity minus what is billed of it.

Every line of the earlier period is priced again, from all that is known of it now: usage that came late, and versions
of the contract that govern its days and were published after it was billed. Each unit so has its own period's price and
tier position, discounts and commitments follow, and a period that was billed in parts comes to what it would have come
to in one. A line that is no longer owed at all is credited whole.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from billproof.identities import difference_of
from billproof.money import Money, exactly
from billproof.pricing.model import Adjusts, Explanation, LineKind, PricedLine, RevenueSchedule, Step
from billproof.pricing.terms import BilledLine, EarlierPeriod

ZERO = Decimal(0)
NOTHING = "nothing"
"""The price model of a line that is not owed any more."""


def difference_lines(earlier: EarlierPeriod, now: Iterable[PricedLine]) -> list[PricedLine]:
    """Return a line for each line of the earlier period whose amount or quantity is now another.

    `now` are all lines of the earlier period, priced again without its credits.
    """
    billed = {line.identity: line for line in earlier.billed}
    lines: list[PricedLine] = []
    for line in now:
        lines += _difference(line, billed.pop(line.identity, None), earlier)
    for gone in billed.values():
        lines += _difference(_nothing(gone, earlier), gone, earlier)
    return lines


def is_given_back(line: PricedLine) -> bool:
    """Say whether a line takes a whole earlier line back, which is not owed any more."""
    return line.kind is LineKind.DIFFERENCE and line.explanation.price_model == NOTHING


def _nothing(gone: BilledLine, earlier: EarlierPeriod) -> PricedLine:
    """Return what is owed of a line that was billed and is not owed any more."""
    return PricedLine(
        id=gone.line,
        account=gone.account,
        kind=LineKind.CHARGE,
        term=gone.charge,
        charge=gone.charge,
        description=gone.description,
        product=gone.product,
        revenue_category=gone.revenue_category,
        service_period=gone.service_period,
        covered=gone.covered,
        meter=None,
        unit=None,
        dimension=gone.dimension,
        quantity=ZERO,
        included_quantity=ZERO,
        billed_quantity=ZERO,
        net=Money.zero(gone.net.currency),
        includes_tax=gone.includes_tax,
        recognition=RevenueSchedule(method=gone.recognition_method, period=gone.recognized_over),
        explanation=Explanation(
            contract=gone.contract,
            contract_version=gone.contract_version,
            price_model=NOTHING,
            steps=(),
            proration=None,
            exact_amount=ZERO,
            rounding=earlier.rounding,
            note="no longer owed",
        ),
    )


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
        "id": difference_of(line.id),
        "kind": LineKind.DIFFERENCE,
        "description": f"{line.description}, difference for {earlier.period.name}",
        "net": net,
        "explanation": explanation,
        "adjusts": Adjusts(period=earlier.period.name, line=line.id, numbers=numbers),
    }
    yield line.model_copy(update={**quantities, **changes})
