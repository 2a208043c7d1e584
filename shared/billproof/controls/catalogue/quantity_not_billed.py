"""Metered quantities that the lines do not add up to."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.contracts.timeline import Timeline
from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath
from billproof.model import decimal_text
from billproof.pricing.pooling import covered_days, is_additive, pool_parts, pooled
from billproof.pricing.reading import readings
from billproof.pricing.service_periods import Due, in_force
from billproof.readings import Quantity


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find metered quantities that differ from the sum of billed and included quantities on the charge's lines."""
    for timeline, owed in facts.dues if facts.priced else ():
        metered: dict[str, Decimal] = {}
        for due in owed:
            charge = due.span.term
            if charge.meter is not None:
                mine = [quantity.quantity for quantity in _measured(facts, timeline, due, charge.meter)]
                if charge.conversion is not None:
                    mine = [charge.conversion.apply(quantity) for quantity in mine]
                metered[charge.id] = metered.get(charge.id, Decimal(0)) + sum(mine, Decimal(0))
        for name, quantity in metered.items():
            of_usage = (line for line in facts.lines_of(timeline.id, name) if line.meter is not None)
            shown = sum((line.billed_quantity + line.included_quantity for line in of_usage), Decimal(0))
            if quantity != shown:
                what = f"{decimal_text(quantity)} metered, {decimal_text(shown)} on the lines"
                yield Observation(ContractPath(timeline.id, name), what)


def _measured(facts: ControlInput, timeline: Timeline, due: Due, meter_id: str) -> list[Quantity]:
    """Return what was measured for a part of a charge."""
    (reading, *_) = readings(due.span.term)
    if due.span.term.pooled:
        parts = pool_parts(due.ranges, due.period, covered_days(facts.timelines, due.period))
        return pooled({usage.account: usage.quantities for usage in facts.pricing.own}, reading, parts)
    meter = next((meter for meter in facts.plan.meters if meter.id == meter_id), None)
    part = due.part if meter is None or is_additive(meter) else in_force(due, timeline).part
    return facts.measured(timeline.account, reading, part)


CONTROL = Control(
    code="quantity_not_billed",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="this is a fault in pricing: report it with the run's name",
    check=_check,
)
