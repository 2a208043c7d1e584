"""A part of a service period, priced and not yet rounded; and the line that says so.

The flat fees of tiers are owed once for a service period, whole, by the part that has the highest quantity.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from billproof.identities import LineId, LineIdFormat, TermName
from billproof.masterdata.meters import Meter
from billproof.money import Money, Rounding, exactly
from billproof.periods import Period
from billproof.pricing.explanation import explain
from billproof.pricing.model import LineKind, PricedLine, RevenueSchedule
from billproof.pricing.models.base import Step, amount_of
from billproof.pricing.service_periods import Due
from billproof.proration import Proration

ZERO = Decimal(0)

type UsedBefore = Callable[[date], Decimal | None]
"""Says how much of a part was used before a day, or None where nobody measured that."""


@dataclass(frozen=True, slots=True)
class PricedPart:
    """What a part comes to: the steps of its price, and the share by days that it owes of them (null: all).

    It `owes_fees` where its flat fees of tiers are its own to owe: whole, whatever its share.
    """

    due: Due
    steps: tuple[Step, ...]
    quantity: Decimal
    included: Decimal = ZERO
    unused: Decimal = ZERO
    share: Proration | None = None
    meter: Meter | None = None
    dimension: dict[str, str] = field(default_factory=dict)
    note: str = ""
    used_before: UsedBefore | None = None
    owes_fees: bool = True

    @property
    def billed_quantity(self) -> Decimal:
        """What was priced of the quantity."""
        return self.quantity - self.included

    @property
    def has_tier_fees(self) -> bool:
        """Whether its flat fees are those of tiers."""
        return self.due.span.term.price.has_tier_fees

    @property
    def shown_steps(self) -> tuple[Step, ...]:
        """Its steps, without flat fees that another part owes."""
        return self.steps if self.owes_fees or not self.has_tier_fees else tuple(map(_without_fee, self.steps))

    @property
    def exact(self) -> Decimal:
        """What it owes: its share of what is priced, and flat fees of tiers whole."""
        steps = self.shown_steps
        if self.share is None or self.share.is_whole:
            return amount_of(steps)
        fees = sum((step.flat_fee for step in steps), ZERO) if self.has_tier_fees else ZERO
        return self.share.share(amount_of(steps) - fees) + fees

    def line(self, rounding: Rounding, line_ids: LineIdFormat) -> PricedLine:
        """Round it once, and write it down."""
        charge, contract, due = self.due.span.term, self.due.span.contract, self.due
        identity = LineId(
            TermName(charge.id), due.period.name, due.since, due.is_true_up, tuple(self.dimension.values())
        )
        exact = self.exact
        return PricedLine(
            id=identity.written(line_ids),
            account=contract.account,
            kind=LineKind.CHARGE,
            term=charge.id,
            charge=charge.id,
            description=charge.name + "".join(f", {name} {value}" for name, value in self.dimension.items()),
            product=charge.product,
            revenue_category=charge.revenue_category,
            service_period=due.period,
            covered=Period.construct_trusted(start=due.bounds[0], end=due.bounds[1]),
            meter=self.meter.id if self.meter else None,
            unit=self.meter.unit if self.meter else None,
            dimension=self.dimension,
            quantity=self.quantity,
            included_quantity=self.included,
            billed_quantity=self.billed_quantity,
            unused_quantity=self.unused,
            net=Money.rounded(exact, contract.currency, rounding),
            includes_tax=contract.prices_include_tax,
            recognition=recognition_of(due),
            explanation=explain(
                contract,
                charge.price.model,
                exact,
                self.shown_steps,
                rounding,
                proration=self.share,
                note=self.note,
            ),
        )


@exactly
def _without_fee(step: Step) -> Step:
    return step.model_copy(update={"flat_fee": ZERO, "amount": step.amount - step.flat_fee})


def with_tier_fees(parts: Iterable[PricedPart]) -> list[PricedPart]:
    """Return parts, each with whether it owes its flat fees: of a service period and group the highest quantity does.

    Of equal quantities the first one does. Where all days of that part are waived, none is owed; nor by a part that
    stands for no usage where another one has groups.
    """
    listed = list(parts)
    grouped = {_slot(part)[:-1] for part in listed if part.dimension}
    bearing: dict[tuple[object, ...], PricedPart] = {}
    for part in listed:
        highest = bearing.setdefault(_slot(part), part)
        if part.billed_quantity > highest.billed_quantity:
            bearing[_slot(part)] = part
    return [
        _owing(
            part, is_bearing=bearing[_slot(part)] is part and (bool(part.dimension) or _slot(part)[:-1] not in grouped)
        )
        for part in listed
    ]


def _slot(part: PricedPart) -> tuple[object, ...]:
    due = part.due
    return due.span.term.id, due.period.start, due.is_true_up, tuple(part.dimension.values())


def _owing(part: PricedPart, *, is_bearing: bool) -> PricedPart:
    is_waived = part.share is not None and part.share.days_covered == 0
    if is_bearing and not is_waived:
        return part
    return replace(part, owes_fees=False)


def recognition_of(due: Due) -> RevenueSchedule:
    """Return how a part's revenue is earned: over the days that it covers, unless the charge names others."""
    charge = due.span.term
    start, end = due.bounds
    if charge.price.due_day is not None:
        start, end = charge.price.due_day, charge.price.due_day + timedelta(days=1)
    if charge.recognition is not None and charge.recognition.over is not None and charge.recognition.over.end:
        start, end = charge.recognition.over.start, charge.recognition.over.end
    period = Period.construct_trusted(start=start, end=end)  # of periods that were checked
    return RevenueSchedule.construct_trusted(method=charge.recognition_method, period=period)
