"""Service periods left out or billed twice."""

from collections.abc import Iterator

from billproof.contracts.model import Charge, Contract, Timing
from billproof.controls.control import Case, Control, Found
from billproof.findings import Owner, Severity
from billproof.pricing.lines import effective, service_periods


def _was_left_out(case: Case, charge: Charge, contract: Contract) -> bool:
    before, days = case.terms.before, effective(charge, contract)
    if before is None or charge.timing is not Timing.IN_ADVANCE or days is None:
        return False
    if before.period.end != case.plan.period.start or days.start >= case.plan.period.start:
        return False
    return days.days_within(case.plan.period) > 0 and not before.billed(contract.id, charge.id, case.plan.period.start)


def _check(case: Case) -> Iterator[Found]:
    """Find charges whose lines pay for a period twice, leave out one that this invoice owes, or left it out before.

    A charge in advance that ran before this period must have been billed for it on the invoice before.
    """
    for contract in case.terms.contracts if case.priced else ():
        for charge in contract.charges:
            owed = {period.start: period.name for period in service_periods(charge, contract, case.plan.period)}
            paid = [
                (line.service_period.start, tuple(line.dimension.values()))
                for line in case.charge_lines
                if (line.explanation.contract, line.charge) == (contract.id, charge.id)
            ]
            starts = {start for start, _ in paid}
            if owed and (len(set(paid)) != len(paid) or starts != owed.keys()):
                what = f"owed {sorted(owed.values())}, billed {sorted(f'{start:%Y-%m}' for start, _ in paid)}"
                yield Found(f"{contract.id}/{charge.id}", what)
            elif _was_left_out(case, charge, contract):
                what = f"{case.plan.period.name} is owed in advance and is not on the invoice before"
                yield Found(f"{contract.id}/{charge.id}", what)


CONTROL = Control(
    code="period_gap_or_overlap",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="compare with the invoice before: bill the gap by a charge of its own, or report a fault in pricing",
    check=_check,
)
