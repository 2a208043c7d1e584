"""A contracted charge that the invoice lacks."""

from collections.abc import Iterator

from billproof.controls.control import Case, Control, Found
from billproof.findings import Owner, Severity
from billproof.pricing.lines import is_active


def _check(case: Case) -> Iterator[Found]:
    """Find charges that are active in the period and have no line."""
    if case.priced is None:
        return
    billed = {(line.explanation.contract, line.charge) for line in case.charge_lines}
    for contract in case.terms.contracts:
        for charge in contract.charges:
            if is_active(charge, contract, case.plan.period) and (contract.id, charge.id) not in billed:
                what = f"charge {charge.id} is active in {case.plan.period.name} and has no line"
                yield Found(f"{contract.id}/{charge.id}", what)


CONTROL = Control(
    code="charge_without_line",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="this is a fault in pricing: report it with the run's name",
    check=_check,
)
