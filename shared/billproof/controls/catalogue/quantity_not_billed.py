"""Metered quantities that the lines do not add up to."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath
from billproof.model import decimal_text
from billproof.pricing.pooling import is_additive
from billproof.pricing.reading import readings
from billproof.pricing.service_periods import in_force


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find metered quantities that differ from the sum of billed and included quantities on the charge's lines."""
    meters = {meter.id: meter for meter in facts.plan.meters}
    for timeline, owed in facts.dues if facts.priced else ():
        metered: dict[str, Decimal] = {}
        for due in owed:
            charge = due.span.term
            if charge.meter is not None:
                (reading, *_) = readings(charge)
                used = facts.quantities(None if charge.pooled else timeline.account)
                meter = meters.get(charge.meter)
                part = due.part if meter is None or is_additive(meter) else in_force(due, timeline).part
                mine = [measured.quantity for measured in used if measured.is_of(reading, part)]
                if charge.conversion is not None:
                    mine = [charge.conversion.apply(quantity) for quantity in mine]
                metered[charge.id] = metered.get(charge.id, Decimal(0)) + sum(mine, Decimal(0))
        for name, quantity in metered.items():
            shown = sum(
                (
                    line.billed_quantity + line.included_quantity
                    for line in facts.charge_lines
                    if (line.explanation.contract, line.charge) == (timeline.id, name)
                ),
                Decimal(0),
            )
            if quantity != shown:
                what = f"{decimal_text(quantity)} metered, {decimal_text(shown)} on the lines"
                yield Observation(ContractPath(timeline.id, name), what)


CONTROL = Control(
    code="quantity_not_billed",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="this is a fault in pricing: report it with the run's name",
    check=_check,
)
