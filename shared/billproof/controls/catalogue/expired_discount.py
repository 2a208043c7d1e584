"""A discount that is not effective."""

from collections.abc import Iterator

from billproof.contracts.charges import Discount
from billproof.contracts.timeline import Span
from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath
from billproof.pricing.model import LineKind


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find discounts on a service period in which they are not effective, and discounts that no contract has."""
    discounts: dict[tuple[str, str], list[Span[Discount]]] = {
        (contract.id, discount.id): [] for contract in facts.terms.contracts for discount in contract.discounts
    }
    for timeline in facts.timelines:
        for span in timeline.discounts:
            discounts[timeline.id, span.term.id].append(span)
    for line in facts.lines:
        if line.kind is not LineKind.DISCOUNT:
            continue
        spans = discounts.get((line.explanation.contract, line.term))
        if not any(span.touches(line.service_period) or span.touches(facts.plan.period) for span in spans or ()):
            until = "is in no contract" if spans is None else f"is not effective in {line.service_period.name}"
            yield Observation(
                ContractPath(line.explanation.contract, line.term),
                f"discount {line.term} {until}",
                facts.money(line),
            )


CONTROL = Control(
    code="expired_discount",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="this is a fault in pricing: report it with the run's name",
    check=_check,
)
