"""From a contract's terms and the quantities of a period to lines, one term at a time."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from billproof.contracts.model import Charge, Commitment, Contract, Discount, Meter, Timing
from billproof.contracts.prices import OneOff, Seats
from billproof.errors import UnpriceableCharge
from billproof.model import decimal_text
from billproof.money import Money, Rounding, exactly, total
from billproof.periods import DateRange, Period, Proration
from billproof.pricing.model import Explanation, LineKind, PricedLine, Step
from billproof.pricing.rules import price_steps
from billproof.usage.model import Quantity

HUNDRED = Decimal(100)
SHOWN_DIGITS = Decimal("1e-30")
"""How far an explanation shows a share by days that never ends."""


def effective(charge: Charge, contract: Contract) -> DateRange | None:
    """Return the days that both the charge and its contract cover, or None."""
    start = max(charge.effective.start, contract.effective.start)
    ends = [end for end in (charge.effective.end, contract.effective.end) if end is not None]
    if ends and min(ends) <= start:
        return None
    return DateRange(start=start, end=min(ends) if ends else None)


def service_periods(charge: Charge, contract: Contract, period: Period) -> list[Period]:
    """Return the service periods that the invoice of a billing period owes for a charge.

    In arrears: the period itself. In advance: the next period, and also the period itself where the charge begins in
    it, since no earlier invoice could have billed it. One-off: the period that holds the day it is due.
    """
    days = effective(charge, contract)
    if days is None:
        return []
    if isinstance(charge.price, OneOff):
        due = charge.price.due_on
        return [period] if period.start <= due < period.end and due in days else []
    candidates = [period]
    if charge.timing is Timing.IN_ADVANCE:
        candidates = [period, period.next()] if days.start >= period.start else [period.next()]
    return [candidate for candidate in candidates if days.days_within(candidate)]


def is_active(charge: Charge, contract: Contract, period: Period) -> bool:
    """Say whether the invoice of the period must show the charge."""
    days = effective(charge, contract)
    return bool(service_periods(charge, contract, period)) or (
        not isinstance(charge.price, OneOff) and days is not None and days.days_within(period) > 0
    )


@exactly
def charge_lines(
    charge: Charge,
    *,
    contract: Contract,
    period: Period,
    meters: dict[str, Meter],
    quantities: Sequence[Quantity],
    rounding: Rounding,
) -> list[PricedLine]:
    """Price one active charge; a charge that owes nothing still gets a line, which says why.

    Raises UnpriceableCharge where the terms say something that cannot be priced as stated.
    """
    make = _LineMaker(contract=contract, charge=charge, rounding=rounding)
    owed = service_periods(charge, contract, period)
    if not owed:
        note = "ended: nothing is owed for the next period"
        return [make.line(service_period=period, steps=(), quantity=Decimal(0), note=note)]
    if charge.meter is None:
        return [_fixed_line(make, charge, contract, service_period) for service_period in owed]
    return _usage_lines(make, charge, contract, period, meters, quantities)


def _fixed_line(make: "_LineMaker", charge: Charge, contract: Contract, service_period: Period) -> PricedLine:
    days = effective(charge, contract)
    one_off = isinstance(charge.price, OneOff)
    proration = None if one_off or days is None else Proration.of(days, service_period)
    quantity = Decimal(charge.price.seats) if isinstance(charge.price, Seats) else Decimal(1)
    steps = price_steps(charge.price, quantity)
    return make.line(service_period=service_period, steps=steps, quantity=quantity, proration=proration)


def _usage_lines(
    make: "_LineMaker",
    charge: Charge,
    contract: Contract,
    period: Period,
    meters: dict[str, Meter],
    quantities: Sequence[Quantity],
) -> list[PricedLine]:
    days = effective(charge, contract)
    if days is None or days.days_within(period) != period.days:
        message = f"usage charge {charge.id} covers only a part of {period.name}"
        raise UnpriceableCharge(message, charge=charge.id)
    meter = meters.get(charge.meter or "")
    if meter is None:
        message = f"charge {charge.id} reads meter {charge.meter}, which nobody published"
        raise UnpriceableCharge(message, charge=charge.id)
    mine = [found for found in quantities if found.meter == meter.id and found.group_by == charge.group_by]
    if not mine:
        mine = [Quantity(meter=meter.id, group_by=charge.group_by, dimension={}, quantity=Decimal(0), events=0)]
    lines = []
    for found in mine:
        included = min(found.quantity, charge.included_quantity or Decimal(0))
        lines.append(
            make.line(
                service_period=period,
                steps=price_steps(charge.price, found.quantity - included),
                quantity=found.quantity,
                included=included,
                meter=meter,
                dimension=found.dimension,
                note=f"{found.events} events" if found.events else "no usage",
            )
        )
    return lines


class _LineMaker:
    """Rounds once and writes down why."""

    def __init__(self, *, contract: Contract, charge: Charge, rounding: Rounding) -> None:
        self._contract = contract
        self._charge = charge
        self._rounding = rounding

    def line(
        self,
        *,
        service_period: Period,
        steps: tuple[Step, ...],
        quantity: Decimal,
        included: Decimal = Decimal(0),
        proration: Proration | None = None,
        meter: Meter | None = None,
        dimension: dict[str, str] | None = None,
        note: str = "",
    ) -> PricedLine:
        charge = self._charge
        whole = sum((step.amount for step in steps), Decimal(0))
        exact = whole if proration is None or proration.is_whole else proration.share(whole)
        suffix = "".join(f":{value}" for value in (dimension or {}).values())
        return PricedLine(
            id=f"{charge.id}:{service_period.name}{suffix}",
            kind=LineKind.CHARGE,
            term=charge.id,
            charge=charge.id,
            description=charge.name + "".join(f", {name} {value}" for name, value in (dimension or {}).items()),
            product=charge.product,
            revenue_category=charge.revenue_category,
            service_period=service_period,
            meter=meter.id if meter else None,
            unit=meter.unit if meter else None,
            dimension=dimension or {},
            quantity=quantity,
            included_quantity=included,
            billed_quantity=quantity - included,
            net=Money.rounded(exact, self._contract.currency, self._rounding),
            explanation=explain(
                self._contract, charge.price.model, exact, steps, self._rounding, proration=proration, note=note
            ),
        )


def explain(
    contract: Contract,
    model: str,
    exact: Decimal,
    steps: tuple[Step, ...],
    rounding: Rounding,
    *,
    proration: Proration | None = None,
    note: str = "",
) -> Explanation:
    """Write down what made an amount. The exact amount is text: a share by days may never end."""
    return Explanation(
        contract=contract.id,
        contract_version=contract.version,
        price_model=model,
        steps=steps,
        proration=proration,
        exact_amount=exact.quantize(SHOWN_DIGITS),
        rounding=rounding,
        note=note,
    )


@exactly
def discount_lines(
    discount: Discount, *, contract: Contract, lines: Iterable[PricedLine], rounding: Rounding
) -> list[PricedLine]:
    """Take a percentage off the lines of the discount's charges, for the days in which the discount is effective.

    Each line's amount counts as spread evenly over the days of its service period that its charge covers.
    """
    charges = {charge.id: charge for charge in contract.charges}
    made = []
    for line in lines:
        if line.kind is not LineKind.CHARGE or line.charge not in discount.charges:
            continue
        covered = effective(charges[line.charge], contract)
        share = _discounted_days(discount.effective, covered, line.service_period)
        if share.days_covered == 0:
            continue
        exact = -share.share(line.net.amount * discount.percent / HUNDRED)
        step = Step(
            label=f"{decimal_text(discount.percent)} % of {line.net}",
            quantity=line.net.amount,
            unit_price=-discount.percent / HUNDRED,
            flat_fee=Decimal(0),
            amount=-(line.net.amount * discount.percent / HUNDRED),
        )
        made.append(
            PricedLine(
                id=f"{discount.id}:{line.id}",
                kind=LineKind.DISCOUNT,
                term=discount.id,
                charge=line.charge,
                description=f"{discount.name}: {line.description}",
                product=line.product,
                revenue_category=line.revenue_category,
                service_period=line.service_period,
                meter=None,
                unit=None,
                dimension={},
                quantity=Decimal(1),
                included_quantity=Decimal(0),
                billed_quantity=Decimal(1),
                net=Money.rounded(exact, contract.currency, rounding),
                explanation=explain(contract, "discount", exact, (step,), rounding, proration=share),
            )
        )
    return made


def _discounted_days(discount: DateRange, covered: DateRange | None, period: Period) -> Proration:
    if covered is None:  # a charge that is never effective has no lines
        return Proration(days_covered=0, days_in_period=period.days)
    start = max(discount.start, covered.start)
    ends = [end for end in (discount.end, covered.end) if end is not None]
    end = min(ends) if ends else None
    both = 0 if end is not None and end <= start else DateRange(start=start, end=end).days_within(period)
    return Proration(days_covered=both, days_in_period=max(covered.days_within(period), 1))


@exactly
def commitment_line(
    commitment: Commitment, *, contract: Contract, period: Period, lines: Iterable[PricedLine], rounding: Rounding
) -> PricedLine:
    """Bill what the period's own fees of the named charges, after discounts, fall short of the commitment.

    A commitment that was met keeps a zero line, which says by how much.
    """
    mine = [line for line in lines if line.charge in commitment.charges and line.service_period == period]
    billed = total((line.net for line in mine), contract.currency)
    proration = Proration.of(commitment.effective, period)
    committed = proration.share(commitment.amount)
    short = max(committed - billed.amount, Decimal(0))
    steps = (
        Step(
            label="committed", quantity=Decimal(1), unit_price=commitment.amount, flat_fee=Decimal(0), amount=committed
        ),
        Step(
            label="billed", quantity=Decimal(1), unit_price=-billed.amount, flat_fee=Decimal(0), amount=-billed.amount
        ),
    )
    note = "shortfall" if short else f"met: {billed} billed of {decimal_text(commitment.amount)} committed"
    return PricedLine(
        id=f"{commitment.id}:{period.name}",
        kind=LineKind.COMMITMENT,
        term=commitment.id,
        charge=commitment.id,
        description=commitment.name,
        product="commitment",
        revenue_category=commitment.revenue_category,
        service_period=period,
        meter=None,
        unit=None,
        dimension={},
        quantity=Decimal(1),
        included_quantity=Decimal(0),
        billed_quantity=Decimal(1),
        net=Money.rounded(short, contract.currency, rounding),
        explanation=explain(contract, "minimum_commitment", short, steps, rounding, proration=proration, note=note),
    )
