"""Metered quantities that the lines do not add up to."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.controls.control import Case, Control, Found
from billproof.findings import Owner, Severity
from billproof.model import decimal_text
from billproof.pricing.lines import service_periods


def _check(case: Case) -> Iterator[Found]:
    """Find metered quantities that their charge's lines do not add up to, billed and included together."""
    for contract in case.terms.contracts if case.priced else ():
        for charge in contract.charges:
            if charge.meter is None or not service_periods(charge, contract, case.plan.period):
                continue
            metered = sum(
                (
                    found.quantity
                    for found in case.pricing.usage.quantities
                    if found.meter == charge.meter and found.group_by == charge.group_by
                ),
                Decimal(0),
            )
            shown = sum(
                (
                    line.billed_quantity + line.included_quantity
                    for line in case.charge_lines
                    if (line.explanation.contract, line.charge) == (contract.id, charge.id)
                ),
                Decimal(0),
            )
            if metered != shown:
                what = f"{decimal_text(metered)} metered, {decimal_text(shown)} on the lines"
                yield Found(f"{contract.id}/{charge.id}", what)


CONTROL = Control(
    code="quantity_not_billed",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="this is a fault in pricing: report it with the run's name",
    check=_check,
)
