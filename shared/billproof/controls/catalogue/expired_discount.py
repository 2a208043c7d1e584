"""A discount outside its days."""

from collections.abc import Iterator

from billproof.controls.control import Case, Control, Found
from billproof.findings import Owner, Severity
from billproof.pricing.model import LineKind


def _check(case: Case) -> Iterator[Found]:
    """Find discounts that are taken off a service period in which they are not effective, or that no contract names."""
    discounts = {(contract.id, each.id): each for contract in case.terms.contracts for each in contract.discounts}
    for line in case.lines:
        if line.kind is not LineKind.DISCOUNT:
            continue
        discount = discounts.get((line.explanation.contract, line.term))
        if discount is None or discount.effective.days_within(line.service_period) == 0:
            until = f"ended before {line.service_period.name}" if discount else "is in no contract"
            yield Found(f"{line.explanation.contract}/{line.term}", f"discount {line.term} {until}", case.money(line))


CONTROL = Control(
    code="expired_discount",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="this is a fault in pricing: report it with the run's name",
    check=_check,
)
