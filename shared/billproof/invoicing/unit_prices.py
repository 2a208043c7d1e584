"""The price of a unit, where a line has one."""

from billproof.invoicing.model import InvoiceLine
from billproof.pricing.model import LineKind
from billproof.pricing.models.base import Step


def unit_step(line: InvoiceLine) -> Step | None:
    """Return the one step of a line whose price is that of a unit; None where several make it, or none does.

    What takes something back, and what is a reduction, has no price of a unit.
    """
    priced = line.priced
    steps = priced.explanation.steps
    if priced.kind is not LineKind.CHARGE or priced.adjusts is not None or len(steps) != 1 or steps[0].flat_fee:
        return None
    return steps[0]
